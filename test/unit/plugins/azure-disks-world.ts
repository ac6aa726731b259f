/** A snapshotter for Azure's disks before the double of its Resource Manager, and a clock that jumps. */
import { azureDiskPlugin } from "../../../plugins/volume-snapshotter-azure/plugin.ts";
import { zoneOfVolume } from "../../../src/domain/volumes/native/zone-of-volume.ts";
import type { LogLevel } from "../../../src/ports/log.ts";
import type { VolumeSnapshotter } from "../../../src/ports/volume-snapshotter.ts";
import { type ArmDouble, startArmDouble } from "../../support/arm-double.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

export interface AzureDisksWorld {
  readonly double: ArmDouble;
  readonly snapshotter: VolumeSnapshotter;
  /** As another process has it: nothing is kept but what lies at Azure. */
  again(): Promise<VolumeSnapshotter>;
  /** What was slept, in milliseconds. */
  readonly slept: readonly number[];
  readonly told: { readonly level: LogLevel; readonly message: string; readonly fields: object }[];
}

export const how = { signal: new AbortController().signal };

export async function withAzure(
  run: (world: AzureDisksWorld) => Promise<void>,
  config: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const double = await startArmDouble();
  const clock = createVirtualClock({ jump: true, startMs: Date.now() });
  const told: AzureDisksWorld["told"] = [];
  const log = {
    write: (level: LogLevel, message: string, fields: object = {}) =>
      void told.push({ level, message, fields }),
  };
  const opened: VolumeSnapshotter[] = [];
  const open = async (): Promise<VolumeSnapshotter> => {
    const options = azureDiskPlugin.parseOptions({ name: "disks", provider: "azure", config });
    const context = {
      ...{ env: { ...double.env, ...env }, homeDirectory: "/none", clock, zoneOf: zoneOfVolume },
      log: log as never,
    };
    const snapshotter = await azureDiskPlugin.open(options, context);
    opened.push(snapshotter);
    return snapshotter;
  };
  try {
    await run({ double, snapshotter: await open(), again: open, slept: clock.slept, told });
  } finally {
    for (const snapshotter of opened) await snapshotter.close();
    await double.stop();
  }
}

/** What a backup asks for of a disk. */
export const requestFor = (volumeId: string) => ({
  ...{ volumeId, zone: "westeurope-2", tags: { "velero.io/backup": "b", "velero.io/pv": "p" } },
  idempotencyKey: "run/pv-1",
});

/** What a restore asks for of a snapshot. */
export const volumeOf = (snapshotId: string) => ({
  ...{ snapshotId, zone: "westeurope-2", volumeType: "Premium_LRS" },
  idempotencyKey: "restore/pv-1",
});
