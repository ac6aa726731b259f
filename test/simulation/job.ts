/** Simulations run in processes of their own: node:test watches every promise, which takes half of the time. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FailpointCounts } from "./failpoints.ts";

export type Job =
  | {
      readonly kind: "storms";
      readonly from: number;
      readonly count: number;
      /** Ends with the first failure. */
      readonly untilFailure?: boolean;
      readonly mutant?: string;
    }
  | { readonly kind: "turns"; readonly stage: "backup" | "restore" };

export interface JobResult {
  /** Seeds or turns. */
  readonly done: number;
  readonly failures: readonly string[];
  readonly failpoints: FailpointCounts;
  /** A digest of all stories: the same for the same job. */
  readonly digest: string;
}

/** Runs a job to its end. Throws when its process does not come to one. */
export async function runJob(job: Job): Promise<JobResult> {
  const worker = fileURLToPath(new URL("worker.ts", import.meta.url));
  const child = spawn(process.execPath, [worker, JSON.stringify(job)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0)
    throw new Error(`the simulation ended with status ${code}: ${JSON.stringify(job)}`);
  return JSON.parse(Buffer.concat(pieces).toString()) as JobResult;
}
