import {
  ArkError,
  type LocationSpec,
  type ObjectStore,
  type ObjectStorePlugin,
  type PluginContext,
} from "../src/plugin-sdk/object-store.ts";
import type {
  SnapshotLocationSpec,
  VolumeSnapshotter,
  VolumeSnapshotterContext,
  VolumeSnapshotterPlugin,
} from "../src/plugin-sdk/volume-snapshotter.ts";
import { locationOfUrl, type UrlForm } from "./location-url.ts";
import { azureBlobPlugin } from "./object-store-azure/plugin.ts";
import { directoryPlugin } from "./object-store-directory/plugin.ts";
import { gcsPlugin } from "./object-store-gcs/plugin.ts";
import { s3Plugin } from "./object-store-s3/plugin.ts";
import { ebsPlugin } from "./volume-snapshotter-aws/plugin.ts";
import { azureDiskPlugin } from "./volume-snapshotter-azure/plugin.ts";
import { cephPlugin } from "./volume-snapshotter-ceph/plugin.ts";
import { gcpDiskPlugin } from "./volume-snapshotter-gcp/plugin.ts";

/** Add a line to one of these and nothing else. A plugin's module is light; `open` loads the rest. */
const objectStores: readonly {
  readonly plugin: ObjectStorePlugin;
  readonly aliases: readonly string[];
}[] = [
  { plugin: directoryPlugin, aliases: ["ark-ts.dev/directory"] },
  { plugin: s3Plugin, aliases: ["aws", "velero.io/aws"] },
  { plugin: azureBlobPlugin, aliases: ["velero.io/azure"] },
  { plugin: gcsPlugin, aliases: ["gcp", "velero.io/gcp"] },
];

const volumeSnapshotters: readonly {
  readonly plugin: VolumeSnapshotterPlugin;
  readonly aliases: readonly string[];
}[] = [
  { plugin: ebsPlugin, aliases: ["velero.io/aws"] },
  { plugin: azureDiskPlugin, aliases: ["velero.io/azure"] },
  { plugin: gcpDiskPlugin, aliases: ["velero.io/gcp"] },
  { plugin: cephPlugin, aliases: ["ark-ts.dev/ceph-rbd"] },
];

const urlForms: readonly UrlForm[] = [
  { scheme: "file", provider: "directory", shape: "path", queryAliases: {}, implied: () => ({}) },
  {
    scheme: "s3",
    provider: "s3",
    shape: "bucket",
    query: "?region=…&endpoint=…",
    queryAliases: { endpoint: "s3Url", pathStyle: "s3ForcePathStyle" },
    // A server of one's own seldom has a DNS name per bucket.
    implied: ({ s3Url }) => (s3Url === undefined ? {} : { s3ForcePathStyle: "true" }),
  },
  {
    scheme: "azblob",
    provider: "azure",
    shape: "bucket",
    query: "?storageAccount=…",
    queryAliases: { endpoint: "storageAccountURI" },
    implied: () => ({}),
  },
  {
    scheme: "gs",
    provider: "gcs",
    shape: "bucket",
    queryAliases: { endpoint: "storeEndpoint" },
    implied: () => ({}),
  },
];

export type {
  LocationSpec,
  ObjectStorePlugin,
  PluginContext,
} from "../src/plugin-sdk/object-store.ts";
export { isLocationUrl } from "./location-url.ts";

/**
 * `file:///path`, `/path`, `s3://bucket/prefix?region=…&endpoint=…`,
 * `azblob://container/prefix?storageAccount=…`, `gs://bucket/prefix`. Errors: ARK_USAGE.
 */
export function parseLocationUrl(text: string): LocationSpec {
  return locationOfUrl(text, urlForms);
}

/** Whether one store serves both names: `aws` and `s3`. */
export function isSameProvider(left: string, right: string): boolean {
  return findPlugin(left).name === findPlugin(right).name;
}

/** Whether a provider's store is built in; others may be served by plugins in executables. */
export function hasProvider(provider: string): boolean {
  return objectStores.some(
    ({ plugin, aliases }) => plugin.name === provider || aliases.includes(provider),
  );
}

/** Without I/O. Errors: ARK_CONFIG_INVALID, naming everything that is wrong at once. */
export function checkLocation(location: LocationSpec): void {
  findPlugin(location.provider).parseOptions(location);
}

/** Errors: ARK_CONFIG_INVALID; what the store itself answers comes with its first call. */
export async function openObjectStore(
  location: LocationSpec,
  context: PluginContext,
): Promise<ObjectStore> {
  const plugin = findPlugin(location.provider);
  return plugin.open(plugin.parseOptions(location), context);
}

/** Whether a volume snapshotter of the provider is built in. */
export function hasVolumeSnapshotter(provider: string): boolean {
  return findSnapshotter(provider) !== undefined;
}

/** To be closed by the caller. Errors: ARK_CONFIG_INVALID, also where none is built in. */
export async function openVolumeSnapshotter(
  location: SnapshotLocationSpec,
  context: VolumeSnapshotterContext,
): Promise<VolumeSnapshotter> {
  const plugin = findSnapshotter(location.provider);
  if (plugin !== undefined) return await plugin.open(plugin.parseOptions(location), context);
  throw new ArkError(
    "ARK_CONFIG_INVALID",
    `there is no volume snapshotter for provider ${JSON.stringify(location.provider)}`,
    { advice: "put the provider's plugin for Velero into the plugin folder (--plugin-dir)" },
  );
}

interface BuiltIn {
  readonly name: string;
  readonly kind: "ObjectStore" | "VolumeSnapshotter";
}

/** As a server lists them: those that Velero has under Velero's name. */
export function pluginNames(): readonly BuiltIn[] {
  const named = (kind: BuiltIn["kind"], all: typeof objectStores | typeof volumeSnapshotters) =>
    all.map(({ plugin, aliases }) => ({
      name: aliases.findLast((alias) => alias.includes("/")) ?? plugin.name,
      kind,
    }));
  return [...named("ObjectStore", objectStores), ...named("VolumeSnapshotter", volumeSnapshotters)];
}

function findSnapshotter(provider: string): VolumeSnapshotterPlugin | undefined {
  return volumeSnapshotters.find(
    ({ plugin, aliases }) => plugin.name === provider || aliases.includes(provider),
  )?.plugin;
}

function findPlugin(provider: string): ObjectStorePlugin {
  const found = objectStores.find(
    ({ plugin, aliases }) => plugin.name === provider || aliases.includes(provider),
  );
  if (found !== undefined) return found.plugin;
  const names = objectStores.map(({ plugin, aliases }) => [plugin.name, ...aliases].join(" or "));
  throw new ArkError(
    "ARK_CONFIG_INVALID",
    `there is no object store for provider ${JSON.stringify(provider)}`,
    { advice: `providers of this version: ${names.join("; ")}` },
  );
}
