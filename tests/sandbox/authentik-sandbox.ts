import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authentik, startAuthentik } from "../../sandbox/authentik";

/** A JSON object. */
export type Body = Record<string, unknown>;
/** Status and parsed body of an answer. */
export interface Answer {
  status: number;
  body: Body;
}

const directory = mkdtempSync(join(tmpdir(), "authentik-"));
/** Where the preprocessed document is kept for this test file. */
export const cacheDir = join(directory, "cache");
const options = { stateFile: join(directory, "state.json"), token: "bootstrap", cacheDir };
let server: Authentik | undefined;
let counter = 0;

/** One request, with the bootstrap token unless told otherwise. */
export async function call(
  method: string,
  path: string,
  body?: unknown,
  token = "bootstrap",
): Promise<Answer> {
  const response = await fetch(`${url()}${path.startsWith("/-/") ? path : `/api/v3${path}`}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Body) };
}

/** Creates an object; throws with the answer when refused. */
export async function made(path: string, body: Body): Promise<Body> {
  const answer = await call("POST", path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer.body;
}

/** The results of a list. */
export async function listed(path: string): Promise<Body[]> {
  const { status, body } = await call("GET", path);
  if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
  return body.results as Body[];
}

/** A name that was not used before. */
export const unique = (stem: string): string => `${stem}-${(counter += 1)}`;
/** A new person. */
export const user = (more: Body = {}): Promise<Body> =>
  made("/core/users/", { username: unique("u"), name: "U", ...more });
/** A new group. */
export const group = (more: Body = {}): Promise<Body> =>
  made("/core/groups/", { name: unique("g"), ...more });
/** The key of a flow. */
export const flowPk = async (slug: string): Promise<unknown> =>
  (await call("GET", `/flows/instances/${slug}/`)).body.pk;

/** A new OAuth2 provider. */
export async function oidc(more: Body = {}): Promise<Body> {
  return made("/providers/oauth2/", {
    name: unique("p"),
    authorization_flow: await flowPk("default-provider-authorization-implicit-consent"),
    invalidation_flow: await flowPk("default-provider-invalidation-flow"),
    redirect_uris: [{ matching_mode: "strict", url: "https://app.example/callback" }],
    grant_types: ["authorization_code"],
    ...more,
  });
}

/** A new application. */
export const application = (more: Body = {}): Promise<Body> =>
  made("/core/applications/", { name: "App", slug: unique("app"), ...more });

/** Starts the sandbox again on the same state. */
export async function restart(): Promise<void> {
  await server?.close();
  server = await startAuthentik(options);
}

/** Base address of the running sandbox. */
export function url(): string {
  if (!server) throw new Error("the sandbox is not running");
  return server.url;
}

/** API requests answered since the start. */
export const served = (): number => server?.requests() ?? 0;

/** Runs a sandbox on a fresh state around the tests of a file. */
export function withSandbox(): void {
  beforeAll(async () => {
    jest.spyOn(console, "error").mockImplementation(() => undefined);
    await restart();
  });
  afterAll(async () => {
    await server?.close();
    rmSync(directory, { recursive: true });
  });
}
