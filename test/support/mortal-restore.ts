/** A command that is killed at requests that it makes, until it comes to its end; and what it wrote. */
import type { Ark } from "./ark.ts";
import { type Failpoint, failpointOf } from "./failpoints.ts";
import type { AnsweredRequest, HttpFront } from "./http-front.ts";
import { type Kill, killAt } from "./kill-at.ts";
import { restoreStorePoints } from "./restore-points.ts";
import type { CommandResult } from "./run-command.ts";

export const restoreApiPoints: readonly Failpoint[] = [
  { name: "a create", method: "POST", path: /^\/apis?\// },
  { name: "a patch", method: "PATCH", path: /^\/apis?\// },
  { name: "a look at the target", method: "GET", path: /^\/(?:api\/v1|apis\/[^/]+\/v[^/]+)\/./ },
  { name: "discovery", method: "GET", path: /./ },
];

const journalRecord = "a record of its journal";

/** A request that changes the cluster, and that the API server has answered. */
export interface Write {
  readonly method: string;
  /** Path and name of the object; for a patch with the subresource. */
  readonly place: string;
  readonly body: string;
  readonly status: number;
  /** From 1: which of the processes sent it. */
  readonly sender: number;
  /**
   * Records that the process has put into its journal since: outcomes wait for the next, and that
   * one may have been on its way. With two of them all is durable.
   */
  records: number;
}

export interface MortalRun {
  /** Those that took place, of the processes 1, 2 and so on; what comes after the end of a process has none. */
  readonly kills: readonly Kill[];
  readonly writes: readonly Write[];
  readonly ended: CommandResult;
}

export interface Fronts {
  readonly store: HttpFront;
  readonly api: HttpFront;
}

/** Runs the command once for each of `kills` and, when the last was killed, to its end. */
export async function runMortal(
  ark: Ark,
  fronts: Fronts,
  planned: readonly Kill[],
  command: readonly string[],
): Promise<MortalRun> {
  const writes: Write[] = [];
  const kills: Kill[] = [];
  /** Fronts ask for these when a request comes: the answer may come after the death. */
  const record = (sender: number): void => {
    fronts.api.onAnswer = (answered) => {
      const write = toWrite(answered, sender);
      if (write !== undefined) writes.push(write);
    };
    fronts.store.onAnswer = (answered) => {
      if (failpointOf(restoreStorePoints, answered) !== journalRecord) return;
      for (const write of writes) if (write.sender === sender) write.records += 1;
    };
  };
  try {
    for (const [index, kill] of planned.entries()) {
      record(index + 1);
      const { isHit, ended } = await killAt(
        [
          [fronts.store, restoreStorePoints],
          [fronts.api, restoreApiPoints],
        ],
        kill,
        (onPid) => ark.runWith({ onPid }, ...command),
      );
      if (!isHit || ended.status !== -1) return { kills, writes, ended };
      kills.push(kill);
    }
    record(planned.length + 1);
    return { kills, writes, ended: await ark.run(...command) };
  } finally {
    fronts.api.onAnswer = undefined;
    fronts.store.onAnswer = undefined;
  }
}

function toWrite(answered: AnsweredRequest, sender: number): Write | undefined {
  const { method, body, status } = answered;
  const url = new URL(answered.url, "http://front");
  if (method === "GET" || url.searchParams.has("dryRun")) return undefined;
  const name = method === "POST" ? nameIn(body) : "";
  // A review is asked for by a create, and has no name.
  if (name === undefined) return undefined;
  const place = name === "" ? url.pathname : `${url.pathname}/${name}`;
  return { method, place, body, status, sender, records: 0 };
}

function nameIn(body: string): string | undefined {
  const { metadata } = JSON.parse(body) as { readonly metadata?: { readonly name?: string } };
  return metadata?.name;
}

export interface WorkDone {
  /** Objects that came of creates. */
  readonly made: number;
  readonly patched: number;
  /** Writes of killed processes of which the journal need not know. */
  readonly inDoubt: number;
  /** Patches in doubt that were sent once more; each says the same as before. */
  readonly madeSure: number;
  /** A sentence for each other write of what had been done before. */
  readonly repeated: readonly string[];
}

/**
 * Counts what was done, and finds what was done again: an object that was made is not asked for
 * once more, and a patch only when the journal need not know of it. `vanishing`: places of objects
 * that the cluster itself may delete in between.
 */
export function workDone({ writes, kills }: MortalRun, vanishing: RegExp): WorkDone {
  const isInDoubt = ({ sender, records }: Write): boolean => sender <= kills.length && records < 2;
  const done = new Map<string, Write>();
  const repeated: string[] = [];
  let madeSure = 0;
  for (const write of writes) {
    const { method, place, body, sender, status } = write;
    const what = method === "POST" ? `POST ${place}` : `${method} ${place} ${body}`;
    const former = done.get(what);
    const isGone = status === 201 && vanishing.test(place);
    if (former === undefined || isGone) {
      if (status >= 200 && status < 300) done.set(what, write);
    } else if (method !== "POST" && isInDoubt(former)) {
      madeSure++;
      done.set(what, write);
    } else repeated.push(`process ${sender} (${status}) did what ${former.sender} had: ${what}`);
  }
  const all = [...done.values()];
  return {
    made: all.filter(({ method }) => method === "POST").length,
    patched: all.filter(({ method }) => method === "PATCH").length,
    inDoubt: all.filter(isInDoubt).length,
    madeSure,
    repeated,
  };
}
