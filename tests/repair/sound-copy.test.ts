import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import zlib from "node:zlib";

import { beginAnew } from "../../repair/mend";
import { dropCopiesInClear, lastSoundCopy } from "../../repair/sound-copy";
import { isUnreadable } from "../../state/folder-backend";
import type { Workspace } from "../../state/workspace";
import { ROOT } from "../stack-files";

let root: string;
let workspace: Workspace;
const said: string[] = [];
const say = (text: string) => said.push(text);
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: unknown };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "plana-sso-copies-"));
  said.length = 0;
  const stdout = JSON.stringify({ url: `file://${root}` });
  const cli = () => Promise.resolve({ code: 0, stdout, stderr: "" });
  workspace = { folder: ROOT, stack: "prod", cli } as unknown as Workspace;
  Object.assign(zlib, { zstdDecompressSync: undefined });
});
afterEach(() => rmSync(root, { recursive: true }));
afterAll(() => Object.assign(zlib, { zstdDecompressSync }));

const SECRET = { type: "kubernetes:core/v1:Secret", inputs: { stringData: { A: "in-clear" } } };
const stateOf = (time: string, resources: unknown[] = []) =>
  JSON.stringify({ version: 3, checkpoint: { latest: { manifest: { time }, resources } } });
const DAY = (day: number) => `2026-11-0${day}T08:00:00Z`;

function put(path: string, content: string | Buffer): string {
  const whole = join(root, ".pulumi", path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}
/** The first bytes by which zstd is known, before something that only the stand-in below reads. */
const packed = (text: string) => Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from(text)]);
function learnZstd(): void {
  Object.assign(zlib, { zstdDecompressSync: (bytes: Buffer) => bytes.subarray(4) });
}

// Names as the engine gives them: pkg/backend/diy/state.go of Pulumi 3.259.
const PLACES = [
  "stacks/plana-sso/prod.json.bak",
  "stacks/plana-sso/prod.json.1764300000000000000",
  "backups/plana-sso/prod/prod.1764300000000000000.json",
  "history/plana-sso/prod/prod-1764300000000000000.checkpoint.json",
];
const zipped = (place: string) => place.replace(".json", ".json.gz");
const NAMES = [...PLACES, ...PLACES.map(zipped)];
const content = (name: string, text: string) => (name.includes(".gz") ? zlib.gzipSync(text) : text);

test.each(NAMES)("the state is found again in %s", async (name) => {
  put(name.includes(".gz") ? "stacks/plana-sso/prod.json.gz" : "stacks/plana-sso/prod.json", "");
  const path = put(name, content(name, stateOf(DAY(1), [{ type: "kept" }])));
  const copy = await lastSoundCopy(workspace, say);
  expect(copy).toMatchObject({ path, written: DAY(1) });
  expect(copy?.text).toContain('"kept"');
});

// As the engine of 3.259 said it of a `prod.json.gz` that was emptied, cut off, overwritten in part, and filled with zeros.
test.each([
  ["unexpected end of JSON input", true],
  ["unexpected EOF", true],
  ["flate: corrupt input before offset 50", true],
  ["gzip: invalid checksum", true],
  ["invalid character '\\x00' looking for beginning of value", true],
  ["no stack named 'prod' found", false],
])("that a state is damaged is seen by: %s", (why, expected) => {
  expect(isUnreadable(`error: failed to load checkpoint: ${why}\n`)).toBe(expected);
});

test("nothing is begun anew where a copy may be read elsewhere", async () => {
  const path = put("stacks/plana-sso/prod.json.zst.bak", packed(stateOf(DAY(1))));
  const pulumi = () =>
    Promise.resolve({ code: 255, stdout: "", stderr: "error: unexpected end of JSON input" });
  const damaged = { ...workspace, pulumi } as unknown as Workspace;
  expect(await beginAnew(damaged, { gone: [], say })).toBe(false);
  expect(said).toEqual([
    expect.stringContaining(`${path} is packed with zstd`),
    expect.stringContaining("may be brought back from what is named above; nothing was changed"),
  ]);
});

test("the newest copy is the one, however it is packed", async () => {
  NAMES.forEach((name, at) => put(name, content(name, stateOf(DAY(at + 1)))));
  expect(await lastSoundCopy(workspace, say)).toMatchObject({ written: DAY(NAMES.length) });
});

test("every copy in clear is taken away, and what holds none, the live state and other stacks' stay", async () => {
  const stay = [
    put("stacks/plana-sso/prod.json.gz", zlib.gzipSync(stateOf(DAY(9), [SECRET]))),
    put("stacks/plana-sso/prod.json.json", stateOf(DAY(9), [SECRET])),
    put("stacks/plana-sso/production.json.bak", stateOf(DAY(9), [SECRET])),
    put("backups/plana-sso/prod/prod.1.json.gz", zlib.gzipSync(stateOf(DAY(9)))),
  ];
  const gone = NAMES.map((name) => put(name, content(name, stateOf(DAY(1), [SECRET]))));
  // Left by a change of the compression, and older than the live one.
  const left = put("stacks/plana-sso/prod.json", stateOf(DAY(1), [SECRET]));
  utimesSync(left, new Date(DAY(1)), new Date(DAY(1)));
  expect(await dropCopiesInClear(workspace, say)).toBeUndefined();
  expect([...gone, left].filter((path) => existsSync(path))).toEqual([]);
  expect(stay.filter((path) => !existsSync(path))).toEqual([]);
  expect(said).toHaveLength(gone.length + 1);
});

test("a copy that cannot be read is named, and stays", async () => {
  const zstd = put("backups/plana-sso/prod/prod.1.json.zst", packed(stateOf(DAY(1), [SECRET])));
  const cut = put("stacks/plana-sso/prod.json.bak", '{"version":3,"checkpoint":{"la');
  expect(await lastSoundCopy(workspace, say)).toBeUndefined();
  expect(said).toEqual([expect.stringContaining(`${zstd} is packed with zstd`)]);
  said.length = 0;
  await dropCopiesInClear(workspace, say);
  expect(said).toEqual([
    expect.stringContaining(`${cut} is damaged, and may hold them, too`),
    expect.stringContaining(`${zstd} is packed with zstd`),
  ]);
  for (const text of said) expect(text).toContain("\n  mend: delete it");
  expect([zstd, cut].every((path) => existsSync(path))).toBe(true);
});

test("one that is packed with zstd is read where Node can", async () => {
  learnZstd();
  const zstd = put("stacks/plana-sso/prod.json.zst.bak", packed(stateOf(DAY(1), [SECRET])));
  expect(await lastSoundCopy(workspace, say)).toMatchObject({ path: zstd });
  await dropCopiesInClear(workspace, say);
  expect([existsSync(zstd), said]).toEqual([false, [expect.stringContaining("is taken away")]]);
});
