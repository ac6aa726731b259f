/** What the records of API server and store say of runs: none twice, nothing left, who went on. */
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import type { AuditEvent } from "../../testbed/node/audit.ts";
import type { StoreWrite } from "./slow-store.ts";
import type { Pair } from "./stream.ts";

const isDone = ({ method, status = 500 }: StoreWrite): boolean => method === "PUT" && status < 300;

/** A seal makes a backup exist: each was put once, whoever put it. */
export function sealedOtherThanOnce(
  writes: readonly StoreWrite[],
  pairs: readonly Pair[],
): readonly string[] {
  return pairs.flatMap(({ backup }) => {
    const seal = new RegExp(`/backups/${backup}/velero-backup\\.json(?:\\?|$)`);
    const times = writes.filter((write) => isDone(write) && seal.test(write.url)).length;
    return times === 1 ? [] : [`Backup ${backup} was sealed ${times} times`];
  });
}

/** Objects of the restores' namespaces that the server created more than once. */
export function createdTwice(
  audit: readonly AuditEvent[],
  { namespace, targets }: { readonly namespace: string; readonly targets: readonly string[] },
): readonly string[] {
  const times = new Map<string, number>();
  for (const { user, verb, objectRef: ref, responseStatus } of audit) {
    const isOwn = user.username === `system:serviceaccount:${namespace}:ark-ts`;
    const isCreate = verb === "create" && responseStatus?.code === 201;
    if (!isOwn || !isCreate || !targets.includes(ref?.namespace ?? "")) continue;
    const key = `${ref?.namespace} ${ref?.resource} ${ref?.name}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  return [...times]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => `${key} was created ${count} times`);
}

/**
 * Runs of which a record of the second epoch, or a later one, was put: another process than the
 * one that had begun it went on (docs/format.md, "Names").
 */
export function countTakenOver(writes: readonly StoreWrite[]): number {
  const record = /\/metadata\/ark-ts\/((?:names|restores)\/[^/]+)\/(\d+)(?:\?|$)/;
  const runs = new Set<string>();
  for (const write of writes) {
    const match = isDone(write) ? record.exec(write.url) : null;
    if (match !== null && Number(match[2]) > 1) runs.add(match[1] ?? "");
  }
  return runs.size;
}

/** Runs that one process alone has worked on so far, and that have not ended. */
export function countFresh(writes: readonly StoreWrite[]): number {
  const record = /\/metadata\/ark-ts\/((?:names|restores)\/[^/]+)\/(\d+)(?:\?|$)/;
  const open = new Map<string, number>();
  for (const write of writes) {
    const [, run = "", epoch] = record.exec(write.url) ?? [];
    if (run === "" || (write.status ?? 500) >= 300) continue;
    if (write.method === "DELETE") open.delete(run);
    else if (write.method === "PUT") open.set(run, Number(epoch));
  }
  return [...open.values()].filter((epoch) => epoch === 1).length;
}

/** Journals and names of runs, of which none is under way any more. */
export async function leftovers(store: ObjectStore): Promise<readonly string[]> {
  const faults: string[] = [];
  const { signal } = new AbortController();
  for await (const { key } of store.list("metadata/ark-ts/", { signal })) {
    if (/^metadata\/ark-ts\/(?:names|restores|runs)\//.test(key)) faults.push(`${key} was left`);
  }
  return faults;
}
