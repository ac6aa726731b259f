import { adviceToRecreate } from "../../domain/restore/fixed-fields.ts";
import { schemaOfDefinition } from "../../domain/restore/open-api-schemas.ts";
import { isOpen, type PlanCheck, type PlannedItem } from "../../domain/restore/planned-item.ts";
import type { TargetFinding } from "../../domain/restore/target-findings/finding.ts";
import { examineTarget } from "../../domain/restore/target-findings/table.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { apiServiceName, apiServices } from "../waits/await-api-services.ts";
import type { AssessedItem, AssessVisitor } from "./assess-all.ts";
import {
  checkFindings,
  failureFinding,
  missingFinding,
  modifierFindings,
} from "./check-findings.ts";
import { outcomeOf, placeOf } from "./describe-item.ts";
import { examineNamespace } from "./examine-namespace.ts";
import type { Examined, ExamineState, Examining } from "./examine-state.ts";
import { type PlannedNamespace, planLateNamespace } from "./plan-namespaces.ts";
import { planVolume, volumeFindings } from "./plan-volume.ts";

/** Makes lines of a plan of what the assessment finds. `end` tells what only the whole shows. */
export function examineItems(input: Examining): AssessVisitor<Examined> & { end(): void } {
  const state: ExamineState = {
    ...input,
    examination: examineTarget(input.facts),
    coming: new Map(),
    blockedNamespaces: new Set(),
    onNeed: new Map(),
    lateNamespaces: new Map(),
    told: new Set(),
  };
  return {
    async enter(wave, signal) {
      input.onWave(wave);
      if (wave !== "namespaces") return;
      for (const one of input.namespaces.values()) {
        const isThere = one.state === "there" || one.state === "unknown";
        if (isThere ? one.isItem : one.isMadeFirst) {
          tell(await examineNamespace(one, state, signal), state);
        }
      }
    },
    examine: (assessed, signal) => examine(assessed, state, signal),
    take: (examined) => tell(examined, state),
    equal: (line) => input.onItem(equalItem(state, line)),
    missing: (asked) => input.onFinding(missingFinding(asked)),
    end() {
      for (const finding of state.examination.end()) input.onFinding(finding);
    },
  };
}

async function examine(
  assessed: AssessedItem,
  state: ExamineState,
  signal: AbortSignal,
): Promise<Examined> {
  switch (assessed.outcome) {
    case "decided":
      return await examineDecided(assessed, state, signal);
    case "failed":
      return examineFailed(assessed, state);
    case "left out": {
      const { line, reason } = assessed;
      const place = { ...placeOf(state.run, line), ...actsOf(assessed) };
      return unwritten({ ...place, action: "skip", reason });
    }
    case "equal":
      return unwritten(equalItem(state, assessed.line));
  }
}

function unwritten(item: PlannedItem): Examined {
  return { item, object: undefined, findings: [] };
}

function equalItem({ run }: ExamineState, line: IndexLine): PlannedItem {
  return { ...placeOf(run, line), action: "skip", reason: "it is there and equal" };
}

const definitions = "customresourcedefinitions.apiextensions.k8s.io";

async function examineDecided(
  { line, assessment, acts }: Extract<AssessedItem, { outcome: "decided" }>,
  state: ExamineState,
  signal: AbortSignal,
): Promise<Examined> {
  const { work, decision } = assessment;
  const namespace = await namespaceOf(work.target.namespace, line, state, signal);
  const isFresh = namespace?.state === "absent" || namespace?.state === "terminating";
  const { changedBy, problems } = work.item;
  const volume = planVolume(assessment, state.run);
  const item = {
    ...placeOf(state.run, line, work),
    ...outcomeOf(assessment, isFresh),
    ...actsOf({ acts }),
    ...(volume === undefined ? {} : { volume }),
    ...(changedBy.length === 0 ? {} : { changedBy }),
    ...(problems.length === 0 ? {} : { unmodified: problems }),
  };
  const { desired } = work.item;
  state.onDesired?.(desired);
  const unmodified = [
    ...modifierFindings(placeIn(item), problems),
    ...volumeFindings(placeIn(item), volume),
  ];
  if (decision.action === "skip" || decision.action === "wait") {
    return { ...unwritten(item), findings: unmodified };
  }
  if (line.resource === definitions) state.coming.set(line.name, desired);
  const needs = isFresh ? await namespaceOnNeed(namespace, state, signal) : undefined;
  const object = { ...placeIn(item), action: decision.action, desired, backedUp: work.backedUp };
  const check = state.blockedNamespaces.has(work.target.namespace)
    ? noNamespace
    : isOpen(item)
      ? notAsked
      : await state.checks.check(assessment, signal);
  const source = line.namespace === undefined ? line.name : `${line.namespace}/${line.name}`;
  const isAlone = state.run.request.needsItsObjectsOnly;
  const recreate = adviceToRecreate(line.resource, `${line.resource}/${source}`, isAlone);
  const findings = [...checkFindings(object, check, recreate), ...unmodified];
  return { item: { ...item, check }, object, findings, ...(needs && { needs }) };
}

const noNamespace: PlanCheck = { by: "none", reason: "their namespace cannot be made" };
/** The object that would be written is not known. */
const notAsked: PlanCheck = { by: "none", reason: "an item action was not asked about them" };

function actsOf({ acts }: Pick<AssessedItem & { outcome: "failed" }, "acts">) {
  return acts.length === 0 ? {} : { itemActions: acts };
}

/** Undefined: it is in none. One that nothing else goes into is looked up once. */
async function namespaceOf(
  name: string,
  { namespace: source }: Pick<IndexLine, "namespace">,
  { run, namespaces, lateNamespaces }: ExamineState,
  signal: AbortSignal,
): Promise<PlannedNamespace | undefined> {
  const known = namespaces.get(name);
  if (known !== undefined || name === "" || source === undefined) return known;
  const late = lateNamespaces.get(name) ?? planLateNamespace(run, { name, source }, signal);
  lateNamespaces.set(name, late);
  const { state } = await late;
  if (state === "absent" || state === "terminating") run.freshNamespaces.add(name);
  return await late;
}

/** Examined once, whoever needs it first. */
async function namespaceOnNeed(
  namespace: PlannedNamespace,
  state: ExamineState,
  signal: AbortSignal,
): Promise<Examined | undefined> {
  if (namespace.isMadeFirst) return undefined;
  const known = state.onNeed.get(namespace.name) ?? examineNamespace(namespace, state, signal);
  state.onNeed.set(namespace.name, known);
  return await known;
}

/** Of a kind that comes with this restore, or one that the run will fail on as well. */
function examineFailed(
  { line, object, error, acts }: Extract<AssessedItem, { outcome: "failed" }>,
  state: ExamineState,
): Examined {
  const place = { ...placeOf(state.run, line, object), ...actsOf({ acts }) };
  const definition = state.coming.get(line.resource);
  const desired = object?.item.desired ?? {};
  const examined = { ...placeIn(place), action: "create" as const, desired };
  const isComing =
    definition !== undefined && schemaOfDefinition(definition, line.version) !== undefined;
  if (object !== undefined && isComing && error.code === "ARK_KIND_NOT_SERVED") {
    const check = state.checks.checkComing(object, definition);
    const item = { ...place, action: "create" as const, reason: "it is not there", check };
    return { item, object: examined, findings: checkFindings(examined, check) };
  }
  const coming = error.code === "ARK_KIND_NOT_SERVED" && whatIsComing(state, line);
  if (coming) {
    const check: PlanCheck = { by: "none", reason: coming };
    const item = { ...place, action: "create" as const, reason: "it is not there", check };
    return { item, object: examined, findings: [] };
  }
  const item = { ...place, action: "create" as const, reason: error.message };
  const finding = failureFinding(examined, error, state.facts);
  // An action may make another kind of it.
  const blocked = isOpen(item) ? {} : { blocked: true as const };
  return { item: { ...item, ...blocked }, object: undefined, findings: [finding] };
}

/** What the restore waits for before it comes to the object; empty: nothing. */
function whatIsComing(
  { facts, run }: ExamineState,
  { version, resource }: Pick<IndexLine, "version" | "resource">,
): string {
  const definition = itemKey({ resource: definitions, namespace: "", name: resource });
  if (run.before.outcomes.has(definition)) return "their definition was made by this restore";
  const isApi = version.includes("/") && facts.restores(apiServices, "", apiServiceName(version));
  return isApi ? "their API is registered by this restore" : "";
}

function placeIn({
  namespace = "",
  ...place
}: Pick<PlannedItem, "resource" | "version" | "kind" | "namespace" | "name">) {
  const { resource, version, kind, name } = place;
  return { resource, version, kind, namespace, name };
}

/** Findings that an accepted dry-run has shown to be no refusal, as things are now. */
const answeredByDryRun: ReadonlySet<string> = new Set([
  ...["priority-class-missing", "runtime-class-missing", "pod-security"],
  ...["webhook-fails-closed", "conversion-webhook-down"],
]);

function tell(examined: Examined, state: ExamineState): void {
  const { item, needs } = examined;
  if (needs !== undefined && !state.told.has(needs)) {
    state.told.add(needs);
    tell(needs, state);
  }
  const findings = findingsOf(examined, state);
  for (const finding of findings) state.onFinding(finding);
  const isHopeless = state.blockedNamespaces.has(item.namespace ?? "") && item.action !== "skip";
  const blocked =
    item.blocked === true || isHopeless || findings.some(({ severity }) => severity === "blocks");
  const codes = [...new Set(findings.map(({ code }) => code))];
  state.onItem({
    ...item,
    ...(blocked ? { blocked: true } : {}),
    ...(codes.length === 0 ? {} : { findings: codes }),
  });
}

/** What the rules say has its own words for a refusal: the API server's are left out then. */
function findingsOf(
  { item, object, findings }: Examined,
  { examination }: ExamineState,
): readonly TargetFinding[] {
  const isAccepted = item.check?.by === "dry-run" && item.check.answer === "accepted";
  const ruled = (object === undefined ? [] : examination.see(object)).map((finding) =>
    isAccepted && answeredByDryRun.has(finding.code) ? asWarning(finding) : finding,
  );
  const isExplained = ruled.some(({ severity }) => severity === "blocks");
  const own = findings.filter(({ code }) => !(isExplained && code === "dry-run-refused"));
  const all = [...ruled, ...own];
  return isOpen(item) ? all.map(asWarning) : all;
}

function asWarning(finding: TargetFinding): TargetFinding {
  return finding.severity === "blocks" ? { ...finding, severity: "warning" } : finding;
}
