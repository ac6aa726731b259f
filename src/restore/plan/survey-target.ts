import { type GroupResource, groupResource } from "../../api/resource-kind.ts";
import type {
  AdmissionWebhook,
  ConversionWebhook,
  Quota,
  TargetFacts,
} from "../../domain/restore/target-findings/facts.ts";
import { portsOf } from "../../domain/restore/target-findings/node-port-taken.ts";
import {
  isReadyEndpoint,
  serviceOf,
  webhooksOf,
} from "../../domain/restore/webhook-configurations.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { objectKey } from "../apply/object-key.ts";
import { isPlanned } from "../plan-restore.ts";
import { targetOf } from "../restore-run.ts";
import { apiServices } from "../waits/await-api-services.ts";
import type { Planner } from "./assess-all.ts";
import { listTarget } from "./list-target.ts";
import type { PlannedNamespace } from "./plan-namespaces.ts";

const storageClasses = "storageclasses.storage.k8s.io";
const defaultClass = "storageclass.kubernetes.io/is-default-class";

/** Kinds that others name, and that admission or a controller looks up. */
const named: readonly GroupResource[] = [
  storageClasses,
  "ingressclasses.networking.k8s.io",
  "priorityclasses.scheduling.k8s.io",
  "runtimeclasses.node.k8s.io",
];

/** Kinds of which it matters whether the restore brings an object itself. */
const looked: ReadonlySet<GroupResource> = new Set([
  ...named,
  ...["services", "serviceaccounts", apiServices],
  ...["roles.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io"],
]);

/** A plan that remembers what it could not look at. */
interface Surveying extends Planner {
  readonly unseen: Set<GroupResource>;
}

/** Reads what stands in the target beside the objects themselves. Errors: those that end a run. */
export async function surveyTarget(
  planner: Planner,
  namespaces: ReadonlyMap<string, PlannedNamespace>,
  signal: AbortSignal,
): Promise<TargetFacts> {
  const run: Surveying = { ...planner, unseen: new Set() };
  if ([...namespaces.values()].some(({ state }) => state === "unknown"))
    run.unseen.add("namespaces");
  const restored = await restoredKeys(run, signal);
  const names = new Map<GroupResource, ReadonlySet<string>>();
  let defaultStorageClass: string | undefined;
  for (const resource of named) {
    const found = new Set<string>();
    const seen = await look(run, resource, undefined, signal, (object) => {
      const name = textAt(object, ["metadata", "name"]);
      found.add(name);
      const isDefault = textAt(object, ["metadata", "annotations", defaultClass]) === "true";
      if (resource === storageClasses && isDefault) defaultStorageClass = name;
    });
    if (seen) names.set(resource, found);
  }
  const { services, nodePorts } = await readServices(run, signal);
  const facts: Omit<TargetFacts, "unseen"> = {
    names: (resource) => names.get(resource),
    defaultStorageClass,
    services,
    nodePorts,
    preservesNodePorts: run.request.spec.preserveNodePorts === true,
    webhooks: await readWebhooks(run, signal),
    conversions: await readConversions(run, signal),
    quotas: await readQuotas(run, namespaces, signal),
    namespaces: new Map(
      [...namespaces].map(([name, { state, source, labels }]) => [
        name,
        { state, source, labels: labels as Readonly<Record<string, string>> },
      ]),
    ),
    versions: (resource) => run.target.versions(resource),
    restores: (resource, namespace, name) => restored.has(objectKey(resource, namespace, name)),
  };
  return { ...facts, unseen: [...run.unseen] };
}

/** False: nothing is known of the kind; where it is served, that is remembered. */
async function look(
  run: Surveying,
  resource: GroupResource,
  namespace: string | undefined,
  signal: AbortSignal,
  see: (object: JsonObject) => void,
): Promise<boolean> {
  const isSeen = await listTarget(run, resource, namespace, signal, see);
  const isServed = run.target.served.some((kind) => groupResource(kind) === resource);
  if (!isSeen && isServed) run.unseen.add(resource);
  return isSeen;
}

/** Which of the looked-up kinds the restore brings; labels are not asked. */
async function restoredKeys(run: Planner, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for await (const line of run.backup.index(signal)) {
    if (!looked.has(line.resource) || !isPlanned(run.plan, line)) continue;
    const { namespace, name } = targetOf(run.plan, line);
    keys.add(objectKey(line.resource, namespace, name));
  }
  return keys;
}

async function readServices(run: Surveying, signal: AbortSignal) {
  const services = new Map<string, { ready: boolean }>();
  const nodePorts = new Map<string, string>();
  const seen = await look(run, "services", undefined, signal, (object) => {
    const place = placeOf(object);
    // One without a selector is served by whoever made it; its slices tell.
    services.set(place, { ready: textAt(object, ["spec", "type"]) === "ExternalName" });
    for (const port of portsOf({ desired: object })) nodePorts.set(port, place);
  });
  if (!seen) return { services: undefined, nodePorts: undefined };
  const slices = "endpointslices.discovery.k8s.io";
  const ready = await look(run, slices, undefined, signal, (slice) => {
    const name = textAt(slice, ["metadata", "labels", "kubernetes.io/service-name"]);
    const service = services.get(`${textAt(slice, ["metadata", "namespace"])}/${name}`);
    if (service && arrayAt(slice, ["endpoints"]).some(isReadyEndpoint)) service.ready = true;
  });
  return { services: ready ? services : undefined, nodePorts };
}

function placeOf(object: JsonObject): string {
  return `${textAt(object, ["metadata", "namespace"])}/${textAt(object, ["metadata", "name"])}`;
}

async function readWebhooks(
  run: Surveying,
  signal: AbortSignal,
): Promise<readonly AdmissionWebhook[]> {
  const found: AdmissionWebhook[] = [];
  for (const kind of ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]) {
    const resource = `${kind.toLowerCase()}s.admissionregistration.k8s.io`;
    await look(run, resource, undefined, signal, (object) => {
      found.push(...webhooksOf(resource, object));
    });
  }
  return found;
}

async function readConversions(
  run: Surveying,
  signal: AbortSignal,
): Promise<ReadonlyMap<GroupResource, ConversionWebhook>> {
  const found = new Map<GroupResource, ConversionWebhook>();
  const definitions = "customresourcedefinitions.apiextensions.k8s.io";
  await look(run, definitions, undefined, signal, (object) => {
    const name = textAt(object, ["metadata", "name"]);
    if (!run.plan.kinds.has(name)) return;
    if (textAt(object, ["spec", "conversion", "strategy"]) !== "Webhook") return;
    const stored = arrayAt(object, ["spec", "versions"]).find(
      (version) => valueAt(version, ["storage"]) === true,
    );
    found.set(name, {
      storageVersion: `${textAt(object, ["spec", "group"])}/${textAt(stored, ["name"])}`,
      service: serviceOf(objectAt(object, ["spec", "conversion", "webhook", "clientConfig"])),
    });
  });
  return found;
}

async function readQuotas(
  run: Surveying,
  namespaces: ReadonlyMap<string, PlannedNamespace>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Quota[]>> {
  const found = new Map<string, Quota[]>();
  for (const { name, state } of namespaces.values()) {
    if (state !== "there" && state !== "unknown") continue;
    const quotas: Quota[] = [];
    await look(run, "resourcequotas", name, signal, (object) => {
      const scopes = arrayAt(object, ["spec", "scopes"]);
      const texts = (path: readonly string[]): Readonly<Record<string, string>> =>
        Object.fromEntries(
          Object.entries(objectAt(object, path)).map(([key, value]) => [key, String(value)]),
        );
      quotas.push({
        name: textAt(object, ["metadata", "name"]),
        hard: texts(["spec", "hard"]),
        used: texts(["status", "used"]),
        isScoped: scopes.length > 0 || valueAt(object, ["spec", "scopeSelector"]) !== undefined,
      });
    });
    if (quotas.length > 0) found.set(name, quotas);
  }
  return found;
}
