import { createShape } from "./json-shape.ts";
import { decodeList, encodeList } from "./side-files.ts";

const states = ["protected", "left-out", "unprotected"] as const;
const kinds = ["claim", "pod-volume", "persistent-volume"] as const;

/** One volume of `ark-volumes.json.gz`: what protects its data, or why nothing does. */
export interface VolumeRecord {
  readonly kind: (typeof kinds)[number];
  /** Absent for a persistent volume. */
  readonly namespace?: string;
  /** Of the claim or the persistent volume; absent for a volume of a pod. */
  readonly name?: string;
  /** Of a volume of a pod. */
  readonly pod?: string;
  /** What the pod calls the volume; of a claim, its persistent volume, where it has one. */
  readonly volume?: string;
  readonly state: (typeof states)[number];
  /** What was decided, whether it was carried out or not; absent: nothing was. */
  readonly method?: string;
  /** What decided: `filter`, `policy`, `annotation`, `flag`, `default` or `volume`. */
  readonly by: string;
  /** With `policy`: the index of the rule. */
  readonly rule?: number;
  /** A clause for people. */
  readonly why: string;
}

/** The file with the volumes of a backup. */
export function encodeVolumes(volumes: readonly VolumeRecord[]): Promise<Buffer> {
  return encodeList(volumes);
}

/** Errors: ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT. */
export async function decodeVolumes(
  compressed: Uint8Array,
  name: string,
): Promise<readonly VolumeRecord[]> {
  const list = await decodeList(compressed, name);
  return list.map((entry, index) => volumeRecord(entry, `${index}`, name));
}

function volumeRecord(
  entry: Readonly<Record<string, unknown>>,
  where: string,
  name: string,
): VolumeRecord {
  const shape = createShape("ARK_BACKUP_FORMAT", name);
  const optional = ["namespace", "name", "pod", "volume", "method"].flatMap((key) =>
    entry[key] === undefined ? [] : [[key, shape.text(entry[key], `${where}.${key}`)]],
  );
  const { rule } = entry;
  return {
    kind: shape.oneOf(entry["kind"], `${where}.kind`, kinds),
    ...Object.fromEntries(optional),
    state: shape.oneOf(entry["state"], `${where}.state`, states),
    by: shape.text(entry["by"], `${where}.by`),
    ...(rule === undefined ? {} : { rule: shape.count(rule, `${where}.rule`) }),
    why: shape.text(entry["why"], `${where}.why`, 65_536),
  };
}
