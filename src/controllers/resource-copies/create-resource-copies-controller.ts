import { definitionName } from "../../api/custom-resource.ts";
import {
  type Copyable,
  copiedKinds,
  copiedObject,
  isToBeCopied,
} from "../../domain/copies/resource-copy.ts";
import { type Outcome, runController } from "../../runtime/controller.ts";
import type { Informer } from "../../runtime/informer.ts";
import type { Runnable } from "../../runtime/life.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import type { ControllerContext } from "../controller-context.ts";
import { type KeptKind, type KindState, keepCopies } from "./keep-copies.ts";

/** Changes that come together are copied together. */
const gatherMs = 500;
/** How soon a kind that is not there is looked for again. */
const awayPauseMs = 5_000;
/** Before a key: only whether the cache still follows is looked at, which asks nobody. */
const glance = "glance ";
/** A definition can go without any change of its objects. */
const calmPauseMs = 60_000;

export interface ResourceCopiesOptions {
  /** Told why the server cannot work, for `/readyz`; undefined: it can again. */
  readonly onProblem?: (problem: string | undefined) => void;
}

/**
 * Keeps a copy of every Schedule and location, and of each Backup and Restore until it has ended, in
 * ConfigMaps of the server's namespace. When somebody removes the kinds of `velero.io` (`velero
 * uninstall`), it waits, says so, and makes them again once the kinds are back (docs/adr/0014). It
 * is to begin before the caches: with a kind missing these are never whole.
 */
export function createResourceCopiesController(
  context: ControllerContext,
  options: ResourceCopiesOptions = {},
): Runnable {
  const { clock, log } = context;
  return {
    name: "resource-copies",
    async run(life, ready) {
      const queue = createWorkQueue(clock);
      const states = new Map<string, KindState>();
      const kinds = keptKinds(context);
      for (const [plural, { kind, cache }] of kinds) {
        cache.onChange(({ before, after }) => {
          if (textOf(before) !== textOf(after)) queue.addAfter(plural, gatherMs);
          else if (after && !isToBeCopied(kind, after)) queue.addAfter(plural, gatherMs);
        });
        queue.add(plural);
        queue.addAfter(`${glance}${plural}`, awayPauseMs);
      }
      ready();
      const reconcile = async (key: string, signal: AbortSignal): Promise<Outcome> => {
        if (key.startsWith(glance)) {
          const seen = key.slice(glance.length);
          if (kinds.get(seen)?.cache.error !== undefined) queue.add(seen);
          return { lookAgainAfterMs: awayPauseMs };
        }
        const plural = key;
        const kept = kinds.get(plural) as KeptKind;
        const state = await keepCopies(context, kept, signal);
        if (states.get(plural) !== state) {
          states.set(plural, state);
          tell(context, kinds, states, options);
        }
        return { lookAgainAfterMs: state === "kept" ? calmPauseMs : awayPauseMs };
      };
      await runController({ name: "resource-copies", queue, reconcile, log }, life);
    },
  };
}

function keptKinds({ caches }: ControllerContext): ReadonlyMap<string, KeptKind> {
  const cacheOf: Readonly<Record<string, Informer<Copyable>>> = {
    backups: caches.backups,
    restores: caches.restores,
    schedules: caches.schedules,
    backupstoragelocations: caches.locations,
    volumesnapshotlocations: caches.snapshotLocations,
  };
  return new Map(
    copiedKinds.flatMap((kind) => {
      const cache = cacheOf[kind.plural];
      if (cache === undefined) return [];
      const kept: KeptKind = {
        ...{ kind, cache, copies: undefined, trusted: undefined, said: new Map() },
      };
      return [[kind.plural, kept] as const];
    }),
  );
}

function textOf(object: Copyable | undefined): string {
  return object === undefined
    ? ""
    : `${object.metadata.uid}${JSON.stringify(copiedObject(object))}`;
}

function tell(
  { log }: ControllerContext,
  kinds: ReadonlyMap<string, KeptKind>,
  states: ReadonlyMap<string, KindState>,
  { onProblem }: ResourceCopiesOptions,
): void {
  const away = [...states].flatMap(([plural, state]) => {
    const kept = kinds.get(plural);
    const isAway = state === "going" || state === "missing";
    return isAway && kept !== undefined ? [definitionName(kept.kind)] : [];
  });
  if (away.length === 0) {
    onProblem?.(undefined);
    if (![...states.values()].includes("coming")) log.write("info", "kinds of velero.io are there");
    return;
  }
  const problem = `kinds of velero.io have been removed from the cluster: ${away.join(", ")}. What stood in this namespace is kept; it is made again once they are back: ark-ts install --crds-only`;
  onProblem?.(problem);
  log.write("warn", "kinds of velero.io are missing", { definitions: away, problem });
}
