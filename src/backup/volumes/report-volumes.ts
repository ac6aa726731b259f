import type { RunLog } from "../../catalog/run-log.ts";
import { unknownAnnotatedVolumes } from "../../domain/volumes/fs-backup.ts";
import { subjectText } from "../../domain/volumes/volume-decision.ts";
import type { PodFacts } from "../../domain/volumes/volume-facts.ts";
import type { VolumeRecord } from "../../format/volume-coverage.ts";
import { subjectOf } from "./subject-of.ts";

/** Named in one sentence; `describe` names them all. */
const named = 3;
const toldOneByOne = 20;

export interface VolumesToReport {
  readonly records: readonly VolumeRecord[];
  readonly pods: readonly PodFacts[];
  readonly required: boolean | undefined;
}

/** One finding for all volumes that nothing protects, and annotations that name none. */
export function reportVolumes({ records, pods, required }: VolumesToReport, log: RunLog): void {
  const unprotected = records.filter(({ state }) => state === "unprotected");
  if (unprotected.length > 0) {
    const count = unprotected.length === 1 ? "1 volume is" : `${unprotected.length} volumes is`;
    const names = unprotected.slice(0, named).map((record) => subjectText(subjectOf(record)));
    const rest = unprotected.length - names.length;
    const list = `${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
    log.find({
      severity: required === true ? "error" : "warning",
      code: "ARK_VOLUME_UNPROTECTED",
      message: `the data of ${count} NOT PROTECTED: ${list}; ${unprotected.length === 1 ? "" : "of the first: "}${unprotected[0]?.why}`,
      ...(required === true && {
        advice:
          "what need not be kept can be left out by a volume policy with action skip; where nothing asks for data (--require-coverage; of a server: snapshotMoveData, defaultVolumesToFsBackup) this is a warning",
      }),
    });
  }
  const unknown = pods.flatMap((pod) =>
    unknownAnnotatedVolumes(pod).map(({ annotation, volume }) => ({ pod, annotation, volume })),
  );
  for (const { pod, annotation, volume } of unknown.slice(0, toldOneByOne)) {
    const { namespace, name } = pod;
    log.find({
      severity: "warning",
      code: "ARK_VOLUME_UNKNOWN",
      resource: "pods",
      namespace,
      name,
      message: `annotation ${annotation} of pod ${namespace}/${name} names volume "${volume}", which the pod does not have`,
    });
  }
  if (unknown.length > toldOneByOne) {
    log.find({
      severity: "warning",
      code: "ARK_VOLUME_UNKNOWN",
      message: `${unknown.length - toldOneByOne} more names of volumes in annotations are of no volume of their pod`,
    });
  }
}
