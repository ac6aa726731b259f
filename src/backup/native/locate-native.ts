import { groupResource } from "../../api/resource-kind.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { persistentVolumes } from "../../domain/references/edges.ts";
import { chooseLocations } from "../../domain/volumes/native/choose-locations.ts";
import type { VolumeSubject } from "../../domain/volumes/volume-decision.ts";
import type { NativeSnapshotStep } from "../../format/native-snapshot-step.ts";
import { ArkError, toArkError } from "../../lib/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../lib/json-text.ts";
import {
  noLocations,
  type OpenLocations,
  openLocations,
} from "../../volumes/native/open-locations.ts";
import {
  type FoundLocation,
  findLocation,
  type OpenLocation,
} from "../../volumes/native/take-native-snapshot.ts";
import type { BackupPorts, BackupRequest } from "../backup-run.ts";
import { endsTheRun } from "../list-kind.ts";
import type { PlannedRun } from "../plan-run.ts";
import type { PlannedNative } from "./planned-native.ts";

/** Why nothing comes of native snapshots where there is nowhere to make them. */
export const noLocation = "there is no volume snapshot location";
export const nobodys = "no volume snapshotter takes it as its own";

export interface LocatorRun {
  readonly request: Pick<BackupRequest, "spec">;
  readonly ports: Pick<BackupPorts, "cluster" | "clock" | "snapshotLocations">;
  readonly log: RunLog;
  readonly run: Pick<PlannedRun, "discovery">;
}

/** Finds the provider of each volume, among the locations that a backup uses. */
export interface NativeLocator {
  /** False: there is no location. */
  readonly isActive: boolean;
  /**
   * Undefined: every location says that the volume is not its own, as a hostPath is nobody's.
   * Errors: ARK_CONFIG_INVALID where the locations contradict each other, ARK_SNAPSHOT_FAILED where
   * nobody can say, those of the API server.
   */
  locate(one: PlannedNative, signal: AbortSignal): Promise<FoundLocation | undefined>;
  /** Errors: ARK_CONFIG_INVALID where there is no such location, those of opening it. */
  open(location: string, signal: AbortSignal): Promise<OpenLocation>;
  /** Ends the snapshotters. */
  close(): Promise<void>;
}

export function openNativeLocator(options: LocatorRun): NativeLocator {
  const { request, ports, log } = options;
  const all = ports.snapshotLocations?.all ?? [];
  const { locations, problems } = chooseLocations(request.spec.volumeSnapshotLocations ?? [], all);
  const opened = openLocations(ports.snapshotLocations ?? noLocations, ports.clock);
  return {
    isActive: all.length > 0,
    async locate(one, signal) {
      if (problems.length > 0) {
        const advice = "name one of each provider with --volume-snapshot-locations";
        throw new ArkError("ARK_CONFIG_INVALID", problems.join("; "), { advice });
      }
      const { name } = one.volume;
      const volume = await readVolume(name, options, signal);
      let isUnsure = false;
      const onFailure = (location: string, error: ArkError): void => {
        isUnsure = true;
        const said = [error.message, error.answer].filter(Boolean).join(": ");
        const message = `volume snapshot location "${location}" cannot say whether volume ${name} is its own: ${said}`;
        log.find({ ...placeOfOne(one), severity: "warning", code: "ARK_SNAPSHOT_FAILED", message });
      };
      const usable = await openAll(locations, opened, signal);
      const found = await findLocation(volume, usable.locations, onFailure, signal);
      if (found !== undefined || (usable.problems.length === 0 && !isUnsure)) return found;
      const answer = usable.problems.length === 0 ? {} : { answer: usable.problems.join("; ") };
      throw new ArkError("ARK_SNAPSHOT_FAILED", nobodys, answer);
    },
    open: opened.get,
    close: opened.close,
  };
}

/** The persistent volume that a decision is about; undefined: it has none. */
export function volumeOf(subject: VolumeSubject): string | undefined {
  if (subject.kind === "claim") return subject.volume;
  return subject.kind === "persistent-volume" ? subject.name : undefined;
}

/** Answers why there is no snapshot, as a clause. Errors: those after which nothing goes on. */
export function tellFailure(
  one: PlannedNative,
  thrown: unknown,
  log: RunLog,
  signal: AbortSignal,
): string {
  signal.throwIfAborted();
  const error = toArkError(thrown);
  if (endsTheRun.has(error.code) || error.code === "ARK_NAME_LOST") throw error;
  const why = [error.message, error.answer].filter(Boolean).join(": ");
  const message = `no snapshot of volume ${one.volume.name}: ${why}`;
  const advice = error.advice === undefined ? {} : { advice: error.advice };
  log.find({
    ...placeOfOne(one),
    severity: "error",
    code: "ARK_SNAPSHOT_FAILED",
    message,
    ...advice,
  });
  return why;
}

const placeOfOne = ({ volume, ...rest }: PlannedNative) =>
  placeOf({ ...rest, volume: volume.name });

/** Of what a finding about a native snapshot is told: its claim, else its volume. */
export function placeOf({
  volume,
  namespace,
  claim,
}: Pick<NativeSnapshotStep, "volume" | "namespace" | "claim">) {
  if (claim === "") return { resource: persistentVolumes, namespace: "", name: volume };
  return { resource: "persistentvolumeclaims", namespace, name: claim };
}

async function readVolume(
  name: string,
  { ports, run }: LocatorRun,
  signal: AbortSignal,
): Promise<JsonObject> {
  const kind = run.discovery.kinds.find((one) => groupResource(one) === persistentVolumes);
  const object = kind && (await ports.cluster.get({ kind, namespace: "", name }, { signal }));
  const value = object && parseJson(object.bytes.toString("utf8"));
  if (value !== undefined && isJsonObject(value)) return value;
  throw new ArkError("ARK_SNAPSHOT_FAILED", "its persistent volume is gone");
}

interface UsableLocations {
  readonly locations: readonly OpenLocation[];
  /** Of the others: why they cannot be used. */
  readonly problems: readonly string[];
}

async function openAll(
  locations: readonly { readonly name: string }[],
  opened: OpenLocations,
  signal: AbortSignal,
): Promise<UsableLocations> {
  const all: OpenLocation[] = [];
  const problems: string[] = [];
  for (const { name } of locations) {
    try {
      all.push(await opened.get(name, signal));
    } catch (thrown) {
      signal.throwIfAborted();
      const { message, answer } = toArkError(thrown);
      const said = answer === undefined ? "" : `: ${answer}`;
      problems.push(`volume snapshot location "${name}" cannot be used: ${message}${said}`);
    }
  }
  return { locations: all, problems };
}
