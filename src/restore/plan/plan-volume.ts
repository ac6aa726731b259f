import type { PlannedVolume } from "../../domain/restore/planned-item.ts";
import type { ExaminedObject } from "../../domain/restore/target-findings/facts.ts";
import type { TargetFinding } from "../../domain/restore/target-findings/finding.ts";
import { about } from "../../domain/restore/target-findings/rule.ts";
import type { Assessment, Assessor } from "../apply/assess-item.ts";
import { sourceOf } from "../natives/source-of.ts";

/** Of what a PersistentVolume that is made gets its volume; undefined: of nothing. */
export function planVolume(
  { work, decision }: Assessment,
  run: Pick<Assessor, "plan" | "ports">,
): PlannedVolume | undefined {
  const source = sourceOf(work, run);
  const isMade = ["create", "recreate", "wait"].includes(decision.action);
  if (source === undefined || !isMade) return undefined;
  const { location, snapshotId: snapshot } = source;
  const found = run.ports.snapshotLocations?.all.find(({ name }) => name === location);
  const provider = found && { provider: found.provider };
  return { method: "native-snapshot", snapshot, location, ...provider };
}

type Named = Pick<ExaminedObject, "resource" | "kind" | "namespace" | "name">;

/** What a run will fail on. */
export function volumeFindings(
  object: Named,
  volume: PlannedVolume | undefined,
): readonly TargetFinding[] {
  if (volume === undefined) return [];
  const { snapshot, location, provider } = volume;
  const tell = (message: string, advice: string): readonly TargetFinding[] => [
    { severity: "warning", code: "volume-not-restorable", message, advice, ...about(object) },
  ];
  const without = "or leave its data where it is, with --restore-volumes=false";
  if (snapshot === "") {
    const message =
      "its native snapshot failed when the backup was made: no volume can be made of it";
    return tell(message, `take it from another backup; ${without}`);
  }
  if (provider !== undefined) return [];
  const message = `its data is in native snapshot "${snapshot}" of volume snapshot location "${location}", which is not here: it will not be made`;
  return tell(
    message,
    `make the location as it was: ark-ts snapshot-location create ${location} --provider …; ${without}`,
  );
}
