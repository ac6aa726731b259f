import type { BackupEntry } from "../../catalog/opened-backup.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ApiError } from "../../ports/cluster.ts";
import { readMutators } from "../read-back/mutators-of-cluster.ts";
import { type RestoreRun, targetOf } from "../restore-run.ts";
import { readBackedUp } from "./read-backed-up.ts";

const doubledName =
  /spec\.(containers|initContainers|volumes)\[\d+\]\.name: Duplicate value: "([^"]+)"/g;

const words = { containers: "container", initContainers: "init container", volumes: "volume" };

interface Doubled {
  readonly list: keyof typeof words;
  readonly name: string;
}

export interface DoubledStory {
  /** A clause for the end of the API server's sentence. */
  readonly clause: string;
  readonly advice: string;
}

/**
 * A pod that is refused because something adds to it, on its way in, what the backup has already: a
 * mutating webhook that does not look. Undefined for every other refusal.
 */
export async function explainDoubled(
  refusal: ApiError,
  run: RestoreRun,
  entry: BackupEntry,
  signal: AbortSignal,
): Promise<DoubledStory | undefined> {
  if (entry.line.resource !== "pods") return undefined;
  const doubled = doubledIn(refusal.api.serverMessage);
  if (doubled.length === 0) return undefined;
  const pod = readBackedUp(entry, run.backup.name);
  if (!doubled.every((one) => has(pod, one))) return undefined;
  const named = doubled.map(({ list, name }) => `${words[list]} "${name}"`).join(", ");
  const mutators = await mutatorsOf(pod, run, entry, signal);
  const by =
    mutators.length === 0
      ? "by something in the cluster that changes pods"
      : `by ${mutators.length === 1 ? "webhook" : "one of the webhooks"} ${mutators.join(" or ")}`;
  return {
    clause: `; the backup has ${named} already, and it was added a second time on its way in, ${by}: it would be there twice`,
    advice: `leave it to who adds it: restore the pod with a resource modifier that takes it out, the strategic patch ${takeOut(doubled)}`,
  };
}

function doubledIn(message: string): readonly Doubled[] {
  const found = [...message.matchAll(doubledName)].map(([, list, name]) => ({
    list: list as Doubled["list"],
    name: name as string,
  }));
  return found.filter(
    (one, at) => found.findIndex(({ list, name }) => list === one.list && name === one.name) === at,
  );
}

function has(pod: JsonObject, { list, name }: Doubled): boolean {
  return arrayAt(pod, ["spec", list]).some((one) => textAt(one, ["name"]) === name);
}

async function mutatorsOf(
  pod: JsonObject,
  run: RestoreRun,
  { line }: BackupEntry,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const kind = run.target.find(line.resource, line.version);
  if (kind === undefined) return [];
  const tell = (problem: string): void => run.log.write("info", problem);
  const mutators = readMutators({ cluster: run.ports.cluster, target: run.target, tell }, signal);
  return await mutators.namesFor(kind, pod, targetOf(run.plan, line).namespace);
}

function takeOut(doubled: readonly Doubled[]): string {
  const spec: Partial<Record<Doubled["list"], object[]>> = {};
  for (const { list, name } of doubled) {
    spec[list] = [...(spec[list] ?? []), { name, $patch: "delete" }];
  }
  return JSON.stringify({ spec });
}
