import { configMapKind } from "../../api/config-map-kind.ts";
import type { ControllerContext, LiveBackup } from "../../controllers/controller-context.ts";
import { hasCode } from "../../lib/errors.ts";
import { decodeJson } from "../../lib/json-text.ts";
import { runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import { valuesOf } from "../../runtime/object-cache.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import { countRuns } from "./count-runs.ts";
import { emptyTally, parseTally, type Tally, tallyText } from "./tally.ts";

/** ConfigMap in the server's namespace, and its key. */
export const tallyName = "ark-ts-metrics";
const tallyKey = "tally.json";

/** Changes come in bursts; nobody scrapes more often. */
const gatherMs = 2_000;

const theOne = "tally";

interface StoredTally {
  readonly tally: Tally;
  /** Empty: it is not stored yet. */
  readonly resourceVersion: string;
}

/** Counts what runs and ends in the namespace, and keeps the counts in the cluster. */
export function createTallyKeeper(context: ControllerContext): {
  readonly runnable: Runnable;
  /** Undefined until it was read. */
  readonly current: () => Tally | undefined;
} {
  const { caches, clock, log } = context;
  const queue = createWorkQueue(clock);
  let stored: StoredTally | undefined;
  const later = (): void => queue.addAfter(theOne, gatherMs);
  const past: Seen = { vanished: new Map(), deleting: new Map() };
  const reconcile = async (_key: string, signal: AbortSignal) => {
    stored ??= await read(context, signal);
    const seen: Seen = { vanished: new Map(past.vanished), deleting: new Map(past.deleting) };
    const tally = countRuns(stored.tally, {
      backups: valuesOf(caches.backups),
      restores: valuesOf(caches.restores),
      deleteRequests: valuesOf(caches.deleteRequests),
      schedules: new Set(valuesOf(caches.schedules).map(({ metadata }) => metadata.name)),
      past: { vanished: seen.vanished.values(), deleting: seen.deleting },
    });
    try {
      if (tally !== stored.tally) stored = await write(context, { ...stored, tally }, signal);
      for (const uid of seen.vanished.keys()) past.vanished.delete(uid);
      for (const uid of seen.deleting.keys()) past.deleting.delete(uid);
    } catch (error) {
      // Somebody has changed it: what stands there counts.
      if (hasCode(error, "ARK_API_CONFLICT") || hasCode(error, "ARK_API_NOT_FOUND")) {
        stored = undefined;
      }
      throw error;
    }
    return undefined;
  };
  return {
    current: () => stored?.tally,
    runnable: {
      name: "metrics-tally",
      async run(life, ready) {
        ready();
        queue.add(theOne);
        follow(caches, past, later);
        await runController({ name: "metrics-tally", queue, reconcile, log }, life);
      },
    },
  };
}

interface Seen {
  readonly vanished: Map<string, LiveBackup>;
  readonly deleting: Map<string, string>;
}

/** Notes what would be missed between two looks: backups and deletions that come and go. */
function follow(caches: ControllerContext["caches"], past: Seen, changed: () => void): void {
  caches.backups.onChange(({ before, after }) => {
    if (before !== undefined && after === undefined) {
      past.vanished.set(before.metadata.uid ?? "", before);
    }
    changed();
  });
  caches.deleteRequests.onChange(({ after }) => {
    if (after?.status?.phase === "InProgress") {
      past.deleting.set(after.metadata.uid ?? "", after.spec.backupName);
    }
    changed();
  });
  caches.restores.onChange(changed);
  caches.schedules.onChange(changed);
}

const refOf = (namespace: string) => ({ kind: configMapKind, namespace, name: tallyName });

async function read(
  { cluster, namespace, log }: ControllerContext,
  signal: AbortSignal,
): Promise<StoredTally> {
  const raw = await cluster.get(refOf(namespace), { signal });
  if (raw === undefined) return { tally: emptyTally, resourceVersion: "" };
  const { data } = decodeJson(raw.bytes.toString()) as {
    readonly data?: Readonly<Record<string, string>>;
  };
  const tally = parseTally(data?.[tallyKey] ?? "");
  if (tally === undefined) log.write("warn", "counts of metrics begin anew", { name: tallyName });
  return { tally: tally ?? emptyTally, resourceVersion: raw.resourceVersion };
}

async function write(
  { cluster, namespace }: ControllerContext,
  { tally, resourceVersion }: StoredTally,
  signal: AbortSignal,
): Promise<StoredTally> {
  const ref = refOf(namespace);
  const body = Buffer.from(
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: tallyName,
        namespace,
        labels: { "app.kubernetes.io/name": "ark-ts" },
        ...(resourceVersion !== "" && { resourceVersion }),
      },
      data: { [tallyKey]: tallyText(tally) },
    }),
  );
  const raw =
    resourceVersion === ""
      ? await cluster.create(ref, body, { signal })
      : await cluster.replace(ref, body, { signal });
  return { tally, resourceVersion: raw.resourceVersion };
}
