/** The page's look: sober, dense, readable at phone width, in light and dark; contrast of text is 4.5 : 1 or more. */
export const STYLE = `
:root{--bg:#fff;--fg:#1c2024;--soft:#5b6470;--line:#d9dee3;--panel:#f6f7f9;--good:#1a7f37;--good-bg:#dff3e4;--bad:#b3261e;--bad-bg:#fde7e5;--warn:#8a5a00;--warn-bg:#fff3d6;--hit:#0b5cad;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6e9ed;--soft:#a3adb8;--line:#333b45;--panel:#1b2027;--good:#57cc7a;--good-bg:#12301c;--bad:#ff8a80;--bad-bg:#3a1714;--warn:#e3b341;--warn-bg:#332701;--hit:#6cb6ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main,header{max-width:1400px;margin:0 auto;padding:0 20px}
header{padding-top:24px}
h1{font-size:20px;font-weight:600;margin:0 0 4px}
h2{font-size:16px;font-weight:600;margin:32px 0 8px}
p{margin:4px 0}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--panel);border:1px solid var(--line);border-radius:4px;padding:0 4px;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.verdict{display:inline-block;border-radius:4px;padding:1px 10px;font-weight:600;border:1px solid currentColor}
.verdict.unsafe{color:var(--bad);background:var(--bad-bg)}
.verdict.changed{color:var(--warn);background:var(--warn-bg)}
.verdict.unchanged{color:var(--good);background:var(--good-bg)}
.findings{list-style:none;margin:8px 0;padding:0}
.findings li{border-left:4px solid var(--line);background:var(--panel);padding:6px 12px;margin:4px 0}
.findings.unsafe li{border-color:var(--bad);background:var(--bad-bg)}
.scroll{overflow:auto;border:1px solid var(--line);border-radius:6px;max-width:100%}
.matrix-box{max-height:min(80vh,1000px);width:fit-content}
table{border-collapse:separate;border-spacing:0}
th,td{border-bottom:1px solid var(--line);padding:4px 10px;text-align:left;vertical-align:top;font-weight:400}
thead th{background:var(--panel);font-weight:600}
tbody tr:last-child>*{border-bottom:0}
.plain{width:100%}
.plain td:first-child code{white-space:nowrap}
.plain td:first-child{min-width:150px}
.even{table-layout:fixed;min-width:600px}
.matrix th,.matrix td{border-right:1px solid var(--line)}
.matrix thead th{position:sticky;top:0;z-index:2;padding:10px 4px 6px;vertical-align:bottom}
.matrix thead th:first-child{left:0;z-index:3;padding:6px 10px}
.matrix thead span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;font-size:13px;max-height:190px;overflow:hidden;text-overflow:ellipsis}
.matrix thead th.gained span{color:var(--good)}
.matrix thead th.lost span{color:var(--bad);text-decoration:line-through}
.matrix thead th.alert span{color:var(--bad);font-weight:700}
.matrix tbody th{position:sticky;left:0;z-index:1;background:var(--bg);min-width:210px;max-width:340px}
.matrix td{text-align:center;min-width:30px;padding:4px 2px;color:var(--soft)}
.matrix td.yes{color:var(--fg)}
.matrix td.gained{background:var(--good-bg);color:var(--good);font-weight:700}
.matrix td.lost{background:var(--bad-bg);color:var(--bad);font-weight:700}
.matrix td.rerouted{background:var(--warn-bg);color:var(--warn)}
.matrix tr:hover th,.matrix tr:hover td{box-shadow:inset 0 0 0 100vmax color-mix(in srgb,var(--hit) 8%,transparent)}
.who{font-weight:600}
.who.off{text-decoration:line-through;color:var(--soft)}
.tags{font-size:12px;color:var(--soft);overflow-wrap:anywhere}
.tag{display:inline-block;border:1px solid var(--line);border-radius:3px;padding:0 5px;margin-right:3px;font-size:12px}
.tag.admin,.tag.impersonator{color:var(--warn);border-color:currentColor}
.tag.added{color:var(--good);border-color:currentColor}
.tag.removed,.tag.disabled{color:var(--bad);border-color:currentColor}
details>summary{cursor:pointer}
.lot ul{columns:2 120px;margin:4px 0;padding-left:0;list-style:none;font-size:13px}
.lot li{overflow-wrap:anywhere}
.tools{display:flex;flex-wrap:wrap;gap:8px 16px;margin:8px 0;align-items:center}
.tools input[type=search]{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:4px;padding:3px 8px;width:220px;max-width:100%}
.legend{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px;color:var(--soft)}
.legend b{display:inline-block;min-width:18px;text-align:center;border-radius:3px}
.legend .gained{background:var(--good-bg);color:var(--good)}
.legend .lost{background:var(--bad-bg);color:var(--bad)}
.legend .rerouted{background:var(--warn-bg);color:var(--warn)}
.graph svg{display:block;min-width:940px;max-width:100%;height:auto;margin:0 auto}
.uris{margin:0;padding:0;list-style:none}
footer{max-width:1400px;margin:32px auto;padding:0 20px;color:var(--soft);font-size:13px}
[hidden]{display:none!important}
:focus-visible{outline:2px solid var(--hit);outline-offset:1px}
@media (max-width:640px){
body{font-size:14px}
main,header,footer{padding-left:12px;padding-right:12px}
.matrix tbody th{min-width:132px;max-width:132px;padding:4px 6px}
.matrix thead th:first-child{padding:6px}
.lot ul{columns:1}
.tools input[type=search]{width:100%}
.plain,.plain tbody,.plain tr,.plain td{display:block;width:100%}
.even{min-width:0}
.plain thead{display:none}
.plain td{border:0;padding:2px 10px}
.plain td:first-child{padding-top:8px}
.plain td:last-child{padding-bottom:8px}
.plain td[data-head]:before{content:attr(data-head) ": ";color:var(--soft)}
.plain tr{border-bottom:1px solid var(--line)}
}
@media print{.tools{display:none}.matrix-box{max-height:none}}
`;
