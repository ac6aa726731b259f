import type { BackupResourceHookSpec } from "../../api/backup.ts";
import type { ResourceKind } from "../../api/resource-kind.ts";
import { type StoredThaw, settleThaw } from "../../catalog/thaw-records.ts";
import { hooksOfPod } from "../../domain/hooks/hooks-of-pod.ts";
import { type HookPod, hookTarget } from "../../domain/hooks/pod-hook.ts";
import type { OwedThaw } from "../../format/thaw-record.ts";
import { lastLines } from "../../lib/bounded-output.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { PodExec } from "../../ports/pod-exec.ts";
import { readHookPod } from "./read-hook-pod.ts";

/** What became of an owed post hook. */
export type ThawOutcome =
  | { readonly thaw: OwedThaw; readonly state: "paid" }
  /** The pod that was frozen is no more. */
  | { readonly thaw: OwedThaw; readonly state: "gone"; readonly why: string }
  /** It was tried and is still owed. */
  | { readonly thaw: OwedThaw; readonly state: "failed"; readonly why: string }
  /** Not tried: neither the pod nor the spec has this command, and nobody has agreed to it. */
  | { readonly thaw: OwedThaw; readonly state: "undeclared" };

export interface ThawPorts {
  readonly store: ObjectStore;
  readonly cluster: ClusterReader & PodExec;
}

export interface PayOptions {
  /** Hooks that the caller's own spec has. */
  readonly resources: readonly BackupResourceHookSpec[];
  /**
   * Whether to run a command that neither the pod's annotations nor the spec has. Whoever can write
   * to the bucket could have put it there, to be run with the rights of this user.
   */
  readonly runUndeclared: boolean;
}

const podKind: ResourceKind = {
  group: "",
  version: "v1",
  resource: "pods",
  kind: "Pod",
  namespaced: true,
  verbs: ["get"],
  singular: "pod",
  shortNames: ["po"],
  categories: [],
  preferred: true,
  subresources: ["exec"],
};

/**
 * Runs the post hooks of one record and settles it: what did not end well stays owed. Errors: those
 * of the store, and the signal's reason.
 */
export async function payThaw(
  stored: StoredThaw,
  ports: ThawPorts,
  options: PayOptions,
  signal: AbortSignal,
): Promise<readonly ThawOutcome[]> {
  const { key, record } = stored;
  const outcomes: ThawOutcome[] = [];
  for (const thaw of record.thaws) {
    outcomes.push(await payOne(thaw, ports.cluster, options, signal));
    signal.throwIfAborted();
  }
  const left = outcomes.filter(({ state }) => state === "failed" || state === "undeclared");
  const whys = left.flatMap((one) => (one.state === "failed" ? [one.why] : []));
  const lastError = whys.length === 0 ? {} : { lastError: whys.join("; ").slice(0, 4_000) };
  const attempts = record.attempts + 1;
  const now = { ...record, attempts, ...lastError, thaws: left.map(({ thaw }) => thaw) };
  await settleThaw(ports.store, key, now, signal);
  return outcomes;
}

async function payOne(
  thaw: OwedThaw,
  cluster: ClusterReader & PodExec,
  options: PayOptions,
  signal: AbortSignal,
): Promise<ThawOutcome> {
  const { namespace, pod: name, container, command, timeoutMs } = thaw;
  try {
    const found = await cluster.get({ kind: podKind, namespace, name }, { signal });
    if (found === undefined) return { thaw, state: "gone", why: "the pod is gone" };
    const pod = readHookPod(found);
    const why = endOf(pod, thaw);
    if (why !== undefined) return { thaw, state: "gone", why };
    if (!options.runUndeclared && !isDeclared(thaw, pod, options.resources)) {
      return { thaw, state: "undeclared" };
    }
    const request = { namespace, pod: name, container, command, timeoutMs };
    const { exitCode, stdout, stderr } = await cluster.exec(request, { signal });
    if (exitCode === 0) return { thaw, state: "paid" };
    const errors = lastLines(stderr, 3, 200);
    const printed = errors.length > 0 ? errors : lastLines(stdout, 3, 200);
    const end = printed.length === 0 ? "" : `; its output ended: ${printed.join(" | ")}`;
    return { thaw, state: "failed", why: `exit code ${exitCode}${end}` };
  } catch (thrown) {
    signal.throwIfAborted();
    if (hasCode(thrown, "ARK_API_NOT_FOUND") && (await isGone(thaw, cluster, signal))) {
      return { thaw, state: "gone", why: "the pod is gone" };
    }
    return { thaw, state: "failed", why: toArkError(thrown).message };
  }
}

/** Exec answers 404 also where only the pod's node is not there. */
async function isGone(
  { namespace, pod: name, uid }: OwedThaw,
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await cluster.get({ kind: podKind, namespace, name }, { signal });
  return found === undefined || found.uid !== uid;
}

/** Why nothing is frozen any more. */
function endOf(pod: HookPod, { uid }: OwedThaw): string | undefined {
  if (pod.uid !== uid) return "the pod was replaced by another of its name";
  const isOver = pod.phase === "Succeeded" || pod.phase === "Failed";
  return isOver ? `the pod is in phase ${pod.phase}` : undefined;
}

function isDeclared(
  thaw: OwedThaw,
  pod: HookPod,
  resources: readonly BackupResourceHookSpec[],
): boolean {
  return hooksOfPod(pod, resources, "post").hooks.some((hook) => {
    const target = hookTarget(pod, hook);
    const isSame = JSON.stringify(hook.command) === JSON.stringify(thaw.command);
    return isSame && target.state === "run" && target.container === thaw.container;
  });
}
