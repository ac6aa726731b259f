import assert from "node:assert/strict";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { apiVersion, groupResource, type ResourceKind } from "../../src/api/resource-kind.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { Log } from "../../src/ports/log.ts";
import type { RestoreItemAction } from "../../src/ports/restore-item-action.ts";
import type {
  RestoreProgress,
  RestoreReport,
  RestoreRequest,
} from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
} from "../support/api-server/api-server.ts";
import { kindOf } from "../support/kinds.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import { type StoredKind, storeBackup } from "../support/stored-backup.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";

/** A Kubernetes object as a test writes it. */
export interface Plain {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** A request as the API server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly isDryRun: boolean;
}

export interface RestoreWorld {
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly store: MemoryStore;
  readonly clock: VirtualClock;
  readonly seen: readonly SeenRequest[];
  readonly logged: readonly string[];
  readonly told: readonly RestoreProgress[];
  /** Stores a sealed backup of these objects; text stands for an object with numbers of its own. */
  backUp(objects: readonly (Plain | string)[], name?: string): Promise<void>;
  restore(
    spec?: RestoreSpec,
    request?: Partial<RestoreRequest>,
    signal?: AbortSignal,
  ): Promise<RestoreReport>;
  /** Undefined when the API server has no such object. */
  live(resource: string, place: string): Promise<Plain | undefined>;
  liveText(resource: string, place: string): Promise<string | undefined>;
}

/** Plurals of custom kinds that tests use. */
const customPlurals: Readonly<Record<string, string>> = {
  Widget: "widgets.demo.example",
  Reading: "readings.metrics.demo.example",
};

export interface WorldOptions extends ApiServerOptions {
  readonly actions?: readonly RestoreItemAction[];
}

export function createRestoreWorld(options: WorldOptions = {}): RestoreWorld {
  const clock = createVirtualClock({ jump: true, watchFromMs: 30_000 });
  const server = createApiServer({ clock, ...options });
  const seen: SeenRequest[] = [];
  server.faults = (call) => {
    const { method, path, query } = call;
    seen.push({ method, path, isDryRun: query.has("dryRun") });
    return undefined;
  };
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const store = createMemoryStore({ now: clock.now });
  const logged: string[] = [];
  const told: RestoreProgress[] = [];
  const log: Log = { write: (level, message) => void logged.push(`${level}: ${message}`) };
  const idle = new AbortController().signal;
  const served = (): readonly ResourceKind[] =>
    server.catalog.kinds().map((kind) =>
      kindOf(kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`, {
        kind: kind.kind,
        version: kind.version,
        cluster: !kind.namespaced,
      }),
    );
  const kindFor = (object: Pick<Plain, "apiVersion" | "kind" | "metadata">): ResourceKind => {
    const found = served().find(
      (kind) => kind.kind === object.kind && apiVersion(kind) === object.apiVersion,
    );
    return (
      found ??
      kindOf(customPlurals[object.kind] ?? object.kind, {
        kind: object.kind,
        version: object.apiVersion.split("/").at(-1)!,
        cluster: object.metadata.namespace === undefined,
      })
    );
  };
  const liveText = async (resource: string, place: string): Promise<string | undefined> => {
    const kind = served().find((one) => groupResource(one) === resource)!;
    const [namespace, name] = place.includes("/") ? place.split("/") : ["", place];
    const raw = await cluster.get({ kind, namespace: namespace!, name: name! }, { signal: idle });
    return raw?.bytes.toString();
  };
  return {
    server,
    cluster,
    store,
    clock,
    seen,
    logged,
    told,
    liveText,
    async live(resource, place) {
      const text = await liveText(resource, place);
      return text === undefined ? undefined : JSON.parse(text);
    },
    async backUp(objects, name = "b1") {
      const kinds = new Map<
        string,
        { kind: ResourceKind; objects: StoredKind["objects"][number][] }
      >();
      for (const one of objects) {
        const text = typeof one === "string" ? one : JSON.stringify(one);
        const object = JSON.parse(text) as Plain;
        const kind = kindFor(object);
        const section = kinds.get(groupResource(kind)) ?? { kind, objects: [] };
        kinds.set(groupResource(kind), section);
        const { name: objectName, namespace } = object.metadata;
        section.objects.push({
          name: objectName,
          ...(namespace === undefined ? {} : { namespace }),
          bytes: Buffer.from(text),
        });
      }
      await storeBackup(store, { name, kinds: [...kinds.values()] });
    },
    restore: (spec = {}, request = {}, signal = idle) =>
      runRestore(
        {
          name: "r1",
          isNameGiven: true,
          owner: { host: "test", bootId: "boot", pid: 1 },
          typed: true,
          ...request,
          spec: { backupName: "b1", ...spec },
        },
        {
          cluster,
          store,
          clock,
          log,
          liveness: () => "unknown",
          ...(options.actions === undefined ? {} : { actions: options.actions }),
          onProgress: (progress) => void told.push(progress),
        },
        signal,
      ),
  };
}

export function plain(
  apiVersionText: string,
  kind: string,
  place: string,
  rest: Readonly<Record<string, unknown>> = {},
): Plain {
  const [namespace, name] = place.includes("/") ? place.split("/") : [undefined, place];
  const { metadata = {}, ...body } = rest as { metadata?: object };
  return {
    kind,
    apiVersion: apiVersionText,
    metadata: {
      name: name!,
      ...(namespace === undefined ? {} : { namespace }),
      uid: `uid-${kind}-${place}`,
      resourceVersion: "7",
      creationTimestamp: "2026-01-02T03:04:05Z",
      ...metadata,
    },
    ...body,
  };
}

export const namespaceNamed = (name: string, metadata: object = {}): Plain =>
  plain("v1", "Namespace", name, {
    metadata: { labels: { "kubernetes.io/metadata.name": name }, ...metadata },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });

/** The object at `key`; fails where there is none. */
export function partOf(object: Plain | undefined, key: string): Readonly<Record<string, unknown>> {
  const part = key === "metadata" ? object?.metadata : object?.[key];
  assert.ok(typeof part === "object" && part !== null, `the object has no ${key}`);
  return part as Readonly<Record<string, unknown>>;
}
