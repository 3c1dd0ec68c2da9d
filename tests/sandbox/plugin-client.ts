import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { buildSync } from "esbuild";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { decode, encode, type Properties } from "../../sandbox/plugins/wire";

/** What `diff` answered, in plain words. */
export interface Difference {
  readonly changed: boolean;
  readonly paths: readonly string[];
  readonly replaces: readonly string[];
  readonly deleteFirst: boolean;
}

type Done<A> = (error: ServiceError | null, answer: A) => void;

function call<A>(send: (done: Done<A>) => unknown): Promise<A> {
  return new Promise((resolve, reject) => {
    send((error, answer) => (error ? reject(new Error(error.details)) : resolve(answer)));
  });
}

/** Bundles the plugin program as the sandbox does. Returns the file, and how to remove it. */
export function bundle(): { file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "plugins-"));
  const file = join(folder, "plugins.js");
  const entryPoints = [join(__dirname, "../../sandbox/plugins/main.ts")];
  buildSync({ entryPoints, bundle: true, platform: "node", format: "cjs", outfile: file, logLevel: "error" });
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}

/** A plugin as a process, and the engine's side of the conversation with it. */
export class PluginClient {
  private constructor(
    private readonly process: ChildProcess,
    readonly rpc: ResourceProviderClient,
  ) {}

  /** Starts the plugin of this name and waits for its port. */
  static async start(file: string, name: string): Promise<PluginClient> {
    const child = spawn(process.execPath, [file, name], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = (await once(createInterface(child.stdout), "line")) as [string];
    return new PluginClient(
      child,
      new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure()),
    );
  }

  async stop(): Promise<void> {
    this.rpc.close();
    this.process.kill();
    await once(this.process, "exit");
  }

  async parameterize(name: string, version: string, value: unknown): Promise<string> {
    const values = new rpc.ParameterizeRequest.ParametersValue();
    values.setName(name);
    values.setVersion(version);
    values.setValue(Buffer.from(JSON.stringify(value)).toString("base64"));
    const request = new rpc.ParameterizeRequest();
    request.setValue(values);
    const answer = await call<rpc.ParameterizeResponse>((done) => this.rpc.parameterize(request, done));
    return `${answer.getName()} ${answer.getVersion()}`;
  }

  async acceptsSecrets(): Promise<boolean> {
    const request = new rpc.ProviderHandshakeRequest();
    const answer = await call<rpc.ProviderHandshakeResponse>((done) => this.rpc.handshake(request, done));
    return answer.getAcceptSecrets();
  }

  async configure(config: Properties): Promise<void> {
    const request = new rpc.ConfigureRequest();
    request.setArgs(encode(config));
    await call<rpc.ConfigureResponse>((done) => this.rpc.configure(request, done));
  }

  async check(
    type: string,
    news: Properties,
    olds: Properties = {},
  ): Promise<{ inputs: Properties; failures: string[] }> {
    const request = new rpc.CheckRequest();
    request.setUrn(urn(type));
    request.setNews(encode(news));
    request.setOlds(encode(olds));
    request.setRandomseed(Buffer.alloc(16, 7));
    const answer = await call<rpc.CheckResponse>((done) => this.rpc.check(request, done));
    const failures = answer
      .getFailuresList()
      .map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
    return { inputs: decode(answer.getInputs()), failures };
  }

  async diff(
    type: string,
    id: string,
    olds: Properties,
    news: Properties,
    oldInputs = news,
    ignore: string[] = [],
  ): Promise<Difference> {
    const request = new rpc.DiffRequest();
    request.setUrn(urn(type));
    request.setId(id);
    request.setOlds(encode(olds));
    request.setNews(encode(news));
    request.setOldInputs(encode(oldInputs));
    request.setIgnorechangesList(ignore);
    const answer = await call<rpc.DiffResponse>((done) => this.rpc.diff(request, done));
    return {
      changed: answer.getChanges() === rpc.DiffResponse.DiffChanges.DIFF_SOME,
      paths: answer
        .getDetaileddiffMap()
        .toArray()
        .map(([path]) => path),
      replaces: answer.getReplacesList(),
      deleteFirst: answer.getDeletebeforereplace(),
    };
  }

  async create(
    type: string,
    inputs: Properties,
    preview = false,
  ): Promise<{ id: string; outputs: Properties }> {
    const request = new rpc.CreateRequest();
    request.setUrn(urn(type));
    request.setProperties(encode(inputs));
    request.setPreview(preview);
    const answer = await call<rpc.CreateResponse>((done) => this.rpc.create(request, done));
    return { id: answer.getId(), outputs: decode(answer.getProperties()) };
  }

  /** Without `inputs` this is an import. */
  async read(
    type: string,
    id: string,
    state: Properties = {},
    inputs?: Properties,
  ): Promise<{ id: string; outputs: Properties; inputs: Properties }> {
    const request = new rpc.ReadRequest();
    request.setUrn(urn(type));
    request.setId(id);
    request.setProperties(encode(state));
    if (inputs) request.setInputs(encode(inputs));
    const answer = await call<rpc.ReadResponse>((done) => this.rpc.read(request, done));
    return {
      id: answer.getId(),
      outputs: decode(answer.getProperties()),
      inputs: decode(answer.getInputs()),
    };
  }

  async update(
    type: string,
    id: string,
    olds: Properties,
    news: Properties,
    oldInputs: Properties = {},
    preview = false,
    ignore: string[] = [],
  ): Promise<Properties> {
    const request = new rpc.UpdateRequest();
    request.setUrn(urn(type));
    request.setId(id);
    request.setOlds(encode(olds));
    request.setNews(encode(news));
    request.setOldInputs(encode(oldInputs));
    request.setPreview(preview);
    request.setIgnorechangesList(ignore);
    return decode((await call<rpc.UpdateResponse>((done) => this.rpc.update(request, done))).getProperties());
  }

  async delete(type: string, id: string, olds: Properties = {}): Promise<void> {
    const request = new rpc.DeleteRequest();
    request.setUrn(urn(type));
    request.setId(id);
    request.setProperties(encode(olds));
    await call<Empty>((done) => this.rpc.delete(request, done));
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    const request = new rpc.InvokeRequest();
    request.setTok(token);
    request.setArgs(encode(args));
    return decode((await call<rpc.InvokeResponse>((done) => this.rpc.invoke(request, done))).getReturn());
  }
}

function urn(type: string): string {
  return `urn:pulumi:test::plana::${type}::thing`;
}
