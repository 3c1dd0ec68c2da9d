import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authentik, startAuthentik } from "../../sandbox/authentik";
import type { Properties } from "../../sandbox/plugins/wire";
import { bundle, PluginClient } from "./plugin-client";

/** The API token of the emulated server. */
export const TOKEN = "api-token";

/** What the SDK says of its provider. */
export const REMOTE = { remote: { url: "registry.opentofu.org/goauthentik/authentik", version: "2026.5.0" } };

/** The token of a resource type. */
export const type = (name: string): string =>
  `authentik:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;

/** The plugin, with a fresh emulated server for each test of the file. */
export class AuthentikPlugin {
  private running?: { plugin: PluginClient; server: Authentik };

  /** Registers the hooks that start and stop everything. */
  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "authentik-"));
    const plugins = bundle();
    let plugin: PluginClient;
    beforeAll(async () => {
      // The emulated server tells on stderr what it did not find; that is what some of these tests are about.
      jest.spyOn(console, "error").mockImplementation(() => undefined);
      plugin = await PluginClient.start(plugins.file, "authentik");
      await plugin.parameterize("authentik", "2026.5.0", REMOTE);
    });
    beforeEach(async () => {
      const stateFile = join(mkdtempSync(join(folder, "state-")), "state.json");
      const server = await startAuthentik({ stateFile, token: TOKEN, cacheDir: join(folder, "cache") });
      await plugin.configure({ url: server.url, token: TOKEN });
      this.running = { plugin, server };
    });
    afterEach(() => this.running?.server.close());
    afterAll(async () => {
      await plugin.stop();
      plugins.remove();
      rmSync(folder, { recursive: true });
    });
  }

  private get now(): { plugin: PluginClient; server: Authentik } {
    if (!this.running) throw new Error("only inside a test");
    return this.running;
  }

  get rpc(): PluginClient {
    return this.now.plugin;
  }

  get url(): string {
    return this.now.server.url;
  }

  /** How many requests the server answered. */
  requests(): number {
    return this.now.server.requests();
  }

  /** What the server holds, asked past the plugin. */
  async api(method: string, path: string, body?: unknown): Promise<Properties> {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(`${this.url}/api/v3/${path}`, { method, headers, body: sent });
    return answer.status === 204 ? {} : ((await answer.json()) as Properties);
  }

  /** Checks and creates, as the engine does. */
  async create(
    name: string,
    inputs: Properties,
  ): Promise<{ id: string; inputs: Properties; outputs: Properties }> {
    const checked = await this.rpc.check(type(name), inputs);
    expect(checked.failures).toEqual([]);
    return { ...(await this.rpc.create(type(name), checked.inputs)), inputs: checked.inputs };
  }

  /** Paths that differ between state and program. */
  async changed(name: string, id: string, olds: Properties, news: Properties): Promise<readonly string[]> {
    return (await this.rpc.diff(type(name), id, olds, news)).paths;
  }
}
