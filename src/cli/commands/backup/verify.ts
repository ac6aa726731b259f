import { listBackups } from "../../../catalog/list-backups.ts";
import { verifyBackup } from "../../../catalog/verify-backup.ts";
import type { VerifyCounts } from "../../../catalog/verify-report.ts";
import type { SampleChoice } from "../../../catalog/verify-sample.ts";
import { hasCode } from "../../../lib/errors.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import type { Invocation } from "../../command-spec.ts";
import { openStore } from "../../compose.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import type { FlagValues } from "../../flag-values.ts";
import { chosenLocation } from "../../locations.ts";
import { readsInFlight } from "../../reading.ts";
import { createProgressLine, realInterval } from "../../render/progress-line.ts";
import { printResource } from "../../render/resource-output.ts";
import { renderVerifyOutcome, verifyProgress } from "../../render/verify-report.ts";
import { type Session, withSession } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";
import {
  isVerified,
  outcomeOf,
  type VerifiedBackup,
  type VerifyOutcome,
} from "../../verify-outcome.ts";

/** Objects that level cluster asks for without `--sample`. */
const defaultClusterPercent = 5;

/** Reads backups back and compares; fails when anything is damaged. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const all = flags.boolean("all") === true;
    if (all === args.length > 0) throw usageError("name the backups to verify, or say --all");
    const work = await prepare(session, flags);
    const unsealed: string[] = [];
    const names = all ? await namesOf(work.store, unsealed, session.signal) : args;
    const outcomes: VerifyOutcome[] = [];
    let text = "";
    for (const name of names) {
      const startedMs = session.clock.monotonicMs();
      const verify = (): Promise<VerifiedBackup> => verifyOne(name, work, session);
      const outcome = !all && names.length === 1 ? await verify() : await outcomeOf(name, verify);
      if (all && isUnsealed(outcome)) {
        unsealed.push(name);
        continue;
      }
      outcomes.push(outcome);
      const durationMs = session.clock.monotonicMs() - startedMs;
      text += renderVerifyOutcome(outcome, durationMs, session.out);
    }
    const ok = outcomes.every((outcome) => outcome.ok);
    const [only] = outcomes;
    await printResource(environment, flags.text("output"), {
      value: !all && outcomes.length === 1 ? only : { ok, backups: outcomes, unsealed },
      table: () => text + unsealedText(unsealed),
      names: outcomes.filter((outcome) => !outcome.ok).map(({ name }) => `backup/${name}`),
    });
    if (!ok) return exitStatus.failed;
    return outcomes.some(isRefused) ? exitStatus.partiallyFailed : exitStatus.done;
  });
}

interface VerifyWork {
  readonly store: ObjectStore;
  readonly level: "index" | "bytes" | "objects" | "cluster";
  readonly sample: SampleChoice | undefined;
  readonly seed: number;
  /** With level `cluster`. */
  readonly cluster: Cluster | undefined;
}

async function prepare(session: Session, flags: FlagValues): Promise<VerifyWork> {
  const level = (flags.text("level") ?? "objects") as VerifyWork["level"];
  const percent = percentOf(flags.text("sample"));
  if (percent !== undefined && level === "index") {
    throw usageError("--sample has no effect with --level=index, which reads no archive");
  }
  if (flags.has("seed") && percent === undefined && level !== "cluster") {
    throw usageError("--seed has no effect without --sample");
  }
  const seed = flags.integer("seed") ?? Math.floor(session.clock.random() * 2 ** 31);
  const sample = percent === undefined ? undefined : { percent, seed };
  const { config, invocation } = session;
  const location = await chosenLocation(
    flags.text("storage-location"),
    config,
    invocation.environment,
  );
  const need = level === "cluster" ? "cluster" : "read-store";
  const { cluster } = await enterStandalone(session, need);
  return { store: await openStore(session, location), level, sample, seed, cluster };
}

/** `5%`, `0.5%`, or the same without the sign. */
function percentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = /^\d{1,3}(?:\.\d{1,4})?%?$/.test(text) ? Number.parseFloat(text) : 0;
  if (percent > 0 && percent <= 100) return percent;
  throw usageError(`--sample=${text}: must be a share of the archive, above 0% and at most 100%`);
}

async function namesOf(
  store: ObjectStore,
  unsealed: string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name, state } of listBackups(store, { signal, concurrency: readsInFlight })) {
    if (state === "interrupted") unsealed.push(name);
    else names.push(name);
  }
  return names;
}

async function verifyOne(
  name: string,
  { store, level, sample, seed, cluster }: VerifyWork,
  { clock, signal, invocation }: Session,
): Promise<VerifiedBackup> {
  const startedMs = clock.monotonicMs();
  const { stderr } = invocation.environment;
  const line = createProgressLine(stderr, () => clock.monotonicMs(), realInterval);
  const onProgress = (counts: VerifyCounts): void =>
    line.show(verifyProgress(counts, clock.monotonicMs() - startedMs));
  try {
    const report = await verifyBackup(store, name, {
      level: level === "cluster" ? "objects" : level,
      ...{ signal, onProgress },
      ...(sample !== undefined && { sample }),
    });
    if (cluster === undefined || level !== "cluster") return report;
    const { askCluster } = await import("../../../restore/apply/ask-cluster.ts");
    const percent = sample?.percent ?? defaultClusterPercent;
    try {
      const answers = await askCluster(store, name, { cluster, percent, seed, signal });
      return { ...report, level, cluster: answers };
    } catch (thrown) {
      if (report.ok || !hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
      const reason = "the API server was not asked: the backup cannot be opened";
      return { ...report, level, notChecked: [...report.notChecked, reason] };
    }
  } finally {
    line.stop();
  }
}

/** A folder of somebody else's, or a name whose run has not got that far. */
function isUnsealed(outcome: VerifyOutcome): boolean {
  return !isVerified(outcome) && outcome.error.code === "ARK_BACKUP_NOT_FOUND";
}

function isRefused(outcome: VerifyOutcome): boolean {
  return isVerified(outcome) && (outcome.cluster?.refused.length ?? 0) > 0;
}

function unsealedText(unsealed: readonly string[]): string {
  return unsealed.length === 0
    ? ""
    : `not verified, for no run has finished them: ${unsealed.join(", ")}\n`;
}
