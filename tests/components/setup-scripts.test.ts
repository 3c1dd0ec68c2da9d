import { CONSUMERS } from "../../components/applications/consumers";
import { quoted } from "../../components/applications/consumers/setup-script";
import { Container, type Outcome, type Situation } from "./script-container";

// The scripts of the Secrets, run by a real shell with stubs of the applications' commands.

const ID = "client-id";
/** Every sign that means something to a shell. */
const SECRET = `s'e"c $(touch ran) \`touch ran\` \${x} ; touch ran | * ? ~ & # \\ -n !`;

const CONTEXT = {
  host: "app.example.test",
  authentikUrl: "https://auth.example.test",
  issuer: "https://auth.example.test/application/o/app/",
  clientId: ID,
  clientSecret: SECRET,
  adminGroup: "admins",
  redirectUri: "https://app.example.test/index.php?module=LoginOIDC&action=callback&provider=oidc",
};

const DISCOVERY = `${CONTEXT.issuer}.well-known/openid-configuration`;
const DELIVERED = {
  OIDC_ISSUER: CONTEXT.issuer,
  OIDC_DISCOVERY_URL: DISCOVERY,
  OIDC_CLIENT_ID: ID,
  OIDC_CLIENT_SECRET: SECRET,
  OIDC_SCOPES: "openid profile email groups",
};

const LIST = "ID\\tName\\tType\\tEnabled\\n";
const APPLICATIONS = {
  forgejo: {
    forgejo: `if [ "$UID_NOW" = 0 ]; then echo "not supposed to be run as root" >&2; exit 1; fi
if [ "$*" != "admin auth list" ]; then exit 0; fi
printf "${LIST}$SOURCES"
exit "\${LIST_STATUS:-0}"`,
  },
  nextcloud: {
    php: `if [ "$UID_NOW" = 0 ]; then echo "Console has to be executed with the user that owns it" >&2; exit 1; fi
case "$*" in
  *--help) echo "--clientsecret \${MORE_HELP:-}" ;;
  *app:enable*) exit "\${ENABLE_STATUS:-0}" ;;
esac`,
  },
  matomo: {
    php: `echo "Setting [LoginOIDC] $*"
case "$*" in *"--key=\${REFUSED:-none}"*) echo "refused: $*" >&2; exit 1 ;; esac`,
  },
};

type Name = keyof typeof APPLICATIONS;
const NAMES = Object.keys(APPLICATIONS) as Name[];

const containers: Container[] = [];
afterAll(() => {
  for (const container of containers) container.remove();
});

function run(name: Name, situation: Situation): Outcome {
  const container = new Container(APPLICATIONS[name]);
  containers.push(container);
  const outcome = container.run(CONSUMERS[name](CONTEXT)["setup.sh"] ?? "", situation);
  expect(container.has("ran")).toBe(false);
  return outcome;
}

const mounted = (name: Name, environment: Record<string, string> = {}, uid?: number) =>
  run(name, { mounted: DELIVERED, environment, uid });

describe.each(NAMES)("%s", (name) => {
  test("a mounted Secret is enough, an environment as well, and both do the same", () => {
    const first = mounted(name);
    expect(first.status).toBe(0);
    expect(first.calls.length).toBeGreaterThan(0);
    expect(run(name, { environment: DELIVERED }).calls).toEqual(first.calls);
    expect(JSON.stringify(first.calls)).toContain(JSON.stringify(ID).slice(1, -1));
  });

  test("says nothing secret", () => {
    const { said, environment } = mounted(name);
    expect(environment.at(-1)).toBe(SECRET);
    expect(said).not.toContain("touch ran");
    expect(said).not.toContain(ID);
  });

  test("without its credentials it fails before it calls anything", () => {
    const { status, calls, said } = run(name, { mounted: { OIDC_CLIENT_ID: ID } });
    expect(status).not.toBe(0);
    expect(calls).toEqual([]);
    expect(said).toContain("OIDC_CLIENT_SECRET");
  });

  test("as root it goes on as the application's user, with what it has read", () => {
    const asRoot = mounted(name, {}, 0);
    expect(asRoot.status).toBe(0);
    expect(asRoot.calls).toEqual(mounted(name).calls);
    expect(run(name, { environment: DELIVERED, uid: 0 }).calls).toEqual(asRoot.calls);
  });
});

describe("Forgejo", () => {
  const settings = [
    ...["--name", "authentik", "--provider", "openidConnect", "--key", ID, "--secret", SECRET],
    ...["--auto-discover-url", DISCOVERY, "--scopes", "openid,profile,email,groups"],
    ...["--group-claim-name", "groups", "--admin-group", "admins"],
  ];

  test.each([
    ["none", ""],
    ["others", "1\\tldap\\tLDAP\\ttrue\\n2\\tauthentik-old\\tOAuth2\\ttrue\\n"],
  ])("adds the source where there are %s", (_what, SOURCES) => {
    expect(mounted("forgejo", { SOURCES }).calls).toEqual([
      ["forgejo", "admin", "auth", "list"],
      ["forgejo", "admin", "auth", "add-oauth", ...settings],
    ]);
  });

  test("updates it where it is", () => {
    const SOURCES = "1\\tldap\\tLDAP\\ttrue\\n7\\tauthentik\\tOAuth2\\ttrue\\n";
    expect(mounted("forgejo", { SOURCES }).calls.at(-1)).toEqual([
      ...["forgejo", "admin", "auth", "update-oauth", "--id", "7"],
      ...settings,
    ]);
  });

  test("adds nothing when the list fails", () => {
    const { status, calls } = mounted("forgejo", { LIST_STATUS: "3" });
    expect([status, calls]).toEqual([3, [["forgejo", "admin", "auth", "list"]]]);
  });
});

describe("Nextcloud", () => {
  const provider = (secret: string) => [
    ...["php", "occ", "user_oidc:provider", "authentik", `--clientid=${ID}`, secret],
    ...[`--discoveryuri=${DISCOVERY}`, "--scope=openid profile email groups", "--unique-uid=0"],
    ...["--mapping-uid=preferred_username", "--mapping-display-name=name", "--mapping-email=email"],
    ...["--mapping-groups=groups", "--group-provisioning=1"],
  ];

  test("hands the secret over in the environment", () => {
    const { calls, environment } = mounted("nextcloud", { MORE_HELP: "--clientsecret-env" });
    expect(calls).toEqual([
      ["php", "occ", "app:enable", "user_oidc"],
      ["php", "occ", "user_oidc:provider", "--help"],
      provider("--clientsecret-env=OIDC_CLIENT_SECRET"),
    ]);
    expect(JSON.stringify(calls)).not.toContain("touch ran");
    expect(environment.at(-1)).toBe(SECRET);
  });

  test("hands it over as an argument where the command knows no other way", () => {
    expect(mounted("nextcloud").calls.at(-1)).toEqual(provider(`--clientsecret=${SECRET}`));
  });

  test("installs the app where it is not there", () => {
    const { status, calls } = mounted("nextcloud", { ENABLE_STATUS: "1" });
    expect(status).toBe(0);
    expect(calls[1]).toEqual(["php", "occ", "app:install", "user_oidc"]);
  });
});

describe("Matomo", () => {
  test("sets each setting, in silence", () => {
    const { calls, said } = mounted("matomo");
    expect(said).toBe("");
    const values = calls.map((call) => {
      expect(call.slice(0, 4)).toEqual(["php", "console", "config:set", "--section=LoginOIDC"]);
      return call.slice(4);
    });
    expect(values).toContainEqual(["--key=clientId", `--value=${ID}`]);
    expect(values).toContainEqual(["--key=clientSecret", `--value=${SECRET}`]);
    expect(values).toContainEqual(["--key=redirectUriOverride", `--value=${CONTEXT.redirectUri}`]);
    expect(values).toContainEqual(["--key=scope", "--value=openid profile email"]);
  });

  test("names the setting that is refused, without its value", () => {
    const { status, said } = mounted("matomo", { REFUSED: "clientSecret" });
    expect(status).toBe(1);
    expect(said).toBe("Matomo's console refused the setting clientSecret of LoginOIDC\n");
  });
});

test("a quoted text is one word, whatever stands in it", () => {
  const container = new Container({ show: "" });
  containers.push(container);
  const { calls } = container.run(`show ${quoted(SECRET)} ${quoted("")}\n`, {});
  expect(calls).toEqual([["show", SECRET, ""]]);
});
