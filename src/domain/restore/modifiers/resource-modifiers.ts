import type { LabelSelector } from "../../../api/backup.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import type { GoGlob } from "./go-glob.ts";
import type { PatchOperation } from "./json-patch.ts";

/** Velero's resource modifiers, release 1.18.3 (velero-features 4.8), ready to be applied. */
export interface ResourceModifiers {
  /** `ConfigMap velero/fix`, `file m.yaml`: for sentences. */
  readonly where: string;
  /** Of their text, hex: a run that is continued must find the same. */
  readonly sha256: string;
  readonly rules: readonly ModifierRule[];
}

export interface ModifierRule {
  /** `rule 2 (deployments.apps)`: counted from 1, for sentences. */
  readonly title: string;
  readonly conditions: ModifierConditions;
  readonly patch: ModifierPatch;
}

/** All must hold. They are asked of the object before any rule has changed it. */
export interface ModifierConditions {
  readonly groupResource: GoGlob;
  /** None: every namespace. Asked of the namespace in the backup; what has none passes. */
  readonly namespaces: readonly GoGlob[];
  readonly name: RegExp | undefined;
  readonly labels: LabelSelector | undefined;
  /** Tests of values. */
  readonly matches: readonly PatchOperation[];
}

export type ModifierPatch =
  | { readonly kind: "json"; readonly operations: readonly PatchOperation[] }
  | { readonly kind: "merge" | "strategic"; readonly patches: readonly JsonObject[] };
