import type { GroupResource } from "../api/resource-kind.ts";
import {
  formatReference,
  type ItemReference,
  parseReference,
} from "../domain/references/item-reference.ts";
import type { Want } from "../domain/selection/item-verdict.ts";
import { ArkError } from "../lib/errors.ts";

/**
 * Items that others refer to, as they become known: what a kind that is listed later takes
 * besides what selection keeps. One for a run; compact, as it grows with the references.
 */
export interface WantedItems {
  /** Answers whether this says anything new. */
  want(item: ItemReference, how?: Want): boolean;
  /** How an item is wanted; from now on it counts as met, and is forgotten. */
  meet(resource: GroupResource, object: ItemName): Want | undefined;
  has(item: ItemReference): Want | undefined;
  /** Whether any item of the kind is wanted, met or not. */
  wants(resource: GroupResource, how?: Want): boolean;
  /** Items of a kind that were not met, in the order in which they became wanted. */
  unmet(resource: GroupResource): readonly ItemReference[];
  /** All that were not met, of every kind. */
  open(): readonly { readonly item: ItemReference; readonly how: Want }[];
}

interface ItemName {
  readonly namespace: string;
  readonly name: string;
}

export function createWantedItems(): WantedItems {
  const kinds = new Map<GroupResource, WantedKind>();
  const keyOf = ({ namespace, name }: ItemName): string => `${namespace}/${name}`;

  return {
    want(item, how = "wanted") {
      const kind = kinds.get(item.resource) ?? { items: new Map<string, Want>(), hasMusts: false };
      kinds.set(item.resource, kind);
      const key = keyOf(item);
      const known = kind.items.get(key);
      if (known === how || known === "must") return false;
      if (how === "must") kind.hasMusts = true;
      kind.items.set(key, how);
      return true;
    },
    meet(resource, object) {
      const items = kinds.get(resource)?.items;
      if (items === undefined || items.size === 0) return undefined;
      const key = keyOf(object);
      const how = items.get(key);
      // Nothing asks again: whoever refers to it came before.
      if (how !== undefined) items.delete(key);
      return how;
    },
    has: (item) => kinds.get(item.resource)?.items.get(keyOf(item)),
    wants(resource, how = "wanted") {
      const kind = kinds.get(resource);
      return kind !== undefined && (how === "wanted" || kind.hasMusts);
    },
    unmet: (resource) =>
      [...(kinds.get(resource)?.items.keys() ?? [])].map((key) => itemOf(resource, key)),
    open: () =>
      [...kinds].flatMap(([resource, { items }]) =>
        Array.from(items, ([key, how]) => ({ item: itemOf(resource, key), how })),
      ),
  };
}

function itemOf(resource: GroupResource, key: string): ItemReference {
  const slash = key.indexOf("/");
  return { resource, namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

interface WantedKind {
  /** Those that were not met yet. */
  readonly items: Map<string, Want>;
  hasMusts: boolean;
}

/** Writes down what is new about wanted items, so that a continued run knows it. */
export interface WantTeller {
  want(item: ItemReference, how: Want): void;
  /** An item was met that is not taken. */
  met(resource: GroupResource, object: ItemName): void;
  /** What was told since the last call, for a checkpoint. */
  news(): readonly string[];
}

const marks = { wanted: "", must: "!", met: "~" };

export function tellWants(wanted: WantedItems): WantTeller {
  let told: string[] = [];
  return {
    want(item, how) {
      if (wanted.want(item, how)) told.push(`${marks[how]}${formatReference(item)}`);
    },
    met(resource, { namespace, name }) {
      told.push(`${marks.met}${formatReference({ resource, namespace, name })}`);
    },
    news() {
      const news = told;
      told = [];
      return news;
    },
  };
}

/** Takes over what a checkpoint told. Errors: ARK_BACKUP_DAMAGED. */
export function replayWant(wanted: WantedItems, text: string): void {
  const mark = text.slice(0, 1);
  const isMarked = mark === marks.must || mark === marks.met;
  const item = parseReference(isMarked ? text.slice(1) : text);
  if (item === undefined) {
    const told = JSON.stringify(text);
    throw new ArkError("ARK_BACKUP_DAMAGED", `${told} of a checkpoint names no item`);
  }
  if (mark === marks.met) wanted.meet(item.resource, item);
  else wanted.want(item, mark === marks.must ? "must" : "wanted");
}
