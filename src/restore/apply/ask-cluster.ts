import { describeLine } from "../../catalog/damage.ts";
import { openBackup } from "../../catalog/open-backup.ts";
import type { BackupEntry, OpenedBackup } from "../../catalog/opened-backup.ts";
import { endsTheRun, mayPassLater } from "../../domain/restore/retry.ts";
import { shortRefusal } from "../../domain/restore/short-refusal.ts";
import { transformItem } from "../../domain/restore/transform.ts";
import type { VolumeFate } from "../../domain/restore/volume-fate.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { toArkError } from "../../lib/errors.ts";
import { forEachConcurrently } from "../../lib/for-each-concurrently.ts";
import { ApiError, type Cluster } from "../../ports/cluster.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { honoursDryRun } from "../survey/dry-run-kinds.ts";
import { surveyVolumes } from "../survey/survey-volumes.ts";
import { discoverTargetKinds, type TargetKinds } from "../survey/target-kinds.ts";
import { encodeObject } from "./apply-decision.ts";
import { readObject } from "./read-object.ts";

export interface AskClusterOptions {
  readonly cluster: Cluster;
  /** Above 0 and at most 100: how many objects of each kind are asked for; at least one. */
  readonly percent: number;
  /** As for the sample of the archive: other seeds draw other objects. */
  readonly seed: number;
  /** At most this many objects in all. Default 1,000. */
  readonly maxObjects?: number;
  readonly signal: AbortSignal;
}

/** What the API server of a cluster says to a sample of a backup's objects. */
export interface ClusterAnswers {
  readonly drawn: number;
  readonly ofObjects: number;
  /** It would create them, or has one of that name and finds nothing wrong with the backup's. */
  readonly accepted: number;
  readonly refused: readonly { readonly object: string; readonly reason: string }[];
  /** Objects that only a real restore could ask for, by reason. */
  readonly notAsked: readonly { readonly reason: string; readonly objects: number }[];
}

const defaultMaxObjects = 1_000;
const askedAtOnce = 8;

/**
 * Draws objects of every kind and lets the API server judge them by server-side dry-run, as a
 * restore would send them. Nothing is written: a kind whose server may ignore `dryRun` is not
 * asked. Objects that are damaged are passed over; verifying tells of them.
 * Errors: those of opening a backup, of the store, of discovery, and an API server that is gone.
 */
export async function askCluster(
  store: ObjectStore,
  name: string,
  options: AskClusterOptions,
): Promise<ClusterAnswers> {
  const { cluster, signal } = options;
  const backup = await openBackup(store, name, { signal });
  const kinds = await discoverTargetKinds(cluster, signal);
  const counts = await countKinds(backup, signal);
  const volumes = await surveyVolumes(
    backup,
    store,
    { allowDamaged: true, restoresData: true },
    signal,
  );
  const asking = startAsking(cluster, kinds, volumes, signal);
  const drawn = drawLines(counts, options);
  const entries = backup.entries(drawn.wanted, signal, () => {});
  await forEachConcurrently(entries, { limit: askedAtOnce }, asking.ask, signal);
  const ofObjects = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { drawn: drawn.count(), ofObjects, ...asking.answers() };
}

async function countKinds(
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const { resource } of backup.index(signal)) {
    counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  return counts;
}

/** Every n-th line of each kind, beginning where the seed says. */
function drawLines(
  counts: ReadonlyMap<string, number>,
  { percent, seed, maxObjects = defaultMaxObjects }: AskClusterOptions,
): { readonly wanted: (line: IndexLine) => boolean; readonly count: () => number } {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const share = Math.min(percent / 100, maxObjects / Math.max(1, total));
  const seen = new Map<string, number>();
  let drawn = 0;
  const wanted = ({ resource }: IndexLine): boolean => {
    const count = counts.get(resource) ?? 1;
    const step = Math.max(1, Math.min(count, Math.ceil(1 / share)));
    const at = seen.get(resource) ?? 0;
    seen.set(resource, at + 1);
    if (at % step !== seed % step || drawn >= maxObjects) return false;
    drawn += 1;
    return true;
  };
  return { wanted, count: () => drawn };
}

/** What is known of one object after it was asked for, or not. */
type Answer =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "not asked"; readonly reason: string };

function startAsking(
  cluster: Cluster,
  kinds: TargetKinds,
  volumes: ReadonlyMap<string, VolumeFate>,
  signal: AbortSignal,
) {
  let accepted = 0;
  const refused: { object: string; reason: string }[] = [];
  const notAsked = new Map<string, number>();
  const honours = honoursDryRun(cluster, kinds, signal);
  const answerFor = async ({ line, bytes }: BackupEntry): Promise<Answer> => {
    const kind = kinds.find(line.resource, line.version);
    if (kind === undefined) {
      return { kind: "not asked", reason: `${line.version} ${line.kind} is not served here` };
    }
    if (!(await honours(kind))) {
      return { kind: "not asked", reason: `the server of ${line.resource} may ignore dry-run` };
    }
    const transformed = transformItem({
      backedUp: readObject(bytes, describeLine(line)),
      context: {
        resource: line.resource,
        mapNamespace: (namespace) => namespace,
        preserveNodePorts: false,
        volumes,
        restoredJobs: new Set(),
      },
      targetNamespace: line.namespace ?? "",
      restoresStatus: false,
    });
    if (transformed.kind === "left out") {
      return { kind: "not asked", reason: `a restore leaves them out: ${transformed.reason}` };
    }
    const ref = { kind, namespace: line.namespace ?? "", name: line.name };
    const body = encodeObject(transformed.desired);
    try {
      await cluster.create(ref, body, { dryRun: true, signal });
      return { kind: "accepted" };
    } catch (thrown) {
      return judge(thrown);
    }
  };
  return {
    async ask(entry: BackupEntry): Promise<void> {
      const answer = await answerFor(entry);
      if (answer.kind === "accepted") accepted += 1;
      else if (answer.kind === "refused") {
        refused.push({ object: describeLine(entry.line), reason: answer.reason });
      } else notAsked.set(answer.reason, (notAsked.get(answer.reason) ?? 0) + 1);
    },
    answers: (): Omit<ClusterAnswers, "drawn" | "ofObjects"> => ({
      accepted,
      refused,
      notAsked: [...notAsked].map(([reason, objects]) => ({ reason, objects })),
    }),
  };
}

/** Rethrows what no other object would fare better with. */
function judge(thrown: unknown): Answer {
  const error = toArkError(thrown);
  if (!(error instanceof ApiError) || endsTheRun(error.code)) throw error;
  const { reason, serverMessage, status } = error.api;
  if (reason === "AlreadyExists") return { kind: "accepted" };
  if (status === 404) {
    return { kind: "not asked", reason: "their namespace, or what they need, is not there yet" };
  }
  if (status === 403 && mayPassLater({ code: error.code, status, serverMessage })) {
    return { kind: "not asked", reason: "what admission asks of them is not there yet" };
  }
  return { kind: "refused", reason: shortRefusal(serverMessage || error.message) };
}
