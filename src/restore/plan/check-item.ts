import { apiVersion, type ResourceKind } from "../../api/resource-kind.ts";
import { admissionReferences } from "../../domain/restore/admission-references.ts";
import type { RestoreDecision } from "../../domain/restore/decide.ts";
import {
  type KindSchema,
  schemaOfDefinition,
  schemaOfKind,
} from "../../domain/restore/open-api-schemas.ts";
import type { PlanCheck } from "../../domain/restore/planned-item.ts";
import { endsTheRun, mayPassLater } from "../../domain/restore/retry.ts";
import { schemaProblems } from "../../domain/restore/schema-check.ts";
import type { TargetFacts } from "../../domain/restore/target-findings/facts.ts";
import { toArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { ApiError, type ClusterWriter } from "../../ports/cluster.ts";
import { createBody, encodeObject, ownManager, patchBody } from "../apply/apply-decision.ts";
import type { Assessment, ItemInWork, ShapedObject } from "../apply/assess-item.ts";
import { objectKey } from "../apply/object-key.ts";
import { honoursDryRun } from "../survey/dry-run-kinds.ts";
import type { Planner } from "./assess-all.ts";
import type { PlannedNamespace } from "./plan-namespaces.ts";

type NamespaceToMake = NonNullable<PlannedNamespace["toMake"]>;

/** Judges objects without writing them: by server-side dry-run, or by their schema. */
export interface ItemChecks {
  /** Of an object that would be created, patched or recreated. */
  check(assessment: Assessment, signal: AbortSignal): Promise<PlanCheck>;
  /** Of a namespace that would be made. */
  checkNamespace(toMake: NamespaceToMake, signal: AbortSignal): Promise<PlanCheck>;
  /** Of an object whose kind comes with this restore. */
  checkComing(object: ShapedObject, definition: JsonObject): PlanCheck;
  /** Requests that were answered, and how long all of them took. */
  readonly asked: { readonly count: number; readonly elapsedMs: number };
}

export interface ChecksInput {
  readonly run: Planner;
  readonly facts: TargetFacts;
  readonly mode: "server" | "none";
}

export function createItemChecks(input: ChecksInput, signal: AbortSignal): ItemChecks {
  const { run, facts, mode } = input;
  const { cluster, clock } = run.ports;
  const honours = honoursDryRun(cluster, run.target, signal);
  const schemas = new Map<string, Promise<KindSchema | undefined>>();
  const there = new Map<string, Promise<boolean>>();
  let count = 0;
  let firstMs: number | undefined;
  let lastMs = 0;
  const schemaOf = (kind: ResourceKind): Promise<KindSchema | undefined> => {
    const key = `${apiVersion(kind)} ${kind.kind}`;
    const known =
      schemas.get(key) ??
      cluster
        .openApi(apiVersion(kind), { signal })
        .then((document) => schemaOfKind(document, kind));
    schemas.set(key, known);
    return known;
  };
  const isThere = (resource: string, namespace: string, name: string): Promise<boolean> => {
    const key = objectKey(resource, namespace, name);
    const known = there.get(key) ?? look(run, { resource, namespace, name }, signal);
    there.set(key, known);
    return known;
  };
  const reasonNotToAsk = async ({ work, decision }: Assessment): Promise<string | undefined> => {
    if (mode === "none") return notAsked;
    const { namespace } = work.target;
    if (decision.action === "patch") {
      return (await honours(work.ref.kind)) ? undefined : mayIgnore(work.resource);
    }
    const state = facts.namespaces.get(namespace)?.state;
    if (namespace !== "" && (state === "absent" || state === "terminating")) {
      return "their namespace is made by this restore";
    }
    if (!(await honours(work.ref.kind))) return mayIgnore(work.resource);
    for (const reference of admissionReferences(work.resource, work.item.desired)) {
      const { resource, kind, namespace: where, name } = reference;
      if (name === "" || !facts.restores(resource, where, name)) continue;
      if (await isThere(resource, where, name)) continue;
      return `they wait for a ${kind} made by this restore`;
    }
    return undefined;
  };
  const ask = async (send: () => Promise<unknown>): Promise<PlanCheck> => {
    firstMs ??= clock.monotonicMs();
    try {
      await send();
      return { by: "dry-run", answer: "accepted" };
    } catch (thrown) {
      return answerOf(thrown, signal);
    } finally {
      count += 1;
      lastMs = clock.monotonicMs();
    }
  };
  return {
    async check(assessment) {
      const reason = await reasonNotToAsk(assessment);
      const { work, decision } = assessment;
      if (reason === undefined) return await ask(() => sendDry(cluster, work, decision, signal));
      return bySchema(work.item.desired, await schemaOf(work.ref.kind), reason);
    },
    async checkNamespace({ desired, fieldManager }) {
      const kind = run.target.find("namespaces", "v1");
      if (kind === undefined) return { by: "none", reason: "the API server serves no namespaces" };
      if (mode === "none") return bySchema(desired, await schemaOf(kind), notAsked);
      const ref = { kind, namespace: "", name: textAt(desired, ["metadata", "name"]) };
      const options = { fieldManager, dryRun: true, signal };
      return await ask(() => cluster.create(ref, encodeObject(desired), options));
    },
    checkComing(object, definition) {
      const schema = schemaOfDefinition(definition, object.target.version);
      return bySchema(object.item.desired, schema, "their definition is made by this restore");
    },
    get asked() {
      return { count, elapsedMs: firstMs === undefined ? 0 : lastMs - firstMs };
    },
  };
}

const notAsked = "--dry-run=none";

function sendDry(
  cluster: ClusterWriter,
  work: ItemInWork,
  decision: RestoreDecision,
  signal: AbortSignal,
): Promise<unknown> {
  const options = { dryRun: true, signal };
  if (decision.action === "patch") {
    const body = patchBody(decision);
    return cluster.patch(work.ref, "merge", body, { ...options, fieldManager: ownManager });
  }
  const { fieldManager } = work.item.ownership;
  return cluster.create(work.ref, createBody(work), { ...options, fieldManager });
}

const mayIgnore = (resource: string): string => `the server of ${resource} may ignore dry-run`;

async function look(
  run: Planner,
  { resource, namespace, name }: { resource: string; namespace: string; name: string },
  signal: AbortSignal,
): Promise<boolean> {
  const [version] = run.target.versions(resource);
  const kind = version === undefined ? undefined : run.target.find(resource, version);
  if (kind === undefined) return false;
  try {
    return (await run.ports.cluster.get({ kind, namespace, name }, { signal })) !== undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    if (endsTheRun(toArkError(thrown).code)) throw thrown;
    return false;
  }
}

function bySchema(desired: JsonObject, schema: KindSchema | undefined, reason: string): PlanCheck {
  if (schema === undefined) return { by: "none", reason };
  const [problem] = schemaProblems(desired, schema.schema, schema.lookup, schema);
  return problem === undefined
    ? { by: "schema", answer: "accepted", reason }
    : { by: "schema", answer: "refused", reason, problem };
}

/** Rethrows what no other object would fare better with. */
function answerOf(thrown: unknown, signal: AbortSignal): PlanCheck {
  signal.throwIfAborted();
  const error = toArkError(thrown);
  if (!(error instanceof ApiError) || endsTheRun(error.code)) throw error;
  const { reason, serverMessage, status } = error.api;
  if (reason === "AlreadyExists") return { by: "dry-run", answer: "accepted" };
  const problem = serverMessage === "" ? error.message : serverMessage;
  const isCertain =
    !isRefusalOfDryRun(serverMessage) && !mayPassLater({ code: error.code, status, serverMessage });
  return { by: "dry-run", answer: isCertain ? "refused" : "unanswered", problem };
}

/** A webhook with side effects is not asked by a dry-run: the API server refuses for it. */
export function isRefusalOfDryRun(serverMessage: string): boolean {
  return /does not support dry run/i.test(serverMessage);
}
