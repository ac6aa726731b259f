import type { Mutant } from "./mutants.ts";

export type RuntimeStorm = "informer" | "queue" | "lease";

/** Bugs planted in `src/runtime`, by what is wrong, with the storm that has to catch them. */
export const runtimeMutants: Readonly<Record<string, Mutant & { readonly storm: RuntimeStorm }>> = {
  "forgets on a new list what is gone": {
    storm: "informer",
    file: "src/runtime/object-cache.ts",
    find: "if (!fresh.has(key)) put(key, undefined);",
    replace: "if (false) put(key, undefined);",
  },
  "does not tell handlers what a new list shows to be gone": {
    storm: "informer",
    file: "src/runtime/object-cache.ts",
    find: "if (!fresh.has(key)) put(key, undefined);",
    replace: "if (!fresh.has(key)) content.delete(key);",
  },
  "forgets a bookmark": {
    storm: "informer",
    file: "src/runtime/reflector.ts",
    find: "course.revision = event.resourceVersion;",
    replace: "",
  },
  "goes on from the last page of a list that was cut": {
    storm: "informer",
    file: "src/runtime/list-all.ts",
    find: "} while (continueToken !== undefined);",
    replace: "} while (false);",
  },
  "waits for ever for a watch that is silent": {
    storm: "informer",
    file: "src/runtime/silence-alarm.ts",
    find: "over.abort(reason());",
    replace: "",
  },
  "takes an event for seen before it is in the cache": {
    storm: "informer",
    file: "src/runtime/reflector.ts",
    find: "for (const event of batch) {",
    replace: "for (const event of batch.slice(-1)) {",
  },
  "keeps an object that no longer matches": {
    storm: "informer",
    file: "src/runtime/reflector.ts",
    find: 'event.type === "DELETED" ? undefined : keep(object)',
    replace: "keep(object)",
  },
  "gives a key to two workers": {
    storm: "queue",
    file: "src/runtime/work-queue.ts",
    find: "if (inFlight.has(key)) {",
    replace: "if (false) {",
  },
  "forgets a key that is added while a worker has it": {
    storm: "queue",
    file: "src/runtime/work-queue.ts",
    find: "if (dirty.delete(key)) add(key);",
    replace: "dirty.delete(key);",
  },
  "does not come back after a failure": {
    storm: "queue",
    file: "src/runtime/controller.ts",
    find: "queue.addRateLimited(key,",
    replace: "void (key,",
  },
  "takes a success for one more failure": {
    storm: "queue",
    file: "src/runtime/controller.ts",
    find: "queue.forget(key);",
    replace: "",
  },
  "works on without end": {
    storm: "queue",
    file: "src/runtime/work-queue.ts",
    find: "if (dirty.delete(key)) add(key);",
    replace: "dirty.delete(key); addAfter(key, 500);",
  },
  "asks no clock before a write": {
    storm: "lease",
    file: "src/runtime/leader-term.ts",
    find: "if (hasEnded()) throw lost.signal.reason;",
    replace: "if (lost.signal.aborted) throw lost.signal.reason;",
  },
  "renews after the loss": {
    storm: "lease",
    file: "src/runtime/leader-term.ts",
    find: "    isOver = true;\n",
    replace:
      '    if (why.includes("in time")) provenAt = sentAt(clock);\n    else isOver = true;\n',
  },
  "takes a Lease that is held": {
    storm: "lease",
    file: "src/runtime/leader-election.ts",
    find: "if (heldFor(observer, settings) <= 0) return await take",
    replace: "return await take",
  },
  "reckons with the times of the Lease": {
    storm: "lease",
    file: "src/runtime/lease-observer.ts",
    find: "return Math.max(0, changedAtMs + durationMs - clock.monotonicMs());",
    replace:
      'return Math.max(0, Date.parse(last?.renewTime ?? "") + durationMs - clock.now().getTime());',
  },
  "keeps the epoch of the one before": {
    storm: "lease",
    file: "src/runtime/leader-election.ts",
    find: "epoch: observer.highestEpoch + 1 };",
    replace: "epoch: Math.max(1, observer.highestEpoch) };",
  },
  "leads on while it does not renew": {
    storm: "lease",
    file: "src/runtime/leader-term.ts",
    find: "return Math.max(0, deadlineMs - passedMs);",
    replace: "return Math.max(1, 4 * deadlineMs - passedMs);",
  },
  "does not give the Lease up": {
    storm: "lease",
    file: "src/runtime/hold-lease.ts",
    find: "if (!term.isOver()) await release(context, term);",
    replace: "",
  },
};
