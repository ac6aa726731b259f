import { annotations } from "../../api/labels.ts";
import { isOpen, type PlannedItem } from "../../domain/restore/planned-item.ts";
import type { ClusterMarks } from "../../domain/same-cluster.ts";
import { objectKey } from "../apply/object-key.ts";
import type { PlannedFrom, RestorePlanHeader } from "./plan-document.ts";

/** A plan as a run needs it: which backup, which cluster, and what was to become of each object. */
export interface PlannedRun {
  readonly id: string;
  readonly plannedAt: string;
  readonly cluster: ClusterMarks;
  readonly backup: PlannedFrom;
  /** Of the resource modifiers; empty: none. */
  readonly modifiersSha256: string;
  /** Of the resource policies; empty: none. */
  readonly policiesSha256: string;
  /** Names of the item actions that it was made with. */
  readonly itemActions: readonly string[];
  /** True: go on where something has changed since, and say what. */
  readonly allowDrift: boolean;
  /** By the object's place in the target; undefined: the plan has no such object. */
  expected(resource: string, namespace: string, name: string): Expectation | undefined;
  /** What is to be removed, in order. */
  deletions(): readonly PlannedDeletion[];
  /** By object key: why one of these must stay all the same, as a look before the first write has shown. */
  readonly spared: Map<string, string>;
}

/** An object that the backup does not have, as the plan saw it. */
export interface PlannedDeletion {
  readonly resource: string;
  readonly version: string;
  readonly kind: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly sha256: string;
}

export interface Expectation {
  readonly action: string;
  /** Empty: the target had none, or it was equal. */
  readonly liveUid: string;
  readonly liveSha256: string;
  readonly patchSha256: string;
  readonly version: string;
  /** An item action was not asked: what is done depends on it. */
  readonly isOpen: boolean;
}

export interface ExpectationTable {
  add(item: PlannedItem): void;
  finish(
    header: Pick<RestorePlanHeader, "metadata" | "plannedAt" | "cluster" | "backup" | "restore">,
    allowDrift: boolean,
  ): PlannedRun;
}

/** Keeps one short text for each object of a plan. */
export function createExpectations(): ExpectationTable {
  const texts = new Map<string, string>();
  const deletions: PlannedDeletion[] = [];
  return {
    add(item) {
      const { resource, version, kind, namespace = "", name } = item;
      const { action, live, patchSha256 = "" } = item;
      if (action === "delete" && live !== undefined) {
        const { uid, sha256 } = live;
        deletions.push({ resource, version, kind, namespace, name, uid, sha256 });
      }
      const text = [action, live?.uid ?? "", live?.sha256 ?? "", patchSha256, version];
      if (isOpen(item)) text.push("open");
      texts.set(objectKey(resource, namespace, name), text.join(" "));
    },
    finish: ({ metadata, plannedAt, cluster, backup, restore }, allowDrift) => ({
      policiesSha256: restore.annotations[annotations.resourcePoliciesSha256] ?? "",
      modifiersSha256: restore.annotations[annotations.resourceModifiersSha256] ?? "",
      ...{ id: metadata.name, plannedAt, cluster, backup, allowDrift },
      itemActions: restore.itemActions ?? [],
      deletions: () => deletions,
      spared: new Map(),
      expected(resource, namespace, name) {
        const text = texts.get(objectKey(resource, namespace, name));
        if (text === undefined) return undefined;
        const [action = "", liveUid = "", liveSha256 = "", patch = "", version = "", open = ""] =
          text.split(" ");
        const isOpen = open !== "";
        return { action, liveUid, liveSha256, patchSha256: patch, version, isOpen };
      },
    }),
  };
}
