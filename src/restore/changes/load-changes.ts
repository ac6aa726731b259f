import { annotations } from "../../api/labels.ts";
import type { Finding } from "../../api/results.ts";
import type { LoadedPolicies } from "../../domain/policies/planned-policies.ts";
import type { RestoreChanges } from "../../domain/restore/changes.ts";
import { mappingsOfAnnotations } from "../../domain/restore/mappings/mappings-of-annotations.ts";
import type { ResourceModifiers } from "../../domain/restore/modifiers/resource-modifiers.ts";
import type { RuleSource } from "../../domain/rule-source.ts";
import { ArkError } from "../../lib/errors.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import type { RestoreRequest } from "../restore-request.ts";
import { loadPolicies } from "./load-policies.ts";
import { readConfigMap } from "./read-config-map.ts";
import { readPluginConfigs } from "./read-plugin-configs.ts";

export interface LoadedChanges {
  readonly changes: RestoreChanges;
  readonly policies: LoadedPolicies | undefined;
  /** What was found there and has no meaning any more. */
  readonly notes: readonly Finding[];
  /** With what was read on its annotations, so that a continued run must find the same. */
  readonly request: RestoreRequest;
}

/**
 * Reads all that stands outside the request: what chooses among the objects, and what changes them
 * on the way into the target. Errors: ARK_MODIFIER_INVALID, ARK_MODIFIER_MISSING,
 * ARK_POLICY_INVALID, ARK_POLICY_MISSING, ARK_USAGE, those of a GET.
 */
export async function loadChanges(
  request: RestoreRequest,
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<LoadedChanges> {
  const given = request.annotations ?? {};
  const modifiers = await loadModifiers(request, cluster, signal);
  const policies = await loadPolicies(request, cluster, signal);
  const namespace = given[annotations.pluginConfigNamespace];
  const configs =
    namespace === undefined ? undefined : await readPluginConfigs(cluster, namespace, signal);
  const noted = {
    ...given,
    ...(configs === undefined ? {} : { [annotations.pluginConfigSha256]: configs.sha256 }),
    ...(modifiers === undefined
      ? {}
      : {
          [annotations.resourceModifiers]: modifiers.where,
          [annotations.resourceModifiersSha256]: modifiers.sha256,
        }),
    ...(policies === undefined
      ? {}
      : {
          [annotations.resourcePolicies]: policies.where,
          [annotations.resourcePoliciesSha256]: policies.sha256,
        }),
  };
  const changes = {
    mappings: [...(configs?.mappings ?? []), ...mappingsOfAnnotations(given)],
    ...(modifiers === undefined ? {} : { modifiers }),
    passive: given[annotations.passive] === "true",
  };
  const notes = configs?.notes ?? [];
  return { changes, policies, notes, request: { ...request, annotations: noted } };
}

async function loadModifiers(
  request: RestoreRequest,
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<ResourceModifiers | undefined> {
  const source = sourceOf(request);
  if (source === undefined) return undefined;
  const { parseModifiers } = await import("../../domain/restore/modifiers/parse-modifiers.ts");
  if (source.kind === "text") return parseModifiers(source.text, source.where);
  const where = `ConfigMap ${source.namespace}/${source.name}`;
  const configMap = await readConfigMap(cluster, source, signal);
  if (configMap === undefined) {
    throw new ArkError(
      "ARK_MODIFIER_MISSING",
      `the resource modifiers cannot be read: there is no ${where}`,
      {
        advice:
          "create it, name one of another namespace as NAMESPACE/NAME, or give a file with --resource-modifier-file",
      },
    );
  }
  const texts = Object.values(configMap.data);
  const [text] = texts;
  if (text !== undefined && texts.length === 1) return parseModifiers(text, where);
  throw new ArkError(
    "ARK_MODIFIER_INVALID",
    `the resource modifiers of ${where} cannot be used: data has ${texts.length} keys, and must have one, which holds all of them`,
  );
}

/** A reference to another kind than a ConfigMap says nothing, as in Velero. */
function sourceOf({ modifiers, spec, namespace }: RestoreRequest): RuleSource | undefined {
  if (modifiers !== undefined || spec.resourceModifier === undefined) return modifiers;
  const { kind, name } = spec.resourceModifier;
  if (kind.toLowerCase() !== "configmap") return undefined;
  return { kind: "configmap", namespace: namespace ?? "ark-ts", name };
}
