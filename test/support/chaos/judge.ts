/** What is wrong after the leader was lost again and again, by what stood in the cluster before. */
import { verifyBackup } from "../../../src/catalog/verify-backup.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import type { MinioDetails } from "../../testbed/minio-access.ts";
import type { AuditEvent } from "../../testbed/node/audit.ts";
import { veleroMarks } from "../exchange/velero-marks.ts";
import type { KubeClient } from "../kube-client.ts";
import { type ClusterState, readClusterState, type StateScope } from "../oracle/cluster-state.ts";
import { compareStates } from "../oracle/compare-states.ts";
import { ignoredFields } from "../oracle/expected-differences.ts";
import { openS3 } from "../s3-location.ts";
import { archiveFaults } from "./archive-faults.ts";
import type { Loss } from "./leader-losses.ts";
import { countTakenOver, createdTwice, leftovers, sealedOtherThanOnce } from "./records.ts";
import type { StoreWrite } from "./slow-store.ts";
import type { Pair } from "./stream.ts";
import { apiWrites, type PodWrite, termsOf, writesOutsideTerms } from "./terms.ts";

export interface ChaosRecord {
  readonly client: KubeClient;
  /** The server's. */
  readonly namespace: string;
  readonly bucket: string;
  readonly minio: MinioDetails;
  readonly pairs: readonly Pair[];
  readonly losses: readonly Loss[];
  /** The sources, before the first Backup. */
  readonly first: ClusterState;
  readonly includes: NonNullable<StateScope["includes"]>;
  readonly storeWrites: readonly StoreWrite[];
  readonly audit: readonly AuditEvent[];
}

export interface Judgement {
  /** Sentences; empty where all is well. */
  readonly faults: readonly string[];
  /** Runs that one process began and another went on with. */
  readonly takenOver: number;
  /** Figures, for whoever reads the test's output. */
  readonly summary: string;
}

export async function judgeChaos(record: ChaosRecord): Promise<Judgement> {
  const { pairs, losses, storeWrites, audit, namespace } = record;
  const store = await openS3(record.minio, { bucket: record.bucket });
  const writers = judgeWriters(record);
  const targets = pairs.map(({ target }) => target);
  const faults = [
    ...pairs.flatMap(phaseFaults),
    ...sealedOtherThanOnce(storeWrites, pairs),
    ...createdTwice(audit, { namespace, targets }),
    ...(await archivesOf(record, store)),
    ...(await restoresOf(record)),
    ...(await leftovers(store)),
    ...writers.faults,
  ];
  await store.close();
  const takenOver = countTakenOver(storeWrites);
  const of = (kind: Loss["kind"]) => losses.filter((loss) => loss.kind === kind).length;
  const summary = [
    `${pairs.length} backups and ${pairs.length} restores`,
    `leader lost ${losses.length} times (pod deleted ${of("delete")}, killed ${of("kill")}, stopped ${of("stop")})`,
    `${writers.terms} terms`,
    `${takenOver} runs taken over`,
    writers.summary,
  ].join("; ");
  return { faults, takenOver, summary };
}

function phaseFaults({ backup, restore, backupStatus, restoreStatus }: Pair): readonly string[] {
  const faults = [];
  const { phase, progress, errors = 0, warnings = 0 } = backupStatus;
  const isWhole = progress?.totalItems === progress?.itemsBackedUp;
  if (phase !== "Completed" || errors + warnings > 0 || !isWhole) {
    faults.push(`Backup ${backup}: ${JSON.stringify(backupStatus)}`);
  }
  const { errors: failed = 0, warnings: told = 0, phase: end } = restoreStatus;
  if (end !== "Completed" || failed + told > 0) {
    faults.push(`Restore ${restore}: ${JSON.stringify(restoreStatus)}`);
  }
  return faults;
}

async function archivesOf(
  { pairs, first }: ChaosRecord,
  store: ObjectStore,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const { signal } = new AbortController();
  for (const { backup, source, backupStatus } of pairs) {
    const { ok, damages } = await verifyBackup(store, backup, { level: "objects", signal });
    if (!ok) faults.push(`Backup ${backup} is damaged: ${JSON.stringify(damages)}`);
    const counted = backupStatus.progress?.itemsBackedUp ?? 0;
    faults.push(...(await archiveFaults({ store, backup, source, counted }, first)));
  }
  return faults;
}

async function restoresOf(record: ChaosRecord): Promise<readonly string[]> {
  const { client, pairs, first, includes } = record;
  const after = await readClusterState(client, { includes });
  const fields = [...ignoredFields, ...veleroMarks];
  return pairs.flatMap(({ restore, source, target }) => {
    const before = new Map(
      [...first].filter(([, { namespace, name }]) => (namespace || name) === source),
    );
    const isOfTarget = (one: { namespace: string; name: string }) =>
      (one.namespace || one.name) === target;
    const made = new Map([...after].filter(([, one]) => isOfTarget(one)));
    const mapped = { namespaceMapping: { [source]: target }, fields };
    const { differences, compared } = compareStates(before, made, mapped);
    const found = differences.map((one) => `Restore ${restore}: ${one}`);
    if (compared < 15) found.push(`Restore ${restore}: only ${compared} objects to compare`);
    if (made.size > before.size) {
      const known = new Set(
        [...before.values()].map(({ resource, name }) => `${resource} ${name}`),
      );
      const more = [...made.values()]
        .filter(({ resource, name }) => !known.has(`${resource} ${name}`))
        .map(({ resource, name }) => `${resource} ${name}`)
        .filter((one) => one !== `namespaces ${target}`);
      found.push(...more.map((one) => `Restore ${restore}: ${one} was not there before`));
    }
    return found;
  });
}

interface Writers {
  readonly faults: readonly string[];
  readonly terms: number;
  readonly summary: string;
}

/** Whoever does not hold the Lease writes nothing: by the records of API server and store. */
function judgeWriters({ audit, namespace, storeWrites, losses }: ChaosRecord): Writers {
  const terms = termsOf(audit, namespace, "ark-ts");
  const toApi = apiWrites(audit, { namespace, name: "ark-ts" });
  const pods = podsByAddress(audit, namespace);
  const toStore = storeWrites.map(({ atMs, from, method, url }) => {
    return { atMs, pod: pods.get(from) ?? `unknown pod of ${from}`, what: `${method} ${url}` };
  });
  const writes: readonly PodWrite[] = [...toApi, ...toStore];
  const outside = writesOutsideTerms(writes, terms);
  const faults = outside.map(
    ({ pod, what, atMs }) => `${pod} did not lead and wrote at ${new Date(atMs).toJSON()}: ${what}`,
  );
  const superseded = losses.filter(({ kind, holder, atMs, wokenMs = 0 }) => {
    const next = terms.find(({ fromMs }) => fromMs > atMs);
    return kind === "stop" && next !== undefined && next.holder !== holder && next.fromMs < wokenMs;
  });
  // Who stands by is waited for in vain where none was ever overtaken in its sleep.
  if (superseded.length === 0) faults.push("no leader was stopped that another took over from");
  const count = (list: readonly PodWrite[]) => `${list.length}`;
  return {
    faults,
    terms: terms.length,
    summary: `${superseded.length} leaders woke up deposed; of ${count(toApi)} writes to the API server and ${count(toStore)} to the store ${outside.length} came from who did not lead`,
  };
}

/** By the address of each pod, which is not given out again in so short a time. */
function podsByAddress(
  audit: readonly AuditEvent[],
  namespace: string,
): ReadonlyMap<string, string> {
  const pods = new Map<string, string>();
  for (const event of audit) {
    if (event.user.username !== `system:serviceaccount:${namespace}:ark-ts`) continue;
    const pod = event.user.extra?.["authentication.kubernetes.io/pod-name"]?.[0];
    const [address] = event.sourceIPs ?? [];
    if (pod === undefined || address === undefined) continue;
    const other = pods.get(address);
    if (other !== undefined && other !== pod) throw new Error(`${address}: ${other} and ${pod}`);
    pods.set(address, pod);
  }
  return pods;
}
