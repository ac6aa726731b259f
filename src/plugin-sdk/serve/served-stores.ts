import { ArkError } from "../../lib/errors.ts";
import { answer, answerAll, answerEach, type Handler } from "../../plugin-wire/grpc-server.ts";
import {
  createSignedUrl,
  deleteObject,
  getObject,
  initObjectStore,
  listCommonPrefixes,
  listObjects,
  objectExists,
  putObject,
} from "../../plugin-wire/services/object-store.ts";
import {
  createSnapshot,
  createVolumeFromSnapshot,
  deleteSnapshot,
  getVolumeId,
  getVolumeInfo,
  initVolumeSnapshotter,
  setVolumeId,
} from "../../plugin-wire/services/volume-snapshotter.ts";
import type { Config, PluginDefinition } from "./plugin-definition.ts";
import { bytesOf, lookUp, objectOf } from "./served-items.ts";

/** What a process has opened, by name; a second `Init` opens it anew, as in Velero's plugins. */
function opened<Value>(
  plugins: Readonly<Record<string, (config: Config) => Promise<Value>>> | undefined,
): { init(plugin: string, config: Config): Promise<object>; get(plugin: string): Value } {
  const instances = new Map<string, Value>();
  return {
    async init(plugin, config) {
      instances.set(plugin, await lookUp(plugins, plugin)(config));
      return {};
    },
    get(plugin) {
      const found = instances.get(plugin);
      if (found !== undefined) return found;
      throw new ArkError("ARK_PLUGIN_PROTOCOL", `plugin ${plugin} was used before its Init`);
    },
  };
}

export function objectStoreHandlers({ objectStores }: PluginDefinition): readonly Handler[] {
  const stores = opened(objectStores);
  return [
    answer(initObjectStore, ({ plugin, config }) => stores.init(plugin, config)),
    answerAll(putObject, async (requests) => {
      const pieces = requests[Symbol.asyncIterator]();
      const first = await pieces.next();
      if (first.done) throw new ArkError("ARK_PLUGIN_PROTOCOL", "a put came without a message");
      const { plugin, bucket, key, body } = first.value;
      const bodies = async function* (): AsyncGenerator<Uint8Array> {
        if (body.length > 0) yield body;
        for (;;) {
          const next = await pieces.next();
          if (next.done) return;
          yield next.value.body;
        }
      };
      await stores.get(plugin).put(bucket, key, bodies());
      return {};
    }),
    answer(objectExists, async ({ plugin, bucket, key }) => ({
      exists: await stores.get(plugin).exists(bucket, key),
    })),
    answerEach(getObject, async function* ({ plugin, bucket, key }) {
      for await (const data of stores.get(plugin).get(bucket, key)) {
        // Velero takes an empty message for the end.
        if (data.length > 0) yield { data };
      }
    }),
    answer(listCommonPrefixes, async ({ plugin, bucket, delimiter, prefix }) => ({
      prefixes: await stores.get(plugin).listCommonPrefixes(bucket, prefix, delimiter),
    })),
    answer(listObjects, async ({ plugin, bucket, prefix }) => ({
      keys: await stores.get(plugin).list(bucket, prefix),
    })),
    answer(deleteObject, async ({ plugin, bucket, key }) => {
      await stores.get(plugin).delete(bucket, key);
      return {};
    }),
    answer(createSignedUrl, async ({ plugin, bucket, key, ttlNanoseconds }) => ({
      url: await stores.get(plugin).signedUrl(bucket, key, Number(ttlNanoseconds / 1_000_000n)),
    })),
  ];
}

export function volumeSnapshotterHandlers({
  volumeSnapshotters,
}: PluginDefinition): readonly Handler[] {
  const all = opened(volumeSnapshotters);
  return [
    answer(initVolumeSnapshotter, ({ plugin, config }) => all.init(plugin, config)),
    answer(getVolumeId, async ({ plugin, persistentVolume }) => ({
      volumeId: await all.get(plugin).volumeId(objectOf(persistentVolume)),
    })),
    answer(setVolumeId, async ({ plugin, persistentVolume, volumeId }) => {
      const volume = await all.get(plugin).setVolumeId(objectOf(persistentVolume), volumeId);
      return { persistentVolume: bytesOf(volume) };
    }),
    answer(getVolumeInfo, async ({ plugin, volumeId, zone }) => {
      const { type, iops = 0n } = await all.get(plugin).volumeInfo(volumeId, zone);
      return { volumeType: type, iops };
    }),
    answer(createSnapshot, async ({ plugin, volumeId, zone, tags }) => ({
      snapshotId: await all.get(plugin).createSnapshot(volumeId, zone, tags),
    })),
    answer(createVolumeFromSnapshot, async ({ plugin, snapshotId, volumeType, zone, iops }) => {
      const volume = { type: volumeType, zone, ...(iops !== 0n && { iops }) };
      return { volumeId: await all.get(plugin).createVolume(snapshotId, volume) };
    }),
    answer(deleteSnapshot, async ({ plugin, snapshotId }) => {
      await all.get(plugin).deleteSnapshot(snapshotId);
      return {};
    }),
  ];
}
