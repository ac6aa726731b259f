import { join } from "node:path";
import { idleSettings } from "../../../domain/restore/idle-settings.ts";
import type { PlannedItem } from "../../../domain/restore/planned-item.ts";
import { ownerDecides } from "../../../domain/restore/prune.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import type { RestorePlanHeader } from "../../../restore/plan/plan-document.ts";
import type { PreviewProgress } from "../../../restore/plan/preview-restore.ts";
import type { RestoreRequest } from "../../../restore/restore-request.ts";
import type { Invocation } from "../../command-spec.ts";
import { openStore } from "../../compose.ts";
import { engineVersion } from "../../engine-version.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { typedPath } from "../../flag-file.ts";
import { chosenLocation } from "../../locations.ts";
import { sayIfMissing } from "../../missing-directory.ts";
import { planOutput } from "../../plan-file.ts";
import { restoreActions } from "../../plugin-actions.ts";
import { createProgressLine, realInterval } from "../../render/progress-line.ts";
import { itemLine, renderRestorePlan, volumeSource } from "../../render/restore-plan.ts";
import { planProgress } from "../../render/run-progress.ts";
import { shellWord, suggestAtPlace } from "../../render/suggested-commands.ts";
import {
  keepPlan,
  openPlanSpool,
  type PlanSpool,
  plansDir,
  planText,
  writePlanFile,
} from "../../restore-plan-store.ts";
import { restoreRequestOfFlags } from "../../restore-request.ts";
import { restoreSpecOfFlags } from "../../restore-spec-of-flags.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";
import { clusterSnapshotLocations } from "../../snapshot-locations.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";

/** Patches that are shown without `--details`. */
const shownPatches = 10;

/** Where a plan looks. */
interface Target {
  readonly cluster: Cluster;
  readonly store: ObjectStore;
  /** Whether a server would do it, which runs no plans. */
  readonly forServer: boolean;
}

/**
 * Says what a restore would do; writes nothing but the plan. With a server too it is this command
 * that looks: a server has no way to be asked.
 */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  planOutput(invocation.flags.text("output"));
  restoreSpecOfFlags(invocation.flags);
  return await inEitherMode(invocation, "cluster", {
    standalone: async (session) => {
      const request = await restoreRequestOfFlags(invocation, session.clock);
      return await planRestore(session, request, () => openTarget(session));
    },
    server: async (session, server) => {
      const forServer = await import("../../server-mode/restore/plan.ts");
      const { request, open } = await forServer.restoreForServer(session, server);
      const target = async () => ({ ...(await open()), forServer: true });
      return await planRestore(session, request, target);
    },
  });
}

async function openTarget(session: Session): Promise<Target> {
  const { config, invocation } = session;
  const { flags, environment } = invocation;
  const location = await chosenLocation(flags.text("storage-location"), config, environment);
  const { cluster } = await enterStandalone(session, "cluster");
  if (cluster === undefined) throw usageError("a plan needs a cluster");
  await sayIfMissing(session, location);
  return { cluster, store: await openStore(session, location), forServer: false };
}

async function planRestore(
  session: Session,
  request: RestoreRequest,
  openIt: () => Promise<Target>,
): Promise<ExitStatus> {
  const { flags, environment } = session.invocation;
  const output = planOutput(flags.text("output"));
  const dir = plansDir(environment);
  const target = await openIt();
  for (const sentence of idleSettings(request.spec)) session.note(sentence);
  const spool = await openPlanSpool(dir, session.clock.uuid());
  try {
    const patches: PlannedItem[] = [];
    const changed = new Map<string, number>();
    const volumes = new Map<string, number>();
    const header = await preview(session, target, request, (line, item) => {
      spool.add(line);
      for (const title of item.changedBy ?? []) changed.set(title, (changed.get(title) ?? 0) + 1);
      const from = item.volume && volumeSource(item.volume);
      if (from !== undefined) volumes.set(from, (volumes.get(from) ?? 0) + 1);
      const isTold = item.changes !== undefined || item.action === "delete" || isKeptItself(item);
      const isShown = isTold && patches.length < shownPatches;
      if (isShown) patches.push(item);
    });
    await keepPlan(dir, header, spool);
    const { forServer } = target;
    await print(session, { header, patches, changed, volumes, spool, forServer }, output);
    const isWhole = header.totals.blocked === 0 && !header.findingCounts["modifier-failed"];
    return isWhole ? exitStatus.done : exitStatus.partiallyFailed;
  } finally {
    await spool.discard();
  }
}

/** What goes with an owner is as many as the owner likes. */
function isKeptItself({ action, reason }: PlannedItem): boolean {
  return action === "keep" && !reason.endsWith(ownerDecides);
}

async function preview(
  session: Session,
  { cluster, store }: Target,
  request: RestoreRequest,
  onLine: (line: string, item: PlannedItem) => void,
): Promise<RestorePlanHeader> {
  const { clock, log, signal, invocation } = session;
  const { flags, environment } = invocation;
  const actions = await restoreActions(session, cluster);
  const locations = await clusterSnapshotLocations(session, cluster);
  const { previewRestore } = await import("../../../restore/plan/preview-restore.ts");
  const now = () => clock.monotonicMs();
  const startedMs = now();
  const line = createProgressLine(environment.stderr, now, realInterval);
  const onProgress = (progress: PreviewProgress): void =>
    line.show(planProgress(progress, now() - startedMs));
  const dryRun = (flags.text("dry-run") ?? "server") as "server" | "none";
  const options = { dryRun, engineVersion: await engineVersion(), onLine };
  try {
    return await previewRestore(
      request,
      {
        ...{ cluster, store, actions, clock, log, onProgress },
        ...(locations !== undefined && { snapshotLocations: locations }),
      },
      options,
      signal,
    );
  } finally {
    line.stop();
  }
}

interface Made {
  readonly header: RestorePlanHeader;
  readonly patches: readonly PlannedItem[];
  readonly changed: ReadonlyMap<string, number>;
  readonly volumes: ReadonlyMap<string, number>;
  readonly spool: PlanSpool;
  readonly forServer: boolean;
}

async function print(
  session: Session,
  { header, patches, changed, volumes, spool, forServer }: Made,
  output: ReturnType<typeof planOutput>,
): Promise<void> {
  const { environment, flags } = session.invocation;
  const { stdout, argv } = environment;
  if (output.kind === "save") {
    const format = /\.ya?ml$/.test(output.file) ? "yaml" : "json";
    const path = typedPath(output.file, environment.cwd);
    try {
      await writePlanFile(path, planText(header, spool.lines(), format));
    } catch (cause) {
      const { code = "no code" } = cause as NodeJS.ErrnoException;
      throw usageError(`--output=${output.file}: the plan cannot be saved there (${code})`);
    }
  } else if (output.format === "json" || output.format === "yaml") {
    const text = planText(header, spool.lines(), output.format);
    for await (const piece of text) stdout.write(piece);
    return;
  }
  const wantsAll = flags.boolean("details") === true;
  const shown = wantsAll ? [] : patches;
  const style = { painter: session.out, details: wantsAll, changed, volumes };
  stdout.write(suggestAtPlace(renderRestorePlan(header, shown, style), argv));
  if (wantsAll) {
    const { decodeJson } = await import("../../../lib/json-text.ts");
    for await (const line of spool.lines()) {
      stdout.write(itemLine(decodeJson(line) as PlannedItem, session.out));
    }
  }
  const plan = output.kind === "save" ? output.file : header.metadata.name;
  const next = forServer
    ? "seen with your own rights; the server looks for itself, with its own: ark-ts restore create, with the same flags"
    : `to run exactly this: ark-ts restore create NAME --plan ${shellWord(plan)}`;
  stdout.write(suggestAtPlace(`\n${next}\n`, argv));
  if (output.kind === "save") session.note(`the plan is saved in ${output.file}`);
  else session.note(session.err.dim(`kept as ${join(plansDir(environment), `${plan}.json`)}`));
}
