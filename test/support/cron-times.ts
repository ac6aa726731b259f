import { spawn } from "node:child_process";
import { once } from "node:events";
import { ensureBinary } from "../testbed/binaries.ts";

export interface CronQuestion {
  /** `velero`: the one of Velero 1.18.3. Default `robfig`. */
  readonly library?: "robfig" | "velero";
  readonly text: string;
  /** For expressions that name none. */
  readonly zone: string;
  readonly afterMs: number;
  readonly count: number;
}

export interface CronAnswer {
  /** Absent where the expression is valid. */
  readonly problem?: string;
  /** Since 1970; fewer than asked for where it stops to fire. */
  readonly seconds: readonly number[];
}

/** When expressions fire, by the Go libraries themselves; an answer for each question, in order. */
export async function askCronTimes(
  questions: readonly CronQuestion[],
): Promise<readonly CronAnswer[]> {
  const child = spawn(await ensureBinary("cron-times"), { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  child.stdin.end(questions.map((question) => `${JSON.stringify(question)}\n`).join(""));
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error(`cron-times ended with ${status}`);
  const answers = text.trimEnd().split("\n");
  if (answers.length !== questions.length) {
    throw new Error(`cron-times gave ${answers.length} answers to ${questions.length} questions`);
  }
  return answers.map((line) => JSON.parse(line) as CronAnswer);
}
