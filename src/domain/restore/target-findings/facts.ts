import type { LabelSelector } from "../../../api/backup.ts";
import type { GroupResource } from "../../../api/resource-kind.ts";
import type { JsonObject } from "../../../lib/json-text.ts";

/** What the target has that a restore meets. Undefined: this user may not read it. */
export interface TargetFacts {
  /** Kinds that could not be listed, and that rules here go by. */
  readonly unseen: readonly GroupResource[];
  /** Names of the cluster-scoped objects of a kind, such as `storageclasses.storage.k8s.io`. */
  names(resource: GroupResource): ReadonlySet<string> | undefined;
  /** Classes that stand in for one that is not named. */
  readonly defaultStorageClass: string | undefined;
  /** `namespace/name` of Services, whether any address behind one is ready. */
  readonly services: ReadonlyMap<string, { readonly ready: boolean }> | undefined;
  /** The restore keeps every node port, and not only those that were asked for by number. */
  readonly preservesNodePorts: boolean;
  /** Services by the node port that they hold. */
  readonly nodePorts: ReadonlyMap<string, string> | undefined;
  readonly webhooks: readonly AdmissionWebhook[];
  /** By definition name. */
  readonly conversions: ReadonlyMap<GroupResource, ConversionWebhook>;
  /** By namespace. */
  readonly quotas: ReadonlyMap<string, readonly Quota[]>;
  /** Target namespaces as they are, or will be made. */
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  /** `apiVersion`s in which a kind is served now. */
  versions(resource: GroupResource): readonly string[];
  /** Whether this restore brings the object itself, by its place in the target. */
  restores(resource: GroupResource, namespace: string, name: string): boolean;
}

export interface NamespaceFacts {
  readonly state: "absent" | "there" | "terminating" | "unknown";
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where a webhook is: a Service, or a URL that nothing is known of. */
export interface WebhookBackend {
  readonly service: string | undefined;
}

export interface AdmissionWebhook extends WebhookBackend {
  readonly name: string;
  /** `ValidatingWebhookConfiguration "x"`. */
  readonly configuration: string;
  readonly failsClosed: boolean;
  readonly rules: readonly WebhookRule[];
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
  /** Conditions in CEL, which are not evaluated. */
  readonly hasConditions: boolean;
}

export interface WebhookRule {
  readonly groups: readonly string[];
  readonly versions: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  /** `*`, `Namespaced` or `Cluster`. */
  readonly scope: string;
}

export interface ConversionWebhook extends WebhookBackend {
  /** `apiVersion` that needs no conversion. */
  readonly storageVersion: string;
}

export interface Quota {
  readonly name: string;
  /** Quantities as text, by resource such as `requests.storage`. */
  readonly hard: Readonly<Record<string, string>>;
  readonly used: Readonly<Record<string, string>>;
  /** It counts some objects only. */
  readonly isScoped: boolean;
}

/** One object as the restore would write it. */
export interface ExaminedObject {
  readonly resource: GroupResource;
  readonly version: string;
  readonly kind: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
  readonly action: "create" | "patch" | "recreate";
  readonly desired: JsonObject;
  /** Undefined: the backup does not have it. */
  readonly backedUp?: JsonObject;
}
