import {
  accepts,
  addressOf,
  strict,
  tenants,
  tooWide,
  type RedirectUri,
} from "../../components/applications/redirect-uris";
import { prod } from "../../stacks/prod";
import { found, python } from "../tools";
import { matches, TABLE, urisOf } from "./redirect-table";

test("the table is of every OIDC application, with enough that must be refused", () => {
  const slugs = prod.applications.filter(({ mode }) => mode !== "proxy").map(({ slug }) => slug);
  expect(TABLE.map(({ slug }) => slug).sort()).toEqual([...slugs].sort());
  for (const { slug, accepts, refuses } of TABLE) {
    expect(accepts.length).toBeGreaterThanOrEqual(1);
    expect([slug, refuses.length >= (slug === "odoo-tenants" ? 100 : 20)]).toEqual([slug, true]);
    expect(new Set([...accepts, ...refuses]).size).toBeGreaterThan(accepts.length + 10);
  }
});

describe.each(TABLE)("$slug", ({ slug, accepts, refuses }) => {
  const accepted = (url: string) => urisOf(slug).some((uri) => matches(uri, url));

  test.each(accepts)("accepts %j", (url) => {
    expect(accepted(url)).toBe(true);
  });

  test.each(refuses)("refuses %j", (url) => {
    expect(accepted(url)).toBe(false);
  });

  test("every one of its redirect URIs is of use, and narrow", () => {
    const application = prod.applications.find((other) => other.slug === slug);
    const domains = application?.mode === "tenants" ? application.tenants : [];
    for (const uri of urisOf(slug)) {
      expect(accepts.some((url) => matches(uri, url))).toBe(true);
      expect(tooWide(uri, domains)).toBeUndefined();
    }
  });
});

test("no application accepts what another accepts", () => {
  for (const { slug, accepts } of TABLE) {
    for (const other of TABLE.filter((row) => row.slug !== slug)) {
      for (const url of accepts) {
        expect([other.slug, url, urisOf(other.slug).some((uri) => matches(uri, url))]).toEqual([
          other.slug,
          url,
          false,
        ]);
      }
    }
  }
});

const FULLMATCH = `
import json, re, sys
def matches(uri, url):
    return uri["url"] == url if uri["matching"] == "strict" else re.fullmatch(uri["url"], url) is not None
rows = json.load(sys.stdin)
print(json.dumps([[url, any(matches(uri, url) for uri in row["uris"])] for row in rows for url in row["urls"]]))
`;

test("Python's own re.fullmatch says the same of the whole table", () => {
  const rows = TABLE.map(({ slug, accepts, refuses }) => ({
    uris: urisOf(slug),
    urls: [...accepts, ...refuses],
  }));
  const expected = TABLE.flatMap(({ accepts, refuses }) => [
    ...accepts.map((url) => [url, true]),
    ...refuses.map((url) => [url, false]),
  ]);
  if (!found("python3")) return;
  expect(python(FULLMATCH, rows)).toEqual(expected);
});

test("the redirect URIs of a domain have one label before it, all dots escaped", () => {
  expect(strict("a.b.c", "/d")).toEqual({ matching: "strict", url: "https://a.b.c/d" });
  expect(tenants("erp.b.c", "/d.e")).toEqual({ matching: "regex", url: String.raw`https://erp\.b\.c/d\.e` });
  expect(tenants("*.b.c", "/d")).toEqual({
    matching: "regex",
    url: String.raw`https://[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.b\.c/d`,
  });
});

const DOMAINS = ["*.planapulse.app", "erp.planapulse.ai"];
const raw = String.raw;

/** What is refused, and why. */
const TOO_WIDE: readonly (readonly [RedirectUri["matching"], string, RegExp])[] = [
  ["strict", "not a url", /is not a URL/],
  ["strict", "/relative", /is not a URL/],
  ["strict", "", /is not a URL/],
  ["strict", "http://a.b/c", /is not https/],
  ["strict", "javascript:alert(1)", /is not https/],
  ["strict", "https://user@a.b/c", /carries a user/],
  ["strict", "https://user:word@a.b/c", /carries a user/],
  ["strict", "https://:word@a.b/c", /carries a user/],
  ["strict", "https://a.b/c#d", /carries a fragment/],
  ["strict", "https://a.b/c#", /carries a fragment/],
  ["strict", "https://A.b/c", /not written as a browser sends it \(https:\/\/a\.b\/c\)/],
  ["strict", "https://a.b", /not written as a browser sends it/],
  ["strict", "https://a.b:443/c", /not written as a browser sends it/],
  ["strict", "https://a.b/c/../d", /not written as a browser sends it/],
  ["strict", "https://a.b/c d", /not written as a browser sends it/],
  ["strict", "https://a.b/c\n", /not written as a browser sends it/],
  ["strict", raw`https://a.b\c`, /not written as a browser sends it/],
  ["strict", "https://а.b/c", /not written as a browser sends it/],
  ["strict", "https://a.b/*", /carries a wildcard/],
  ["strict", "https://*.b/c", /carries a wildcard/],
  ["regex", raw`http://a\.planapulse\.app/x`, /does not start with https/],
  ["regex", raw`https?://a\.planapulse\.app/x`, /does not start with https/],
  ["regex", ".*", /does not start with https/],
  ["regex", "https://a.planapulse.app/x", /a dot that is not escaped/],
  ["regex", raw`https://.+\.planapulse\.app/x`, /a dot that is not escaped/],
  ["regex", raw`https://a\.planapulse\.app/.*`, /a dot that is not escaped/],
  ["regex", raw`https://\w{1,9}\.planapulse\.app/x`, /has another part than/],
  ["regex", raw`https://\S{1,9}\.planapulse\.app/x`, /has another part than/],
  ["regex", raw`https://a\.planapulse\.app/x\Z`, /has another part than/],
  ["regex", raw`https://(a|b)\.planapulse\.app/x`, /an alternative or an anchor/],
  ["regex", raw`https://evil|https://a\.planapulse\.app/x`, /an alternative or an anchor/],
  ["regex", raw`https://a\.planapulse\.app/x$`, /an alternative or an anchor/],
  ["regex", raw`https://[a-z]+\.planapulse\.app/x`, /a repetition without a limit/],
  ["regex", raw`https://[a-z]*\.planapulse\.app/x`, /a repetition without a limit/],
  ["regex", raw`https://[a-z]{1,}\.planapulse\.app/x`, /a repetition without a limit/],
  ["regex", raw`https://[^/]{1,9}\.planapulse\.app/x`, /has another part than/],
  ["regex", raw`https://[a-z.]{1,9}\.planapulse\.app/x`, /has another part than/],
  ["regex", raw`https://[a-z@]{1,9}\.planapulse\.app/x`, /has another part than/],
  ["regex", raw`https://[a-z/]{1,9}\.planapulse\.app/x`, /has another part than/],
  ["regex", raw`https://(a\.planapulse\.app/x`, /has another part than/],
  ["regex", raw`https://a\.planapulse\.app`, /has another part than/],
  [
    "regex",
    raw`https://a\.evil\.com/x`,
    /covers another domain than \*\.planapulse\.app, erp\.planapulse\.ai/,
  ],
  ["regex", raw`https://planapulse\.app/x`, /covers another domain/],
  ["regex", raw`https://a\.planapulse\.app\.evil\.com/x`, /covers another domain/],
  ["regex", raw`https://evilplanapulse\.app/x`, /covers another domain/],
  ["regex", raw`https://evil\.com/a\.planapulse\.app/x`, /covers another domain/],
  ["regex", raw`https://a\.erp\.planapulse\.ai/x`, /covers another domain/],
  // Each of these matches a URI on another host, or with a user.
  ["regex", raw`https://evil\.com(:1\.planapulse\.app/x)?/y`, /./],
  ["regex", raw`https://evil\.com(#\.planapulse\.app/x)/y`, /./],
  ["regex", raw`https://evil\.com#\.planapulse\.app/x`, /./],
  ["regex", raw`https://evil\.com:8\.planapulse\.app/x`, /./],
  ["regex", raw`https://user@a\.planapulse\.app/x`, /./],
  ["regex", raw`https://evil\.com%2f\.planapulse\.app/x`, /./],
  ["regex", raw`https://[A-z]{1,9}\.planapulse\.app/x`, /./],
  ["regex", raw`https://[!-~]{1,9}\.planapulse\.app/x`, /./],
  // Python refuses these, or tries every way to share out a text before it fails.
  ["regex", raw`https://[a-z]{9,1}\.planapulse\.app/x`, /at least more than at most/],
  ["regex", raw`https://a([0-9]{2,1})\.planapulse\.app/x`, /at least more than at most/],
  ["regex", `https://${"([a-z]{0,63})?".repeat(8)}${raw`\.planapulse\.app/x`}`, /can be empty/],
  ["regex", raw`https://[a-z]{1,9}[a-z]{1,9}\.planapulse\.app/x`, /two parts of varying length/],
  ["regex", raw`https://([a-z]{1,9}[a-z]{1,9})\.planapulse\.app/x`, /two parts of varying length/],
  ["regex", raw`https://x\.planapulse\.app/[a-z]{1,9}(-[a-z])?`, /two parts of varying length/],
];

test.each(TOO_WIDE)("the %s %j is refused: %s", (matching, url, reason) => {
  expect(tooWide({ matching, url }, DOMAINS)).toMatch(reason);
});

test.each<[RedirectUri["matching"], string]>([
  ["strict", "https://a.b/c?d=e&f=g"],
  ["strict", "https://a.b:8443/c"],
  ["regex", raw`https://[a-z0-9-]{1,63}\.planapulse\.app/x`],
  ["regex", raw`https://beta\.planapulse\.app/x`],
  ["regex", raw`https://erp\.planapulse\.ai/x`],
  ["regex", tenants("*.planapulse.app", "/x").url],
  ["regex", raw`https://[a-z]{1,9}\.[a-z]{1,9}\.planapulse\.app/[a-z]{1,9}/(-[a-z]{0,3})?`],
])("the %s %j is narrow", (matching, url) => {
  expect(tooWide({ matching, url }, DOMAINS)).toBeUndefined();
});

test("a dash that is escaped, as Python's re.escape writes it, is read as a dash", () => {
  const uri: RedirectUri = { matching: "regex", url: String.raw`https://a\.tenants\.example/sign\-in` };
  expect(tooWide(uri, ["*.tenants.example"])).toBeUndefined();
  expect(matches(uri, "https://a.tenants.example/sign-in")).toBe(true);
  expect(matches(uri, "https://a.tenants.example/sign\\-in")).toBe(false);
});

test("an address that a redirect URI accepts is made from it", () => {
  for (const url of [
    tenants("*.planapulse.app", "/x").url,
    raw`https://t-[0-9]{3}([a-z]{2}-)\.planapulse\.app/a\-b/(c[0-9]?)?d`,
  ]) {
    const uri: RedirectUri = { matching: "regex", url };
    expect(accepts(uri, addressOf(uri))).toBe(true);
  }
  expect(addressOf(strict("a.b", "/c"))).toBe("https://a.b/c");
});
