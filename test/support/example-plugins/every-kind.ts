/**
 * A plugin of every kind, as an author would write it, and with faults on demand: an item whose
 * annotation `test/fault` says `crash`, `hang`, `error` or `print` gets that.
 */
import {
  createPluginLog,
  type Item,
  type ItemName,
  type PluginDefinition,
  type ServedObjectStore,
  servePlugin,
} from "../../../src/plugin-sdk/serve.ts";

const log = createPluginLog(process.stderr);

interface Shape {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const shapeOf = (item: Item): Shape => item.object() as unknown as Shape;

async function faultOf(item: Item): Promise<void> {
  const fault = shapeOf(item).metadata.annotations?.["test/fault"];
  if (fault === "crash") process.kill(process.pid, "SIGKILL");
  if (fault === "hang") await new Promise(() => undefined);
  if (fault === "error") throw new Error("the item has the annotation test/fault");
  if (fault === "print") process.stdout.write("x".repeat(1024 * 1024));
}

function stamped(item: Item, by: string): Record<string, unknown> {
  const object = item.object();
  const metadata = object["metadata"] as Record<string, unknown>;
  const annotations = { ...(metadata["annotations"] as object), [by]: "seen" };
  return { ...object, metadata: { ...metadata, annotations } };
}

const neighbour = (item: Item): ItemName => {
  const { name, namespace = "" } = shapeOf(item).metadata;
  return { group: "", resource: "secrets", namespace, name: `${name}-secret` };
};

function memoryStore(config: Readonly<Record<string, string>>): ServedObjectStore {
  const objects = new Map<string, Buffer>();
  const own = (key: string): string => `${config["who"] ?? ""}:${key}`;
  const keys = (prefix: string): string[] =>
    [...objects.keys()]
      .filter((key) => key.startsWith(own(prefix)))
      .map((key) => key.slice(own("").length));
  return {
    async put(_bucket, key, body) {
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(Buffer.from(piece));
      objects.set(own(key), Buffer.concat(pieces));
    },
    exists: async (_bucket, key) => objects.has(own(key)),
    async *get(_bucket, key) {
      const found = objects.get(own(key));
      if (found === undefined) throw new Error(`no object ${key}`);
      yield found;
    },
    async listCommonPrefixes(_bucket, prefix, delimiter) {
      const folders = keys(prefix).flatMap((key) => {
        const end = key.indexOf(delimiter, prefix.length);
        return end < 0 ? [] : [key.slice(0, end + delimiter.length)];
      });
      return [...new Set(folders)];
    },
    list: async (_bucket, prefix) => keys(prefix),
    async delete(_bucket, key) {
      if (!objects.delete(own(key))) throw new Error(`no object ${key} to delete`);
    },
    async signedUrl() {
      throw new Error("this store signs no URLs");
    },
  };
}

const configMaps = { includedResources: ["ConfigMap"] };

const definition: PluginDefinition = {
  objectStores: { "example.io/memory": async (config) => memoryStore(config) },
  volumeSnapshotters: {
    "example.io/disks": async () => ({
      volumeId: async (volume) => {
        const spec = volume["spec"] as { readonly csi?: { readonly volumeHandle: string } };
        return spec.csi?.volumeHandle ?? "";
      },
      setVolumeId: async (volume, volumeHandle) => ({
        ...volume,
        spec: { ...(volume["spec"] as object), csi: { driver: "example.io", volumeHandle } },
      }),
      volumeInfo: async () => ({ type: "fast", iops: 3_000n }),
      createSnapshot: async (volumeId, zone, tags) => {
        if (volumeId === "crash") process.kill(process.pid, "SIGKILL");
        return `snap-${volumeId}-${zone}-${tags["velero.io/backup"]}`;
      },
      createVolume: async (snapshotId, { type, zone, iops }) =>
        `vol-${snapshotId}-${type}-${zone}-${iops ?? "none"}`,
      deleteSnapshot: async () => undefined,
    }),
  },
  backupActions: {
    "example.io/stamp": {
      appliesTo: configMaps,
      async execute(item, backup) {
        await faultOf(item);
        log.write("info", "stamped", { kind: backup["kind"] });
        return { item: stamped(item, "example.io/stamp"), additionalItems: [neighbour(item)] };
      },
    },
    "example.io/look": { appliesTo: configMaps, execute: async () => ({}) },
  },
  backupActionsV2: {
    "example.io/operate": {
      appliesTo: { includedNamespaces: ["slow"] },
      execute: async (item) => ({
        operationId: `op-${shapeOf(item).metadata.name}`,
        postOperationItems: [neighbour(item)],
      }),
      progress: async (operationId) => ({
        completed: true,
        unitsCompleted: 9_007_199_254_740_993n,
        unitsTotal: 2n ** 60n,
        units: "bytes",
        description: operationId,
      }),
      cancel: async () => undefined,
    },
  },
  restoreActions: {
    "example.io/restamp": {
      appliesTo: configMaps,
      execute: async (item, original) => ({
        item: stamped(item, `was-${shapeOf(original).metadata.name}`),
      }),
    },
  },
  restoreActionsV2: {
    "example.io/wait": {
      appliesTo: configMaps,
      execute: async (item) => ({
        additionalItems: [neighbour(item)],
        waitForAdditionalItems: true,
        additionalItemsReadyTimeoutMs: 5_000,
        operationId: "op",
      }),
      progress: async () => ({ completed: true, error: "the operation failed" }),
      cancel: async () => undefined,
      areAdditionalItemsReady: async (items) => items.length === 1,
    },
  },
  deleteActions: {
    "example.io/forget": { appliesTo: configMaps, execute: (item) => faultOf(item) },
  },
  blockActions: {
    "example.io/together": {
      appliesTo: configMaps,
      relatedItems: async (item) => [neighbour(item)],
    },
  },
};

void servePlugin(definition, process);
