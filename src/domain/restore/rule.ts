import type { GroupResource } from "../../api/resource-kind.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { VolumeFate } from "./volume-fate.ts";

/** What the rules may know beside the object. All of it is fixed before the first write. */
export interface RuleContext {
  readonly resource: GroupResource;
  /** Where objects of a backed-up namespace go. */
  readonly mapNamespace: (namespace: string) => string;
  /** Keep node ports that the API server had chosen. */
  readonly preserveNodePorts: boolean;
  /** By name of the backed-up persistent volume. */
  readonly volumes: ReadonlyMap<string, VolumeFate>;
  /** uids (in the backup) of the Jobs that this restore makes again. */
  readonly restoredJobs: ReadonlySet<string>;
}

/** Says why an object of the backup is not made again, or undefined when it is. */
export interface LeaveOutRule {
  readonly name: string;
  readonly resources: readonly GroupResource[];
  readonly applies: (backedUp: JsonObject, context: RuleContext) => string | undefined;
}

/**
 * Takes away or rewrites what a server or controller owns, so that the object can be created
 * again. The same object is answered when there is nothing to do. Cleaning twice is cleaning once.
 */
export interface CleaningRule {
  readonly name: string;
  /** Empty: every kind. */
  readonly resources: readonly GroupResource[];
  readonly clean: (object: JsonObject, context: RuleContext) => JsonObject;
}

/** Says why a live object that differs from the backup is silently left as it is. */
export interface KeepLiveRule {
  readonly name: string;
  readonly resources: readonly GroupResource[];
  readonly keeps: (live: JsonObject) => string | undefined;
}
