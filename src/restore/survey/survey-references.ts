import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import type { RestoreSelection } from "../../domain/restore/selection.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { arrayAt, objectAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { objectKey } from "../apply/object-key.ts";
import { readObject } from "../apply/read-object.ts";

const claims = "persistentvolumeclaims";
const priorityClasses = "priorityclasses.scheduling.k8s.io";

/**
 * Objects that others refer to and that the filters alone would leave behind: claims and priority
 * classes of pods, volumes of bound claims (Velero's additional items). Asked only when labels or
 * resource policies select, or when cluster-scoped kinds are not taken as a rule.
 */
export async function surveyReferences(
  backup: OpenedBackup,
  selection: RestoreSelection,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const pulledIn = new Set<string>();
  const { hasSelectors, hasItemFilters, allClusterScoped } = selection;
  if (!hasSelectors && !hasItemFilters && allClusterScoped) return pulledIn;
  const selected = (line: IndexLine): boolean =>
    selection.includes(line.resource, line.namespace ?? "", line.name);
  const pull = (resource: string, namespace: string, name: string): void => {
    if (name !== "" && selection.mayPullIn(resource, namespace)) {
      pulledIn.add(objectKey(resource, namespace, name));
    }
  };
  const hasLabels = ({ resource, namespace = "" }: IndexLine, object: JsonObject): boolean =>
    selection.includesLabels(resource, namespace, labelsOf(object));
  const pods = backup.entries((line) => line.resource === "pods" && selected(line), signal);
  for await (const { line, bytes } of pods) {
    const pod = readObject(bytes, `Pod "${line.namespace}/${line.name}" of the backup`);
    if (!hasLabels(line, pod) || isCompleted(pod)) continue;
    for (const volume of arrayAt(pod, ["spec", "volumes"])) {
      pull(claims, line.namespace ?? "", textAt(volume, ["persistentVolumeClaim", "claimName"]));
    }
    pull(priorityClasses, "", textAt(pod, ["spec", "priorityClassName"]));
  }
  const key = (line: IndexLine): string => objectKey(claims, line.namespace ?? "", line.name);
  const taken = backup.entries(
    (line) => line.resource === claims && (selected(line) || pulledIn.has(key(line))),
    signal,
  );
  for await (const { line, bytes } of taken) {
    const claim = readObject(bytes, `claim "${line.namespace}/${line.name}" of the backup`);
    if (!pulledIn.has(key(line)) && !hasLabels(line, claim)) continue;
    if (textAt(claim, ["status", "phase"]) !== "Bound") continue;
    pull("persistentvolumes", "", textAt(claim, ["spec", "volumeName"]));
  }
  return pulledIn;
}

/** uids of the Jobs that the restore makes again; their pods are left to them. */
export async function surveyJobs(
  backup: OpenedBackup,
  selection: RestoreSelection,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const uids = new Set<string>();
  const isJob = (line: IndexLine): boolean =>
    line.resource === "jobs.batch" &&
    selection.includes(line.resource, line.namespace ?? "", line.name);
  if (!selection.hasSelectors) {
    for await (const line of backup.index(signal)) if (isJob(line)) uids.add(line.uid);
    return uids;
  }
  for await (const { line, bytes } of backup.entries(isJob, signal)) {
    const job = readObject(bytes, `Job "${line.namespace}/${line.name}" of the backup`);
    const { resource, namespace = "" } = line;
    if (selection.includesLabels(resource, namespace, labelsOf(job))) uids.add(line.uid);
  }
  return uids;
}

export function labelsOf(object: JsonObject): Readonly<Record<string, string>> {
  return objectAt(object, ["metadata", "labels"]) as Readonly<Record<string, string>>;
}

function isCompleted(pod: JsonObject): boolean {
  const phase = textAt(pod, ["status", "phase"]);
  return phase === "Succeeded" || phase === "Failed";
}
