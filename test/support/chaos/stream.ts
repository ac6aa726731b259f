/** A stream of Backups, each of them restored into a namespace of its own. */
import { waitFor } from "../../testbed/wait.ts";
import type { KubeClient } from "../kube-client.ts";
import { sourceKinds } from "./sources.ts";

export interface Stream {
  readonly client: KubeClient;
  /** The server's. */
  readonly namespace: string;
  /** Backed up in turn; as many runs are on their way at once. */
  readonly sources: readonly string[];
  /** Backups, and as many Restores. */
  readonly runs: number;
}

export interface RunStatus {
  readonly phase?: string;
  readonly errors?: number;
  readonly warnings?: number;
  readonly failureReason?: string;
  readonly progress?: {
    readonly totalItems?: number;
    readonly itemsBackedUp?: number;
    readonly itemsRestored?: number;
  };
}

/** A Backup and the Restore of it. */
export interface Pair {
  readonly backup: string;
  readonly restore: string;
  readonly source: string;
  readonly target: string;
  readonly backupStatus: RunStatus;
  readonly restoreStatus: RunStatus;
}

/** Long enough for a run that begins anew with each of several leaders. */
const timeoutMs = 900_000;

export async function runStream(stream: Stream, stop: AbortSignal): Promise<readonly Pair[]> {
  let next = 0;
  const pairs: Pair[] = [];
  const work = async (source: string): Promise<void> => {
    while (next < stream.runs) {
      const number = next;
      next += 1;
      pairs.push(await runPair(stream, source, number, stop));
    }
  };
  await Promise.all(stream.sources.map(work));
  return pairs;
}

async function runPair(
  stream: Stream,
  source: string,
  number: number,
  stop: AbortSignal,
): Promise<Pair> {
  const [backup, restore, target] = [`b-${number}`, `r-${number}`, `${source}-r${number}`];
  const includedResources = [...sourceKinds];
  // Of the restore too, or it may meet any other one, and waits for it.
  const includedNamespaces = [source];
  const backupSpec = {
    includedNamespaces,
    includedResources,
    storageLocation: "default",
  };
  const backupStatus = await runOne(stream, "Backup", backup, backupSpec, stop);
  const restoreSpec = {
    backupName: backup,
    includedNamespaces,
    namespaceMapping: { [source]: target },
  };
  const restoreStatus = await runOne(stream, "Restore", restore, restoreSpec, stop);
  return { backup, restore, source, target, backupStatus, restoreStatus };
}

/** Again where the API server has too much to do: then it may have been created all the same. */
async function create(
  client: KubeClient,
  path: string,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  let wasRefused = false;
  const made = async (): Promise<boolean> => {
    const answer = await client.send("POST", path, body);
    if (answer.status < 300 || (wasRefused && answer.status === 409)) return true;
    wasRefused = answer.status === 429 || answer.status >= 500;
    if (!wasRefused) throw new Error(`POST ${path}: ${answer.status} ${answer.body}`);
    return false;
  };
  await waitFor(`POST ${path}`, made, { timeoutMs: 60_000, everyMs: 1_000, signal });
}

async function runOne(
  { client, namespace }: Stream,
  kind: "Backup" | "Restore",
  name: string,
  spec: object,
  stop: AbortSignal,
): Promise<RunStatus> {
  const path = `/apis/velero.io/v1/namespaces/${namespace}/${kind.toLowerCase()}s`;
  const body = { apiVersion: "velero.io/v1", kind, metadata: { name, namespace }, spec };
  await create(client, path, JSON.stringify(body), stop);
  const ended = async (): Promise<RunStatus | undefined> => {
    const answer = await client.demand("GET", `${path}/${name}`);
    const { status } = JSON.parse(answer.toString()) as { readonly status?: RunStatus };
    const isOver = /^(?:Completed|Failed|PartiallyFailed|FailedValidation)$/;
    return isOver.test(status?.phase ?? "") ? status : undefined;
  };
  return await waitFor(`${kind} ${name}`, ended, { timeoutMs, everyMs: 300, signal: stop });
}
