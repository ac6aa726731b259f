/**
 * An API server in memory that speaks the HTTP of kube-apiserver 1.34. It passes the same
 * contract suite as the real one (test/contract/cluster.ts). Start reading here.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Dispatcher } from "undici";
import type { Clock } from "../../../src/ports/clock.ts";
import { type Authenticator, type Authoriser, administrator } from "./access.ts";
import type { Admission, ApiRequest, ServerContext } from "./api-call.ts";
import { createControllers } from "./controllers.ts";
import { ApiServerDispatcher } from "./dispatcher.ts";
import { type ContainerScript, runScript } from "./exec.ts";
import type { Faults } from "./faults.ts";
import { type Connected, openFrontDoor } from "./front-door.ts";
import { child, type JsonObject, parseJson, text } from "./json.ts";
import { type AggregatedGroup, KindCatalog } from "./kind-catalog.ts";
import { groupVersion, type ServedKind } from "./kinds.ts";
import { type Listener, listen, type TlsFiles } from "./listen.ts";
import { route } from "./router.ts";
import { type SyntheticSeed, seedObject, seedSynthetic } from "./seed.ts";
import { Store } from "./store.ts";
import { speakWebSocket } from "./web-socket.ts";

export interface ApiServerOptions {
  /** Default: the machine's clock and random UUIDs. */
  readonly clock?: Clock;
  /** Storages with an etcd of their own, as `events` or `widgets.demo.example`. */
  readonly separateEtcd?: readonly string[];
  /** Groups that another server answers for, or that cannot be reached. */
  readonly aggregated?: readonly AggregatedGroup[];
  /** Default: everybody is the administrator. */
  readonly authenticate?: Authenticator;
  /** Default: everything is allowed. */
  readonly authorise?: Authoriser;
  readonly admission?: Admission;
  /** Size of the pieces in which LIST bodies are sent. Default 64 KiB. */
  readonly chunkBytes?: number;
  /** How often a watch that asks for bookmarks gets one. Default 60 s. */
  readonly bookmarkMs?: number;
  /**
   * "auto" (default): CRDs are established and namespaces emptied at once after each request.
   * "manual": only by {@link ApiServer.step}.
   */
  readonly controllers?: "auto" | "manual";
  /** What containers do when a command is run in them. Default: end with 0, without a word. */
  readonly containers?: ContainerScript;
  /** Channel protocols that pods/exec speaks. Default: v5 and v4. */
  readonly execProtocols?: readonly string[];
  /** As 1.35: pods/exec over a WebSocket asks for `create` beside `get`. Default false, as 1.34. */
  readonly execAsksCreate?: boolean;
  /** ServiceAccount default and ConfigMap kube-root-ca.crt in every namespace. Default false. */
  readonly namespaceDefaults?: boolean;
}

export interface ApiServer {
  /** May be changed at any time. */
  faults: Faults | undefined;
  /** May be changed at any time. */
  containers: ContainerScript;
  readonly catalog: KindCatalog;
  /** The newest revision of the main etcd. */
  readonly revision: number;
  listen(tls?: TlsFiles): Promise<Listener>;
  /** No sockets: requests to any origin are answered by this server. */
  dispatcher(): Dispatcher;
  /** Stores an object as it is, status and uid included, without the checks of a create. */
  seed(object: JsonObject | string): void;
  /** Fills a kind with objects that are made from their index whenever they are read. */
  seedSynthetic(seed: SyntheticSeed): void;
  /** Forgets past revisions, up to the given one or the newest. */
  compact(revision?: number): void;
  /** One round of the controllers; false when nothing was left to do. */
  step(): boolean;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, { signal });
  },
  uuid: () => crypto.randomUUID(),
  random: () => Math.random(),
};

export function createApiServer(options: ApiServerOptions = {}): ApiServer {
  const catalog = new KindCatalog(options.aggregated ?? []);
  const context: ServerContext = {
    store: new Store(options.separateEtcd ?? []),
    catalog,
    clock: options.clock ?? systemClock,
    chunkBytes: options.chunkBytes ?? 64 << 10,
    bookmarkMs: options.bookmarkMs ?? 60_000,
    admission: options.admission,
    execProtocols: options.execProtocols,
  };
  const controllers = createControllers(context, {
    namespaceDefaults: options.namespaceDefaults ?? false,
  });
  const settle = (storage: string) => {
    if (options.controllers === "manual" || !controllers.concernedBy(storage)) return;
    while (controllers.step());
  };
  const access = {
    authenticate: options.authenticate ?? (() => administrator),
    authorise: options.authorise ?? (() => true),
    afterWrite: settle,
    execAsksCreate: options.execAsksCreate ?? false,
  };
  const handle = (request: ApiRequest) => route(context, access, request);
  const server: ApiServer = {
    faults: undefined,
    containers: options.containers ?? (() => undefined),
    catalog,
    get revision() {
      return context.store.main.revision;
    },
    listen: (tls) => listen(door, connected, tls),
    dispatcher: () => new ApiServerDispatcher(door, connected),
    seed: (object) => {
      const value = typeof object === "string" ? (parseJson(object) as JsonObject) : object;
      const kind = kindOf(catalog, value);
      seedObject(context, kind, value);
      settle(kind.storage);
    },
    seedSynthetic: (seed) => seedSynthetic(context, seed),
    compact: (revision) => context.store.compact(revision),
    step: () => controllers.step(),
  };
  const connected: Connected = ({ target, admitted, socket, head }) => {
    const peer = speakWebSocket(socket, head);
    runScript((call, session) => server.containers(call, session), target, admitted, peer).catch(
      () => socket.destroy(),
    );
  };
  const door = openFrontDoor({ clock: context.clock, faults: () => server.faults, handle });
  for (const name of ["kube-system", "default"]) server.seed(namespace(name));
  return server;
}

function kindOf(catalog: KindCatalog, object: JsonObject): ServedKind {
  const same = (kind: ServedKind) =>
    kind.kind === object["kind"] && groupVersion(kind) === object["apiVersion"];
  const found = catalog.kinds().find(same);
  if (found !== undefined) return found;
  const name = text(child(object, "metadata")["name"]);
  throw new Error(
    `seed: no such kind is served: ${object["apiVersion"]} ${object["kind"]} ${name}`,
  );
}

function namespace(name: string): JsonObject {
  const labels = { "kubernetes.io/metadata.name": name };
  return {
    kind: "Namespace",
    apiVersion: "v1",
    metadata: { name, labels },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  };
}
