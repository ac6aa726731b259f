import { hasVolumeSnapshotter, openVolumeSnapshotter } from "../../plugins/registry.ts";
import { recordPlugins } from "../adapters/plugin-host/record-plugins.ts";
import { openPluginVolumeSnapshotter } from "../adapters/plugin-host/volume-snapshotter/open-volume-snapshotter.ts";
import type { VolumeSnapshotLocation } from "../api/volume-snapshot-location.ts";
import { zoneOfVolume } from "../domain/volumes/native/zone-of-volume.ts";
import { ArkError } from "../lib/errors.ts";
import type { PluginContext } from "../plugin-sdk/object-store-plugin.ts";
import { fullPluginName } from "../plugin-wire/plugin-kinds.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { SnapshotLocations } from "../ports/snapshot-locations.ts";
import type { CredentialFiles } from "./credential-files.ts";
import { readSecretKey } from "./read-secret.ts";
import type { ServerPlugins } from "./server-plugins.ts";

export interface SnapshotLocationPorts {
  readonly cluster: Pick<ClusterReader, "get">;
  readonly namespace: string;
  readonly locations: Iterable<VolumeSnapshotLocation>;
  readonly credentials: CredentialFiles;
  /** What a snapshotter that is built in may use. */
  readonly plugin: PluginContext;
  /**
   * The program that serves the volume snapshotter of this name; undefined: none does. It goes
   * before one that is built in.
   */
  findSnapshotter(plugin: string): ServedSnapshotter | Promise<ServedSnapshotter>;
}

type ServedSnapshotter = ReturnType<ServerPlugins["findSnapshotter"]>;

/** The VolumeSnapshotLocations of a namespace, as they stand at the call. */
export function snapshotLocationsNow(ports: SnapshotLocationPorts): SnapshotLocations {
  const { locations, cluster, namespace, credentials } = ports;
  const found = new Map<string, VolumeSnapshotLocation>();
  for (const location of locations) found.set(location.metadata.name, location);
  const names = [...found.keys()].sort();
  return {
    all: names.map((name) => ({ name, provider: found.get(name)?.spec.provider ?? "" })),
    async open(name, signal) {
      const location = found.get(name);
      if (location === undefined) {
        throw new ArkError(
          "ARK_CONFIG_INVALID",
          `there is no volume snapshot location "${name}" in namespace "${namespace}"`,
          { advice: `make it as it was: ark-ts snapshot-location create ${name} --provider …` },
        );
      }
      const { provider, config: given = {}, credential } = location.spec;
      const plugin = fullPluginName(provider);
      const served = await ports.findSnapshotter(plugin);
      if (served === undefined && !hasVolumeSnapshotter(provider)) {
        throw new ArkError(
          "ARK_CONFIG_INVALID",
          `no plugin here is a volume snapshotter for provider "${provider}" of location "${name}"`,
          { advice: "put the provider's plugin for Velero into the plugin folder (--plugin-dir)" },
        );
      }
      const config: Record<string, string> = { ...given };
      if (credential !== undefined) {
        const secret = await readSecretKey(cluster, namespace, credential, "credential", signal);
        if (secret !== undefined) {
          const file = `${credential.name ?? ""}/${credential.key}`;
          config["credentialsFile"] = await credentials.put(file, secret);
        }
      }
      if (served === undefined) {
        const context = { ...ports.plugin, zoneOf: zoneOfVolume };
        return await openVolumeSnapshotter({ name, provider, config }, context);
      }
      const { command, host } = served;
      const place = { command, plugin, location: name, config, zoneOf: zoneOfVolume };
      return openPluginVolumeSnapshotter(place, host);
    },
    async servedBy(name) {
      const plugin = fullPluginName(found.get(name)?.spec.provider ?? "");
      const served = await ports.findSnapshotter(plugin);
      if (served === undefined) return undefined;
      const one = { kind: "VolumeSnapshotter", name: plugin } as const;
      return (await recordPlugins(served.command.path, [one]))[0];
    },
  };
}
