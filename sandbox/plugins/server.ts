import {
  Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Change } from "./difference";
import { decode, encode, isObject, markLike, markNamed, type Properties, reveal, type Value } from "./wire";

/** Why an input is refused. */
export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/** A resource as a plugin reports it. */
export interface Resource {
  readonly id: string;
  readonly outputs: Properties;
  /** Inputs that would make this resource; asked for by `read` only. */
  readonly inputs?: Properties;
}

/** What a request says of the resource it is about. */
export interface Subject {
  /** Type token, such as `authentik:index/group:Group`. */
  readonly type: string;
  /** Name in the program. */
  readonly name: string;
}

/** What was made or changed, and did not come up: the engine writes it down all the same, and calls the update failed. */
export class Unready extends Error {
  constructor(
    message: string,
    readonly made: Resource,
  ) {
    super(message);
  }
}

type Awaitable<T> = T | Promise<T>;

/** What makes one plugin differ from another. All properties come without secret marks. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  /** The package schema as JSON, for tools that ask for it. */
  schema?(): string;
  /** Takes the parameterisation and says what package it makes, or throws. */
  parameterize?(value: string): { name: string; version: string };
  /** Refuses provider settings it does not know. */
  checkConfig(config: Properties): Failure[];
  configure(config: Properties): void;
  /** Output properties of the type that are always secret. */
  secrets(token: string): readonly string[];
  /** Whether an import marks none of these. */
  readonly importsInClear?: true;
  /** `seed` gives the same random suffix in preview and run. */
  check(
    on: Subject,
    news: Properties,
    olds: Properties,
    seed: string,
  ): { inputs: Properties; failures: Failure[] };
  diff(
    on: Subject,
    olds: Properties,
    news: Properties,
    oldInputs: Properties,
  ): { changes: Change[]; deleteFirst?: boolean };
  create(on: Subject, inputs: Properties, preview: boolean): Awaitable<Resource>;
  /** Nothing means gone. `inputs` is missing when a resource is imported. */
  read(on: Subject, id: string, state: Properties, inputs?: Properties): Awaitable<Resource | undefined>;
  update(
    on: Subject,
    id: string,
    olds: Properties,
    news: Properties,
    oldInputs: Properties,
    preview: boolean,
    /** Paths that are to be left alone. */
    ignored: readonly string[],
  ): Awaitable<Properties>;
  delete(on: Subject, id: string, olds: Properties): Awaitable<void>;
  invoke(token: string, args: Properties): Awaitable<Properties>;
}

type Handler<Q, A> = (request: Q) => Awaitable<A>;

function unary<Q, A>(handler: Handler<Q, A>) {
  return (call: ServerUnaryCall<Q, A>, callback: sendUnaryData<A>): void => {
    Promise.resolve()
      .then(() => handler(call.request))
      .then(
        (answer) => callback(null, answer),
        (error: unknown) =>
          callback({
            code: status.UNKNOWN,
            details: error instanceof Error ? error.message : String(error),
            metadata: error instanceof Unready ? detailsOf(error) : undefined,
          }),
      );
  };
}

/** As gRPC for Go takes a structured error: in metadata of a name that is known to both. */
function detailsOf({ message, made }: Unready): Metadata {
  const failed = new rpc.ErrorResourceInitFailed();
  failed.setId(made.id);
  failed.setProperties(encode(made.outputs));
  failed.setInputs(encode(made.inputs ?? {}));
  failed.setReasonsList([message]);
  const packed = new Any();
  packed.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const answer = new Status();
  answer.setCode(status.UNKNOWN);
  answer.setMessage(message);
  answer.addDetails(packed);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(answer.serializeBinary()));
  return metadata;
}

function plain(struct: Parameters<typeof decode>[0]): Properties {
  const value = reveal(decode(struct));
  return isObject(value) ? value : {};
}

/** Type and name, out of the URN: `urn:pulumi:stack::project::parent$type::name`. */
function subject(request: { getUrn(): string }): Subject {
  const [, , types = "", ...name] = request.getUrn().split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

function checked(inputs: Properties, failures: readonly Failure[]): rpc.CheckResponse {
  const answer = new rpc.CheckResponse();
  answer.setInputs(encode(inputs));
  for (const { property, reason } of failures) {
    const failure = new rpc.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    answer.addFailures(failure);
  }
  return answer;
}

const KINDS = {
  add: [rpc.PropertyDiff.Kind.ADD, rpc.PropertyDiff.Kind.ADD_REPLACE],
  delete: [rpc.PropertyDiff.Kind.DELETE, rpc.PropertyDiff.Kind.DELETE_REPLACE],
  update: [rpc.PropertyDiff.Kind.UPDATE, rpc.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function difference(
  all: readonly Change[],
  news: Properties,
  ignored: readonly string[],
  deleteFirst: boolean,
) {
  const answer = new rpc.DiffResponse();
  const under = (path: string, prefix: string) =>
    path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`);
  const changes = all.filter(({ path }) => !ignored.some((prefix) => under(path, prefix)));
  for (const { path, kind, replace } of changes) {
    const root = path.split(/[.[]/)[0] ?? path;
    const detail = new rpc.PropertyDiff();
    detail.setKind(KINDS[kind][replace ? 1 : 0]);
    detail.setInputdiff(root in news);
    answer.getDetaileddiffMap().set(path, detail);
    if (!answer.getDiffsList().includes(root)) answer.addDiffs(root);
    if (replace) answer.addReplaces(path);
  }
  answer.setHasdetaileddiff(true);
  answer.setDeletebeforereplace(deleteFirst && answer.getReplacesList().length > 0);
  const { DIFF_SOME, DIFF_NONE } = rpc.DiffResponse.DiffChanges;
  answer.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
  return answer;
}

/**
 * Inputs in which a property that is to be left alone has its last state, as the bridge of Terraform's providers has it:
 * where the engine's last inputs lack one, an update would write its default. Only properties as a whole.
 */
function leftAlone(news: Properties, olds: Properties, ignored: readonly string[]): Properties {
  const kept = Object.entries(olds).filter(([property]) => ignored.includes(property));
  return { ...news, ...Object.fromEntries(kept) };
}

/** The public ResourceProvider protocol, served for one plugin. */
function service(plugin: Plugin): UntypedServiceImplementation {
  const marked = (
    outputs: Properties,
    token: string,
    model: Value = {},
    secrets = plugin.secrets(token),
  ): ReturnType<typeof encode> => {
    const named = markNamed(outputs, secrets);
    const value = markLike(named, model);
    return encode(isObject(value) ? value : named);
  };
  return {
    handshake: unary(() => {
      const answer = new rpc.ProviderHandshakeResponse();
      answer.setAcceptSecrets(true);
      return answer;
    }),
    parameterize: unary((request: rpc.ParameterizeRequest) => {
      const value = request.getValue();
      if (!value || !plugin.parameterize)
        throw new Error(`${plugin.name}: only the parameterisation of a generated SDK is understood here`);
      const { name, version } = plugin.parameterize(Buffer.from(value.getValue_asU8()).toString());
      const answer = new rpc.ParameterizeResponse();
      answer.setName(name);
      answer.setVersion(version);
      return answer;
    }),
    getSchema: unary(() => {
      const answer = new rpc.GetSchemaResponse();
      answer.setSchema(plugin.schema?.() ?? JSON.stringify({ name: plugin.name, version: plugin.version }));
      return answer;
    }),
    checkConfig: unary((request: rpc.CheckRequest) =>
      checked(decode(request.getNews()), plugin.checkConfig(plain(request.getNews()))),
    ),
    diffConfig: unary(() => new rpc.DiffResponse()),
    configure: unary((request: rpc.ConfigureRequest) => {
      plugin.configure(plain(request.getArgs()));
      const answer = new rpc.ConfigureResponse();
      answer.setAcceptsecrets(true);
      answer.setSupportspreview(true);
      return answer;
    }),
    invoke: unary(async (request: rpc.InvokeRequest) => {
      const token = request.getTok();
      const answer = new rpc.InvokeResponse();
      answer.setReturn(marked(await plugin.invoke(token, plain(request.getArgs())), token));
      return answer;
    }),
    check: unary((request: rpc.CheckRequest) => {
      const on = subject(request);
      const seed = Buffer.from(request.getRandomseed_asU8()).toString("hex") || "0000000";
      const news = decode(request.getNews());
      const { inputs, failures } = plugin.check(on, plain(request.getNews()), plain(request.getOlds()), seed);
      const value = markLike(inputs, news);
      return checked(isObject(value) ? value : inputs, failures);
    }),
    diff: unary((request: rpc.DiffRequest) => {
      const news = plain(request.getNews());
      const { changes, deleteFirst } = plugin.diff(
        subject(request),
        plain(request.getOlds()),
        news,
        plain(request.getOldInputs()),
      );
      return difference(changes, news, request.getIgnorechangesList(), deleteFirst ?? false);
    }),
    create: unary(async (request: rpc.CreateRequest) => {
      const on = subject(request);
      const made = await plugin.create(on, plain(request.getProperties()), request.getPreview());
      const answer = new rpc.CreateResponse();
      answer.setId(made.id);
      answer.setProperties(marked(made.outputs, on.type, decode(request.getProperties())));
      return answer;
    }),
    read: unary(async (request: rpc.ReadRequest) => {
      const on = subject(request);
      const state = plain(request.getProperties());
      const before = plain(request.getInputs());
      // Without a state the engine asks for an import (or for a resource that it will only ever read).
      const known = request.hasInputs() && Object.keys(state).length > 0 ? before : undefined;
      const found = await plugin.read(on, request.getId(), state, known);
      const answer = new rpc.ReadResponse();
      if (!found) return answer;
      const model = { ...decode(request.getProperties()), ...decode(request.getInputs()) };
      answer.setId(found.id);
      const secrets = known === undefined && plugin.importsInClear ? [] : plugin.secrets(on.type);
      answer.setProperties(marked(found.outputs, on.type, model, secrets));
      answer.setInputs(marked(found.inputs ?? before, on.type, model, secrets));
      return answer;
    }),
    update: unary(async (request: rpc.UpdateRequest) => {
      const on = subject(request);
      const olds = plain(request.getOlds());
      const ignored = request.getIgnorechangesList();
      const news = leftAlone(plain(request.getNews()), olds, ignored);
      const before = plain(request.getOldInputs());
      const preview = request.getPreview();
      const outputs = await plugin.update(on, request.getId(), olds, news, before, preview, ignored);
      const answer = new rpc.UpdateResponse();
      answer.setProperties(marked(outputs, on.type, decode(request.getNews())));
      return answer;
    }),
    delete: unary(async (request: rpc.DeleteRequest) => {
      await plugin.delete(subject(request), request.getId(), plain(request.getProperties()));
      return new Empty();
    }),
    cancel: unary(() => new Empty()),
    attach: unary(() => new Empty()),
    getPluginInfo: unary(() => {
      const info = new PluginInfo();
      info.setVersion(plugin.version);
      return info;
    }),
    getMapping: unary(() => new rpc.GetMappingResponse()),
    getMappings: unary(() => new rpc.GetMappingsResponse()),
  };
}

/** Serves a plugin on a free port of this machine and tells which. */
export function serve(plugin: Plugin): Promise<{ port: number; close(): void }> {
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(ResourceProviderService, service(plugin));
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve({ port, close: () => server.forceShutdown() }),
    );
  });
}
