import type { RawObject } from "../../api/raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { withoutNoise } from "../../domain/diff/noise.ts";
import { comparable } from "../../domain/restore/decide.ts";
import { mergeServiceAccount } from "../../domain/restore/merge-service-account.ts";
import type { RuleContext } from "../../domain/restore/rule.ts";
import { cleanObject } from "../../domain/restore/rule-table.ts";
import { normalSha256, sha256 } from "../../format/normal-form.ts";
import { canonicalJson } from "../../lib/canonical-json.ts";
import { createFingerprintTable, type FingerprintMatch } from "../../lib/fingerprint-table.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { objectKey } from "../apply/object-key.ts";
import type { TargetName } from "../report/tally.ts";

/** With fewer restored objects than this in one place, each is asked for by itself. */
export const listFrom = 5;

/** Restored objects of one kind in one namespace. */
export interface RestoredPlace {
  readonly resource: GroupResource;
  readonly version: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly count: number;
  /** All of them when there are fewer than `listFrom`. */
  readonly names: readonly string[];
}

/**
 * What a run has created and updated, so that it can be compared once all is done: 16 bytes an
 * object, of what it was to be.
 */
export interface RestoredObjects {
  /**
   * Once its write is settled. `asBackedUp`: hash of its normalised form as it stands, where that is
   * all that it was to be (see as-backed-up.ts).
   */
  note(object: WrittenObject, action: "created" | "updated", asBackedUp?: string): void;
  /**
   * Written by a process that died: what it was to be is not at hand, nor its name if a modifier
   * may have changed that.
   */
  noteFormer(former: FormerObject): void;
  /** The name of an object under the name that it has in the backup; else the same. */
  nameOf(key: string): string;
  /** It may stand under another name. */
  isDoubtful(key: string): boolean;
  places(): readonly RestoredPlace[];
  /** How many were restored and not met yet. */
  unmet(): number;
  isUnmet(key: string): boolean;
  /**
   * Meets what is there now. "absent": no work of this run, or met before. `present` is asked for
   * the object less what is left out of a comparison only where its bytes do not tell.
   */
  meet(key: string, object: RawObject, present: () => JsonObject): FingerprintMatch;
  /** Meets it without a comparison. */
  pass(key: string): void;
}

export interface FormerObject {
  readonly line: { readonly resource: GroupResource; readonly name: string };
  readonly resource: GroupResource;
  readonly target: TargetName;
  readonly action: "created" | "updated";
  readonly isNameSure: boolean;
}

/** An object as it was sent. */
export interface WrittenObject {
  readonly line: { readonly resource: GroupResource; readonly name: string };
  readonly resource: GroupResource;
  readonly target: TargetName;
  readonly item: { readonly desired: JsonObject };
  readonly context: RuleContext;
}

export interface SideInput {
  readonly resource: GroupResource;
  readonly context: RuleContext;
  readonly desired: JsonObject;
}

/** Both sides of a comparison, less what is left out of it. */
export function sidesOf(
  { resource, context, desired }: SideInput,
  live: JsonObject,
): { readonly wanted: JsonObject; readonly present: JsonObject } {
  const { present, wanted: planned } = comparable({ resource, desired, context }, live);
  // A modifier may set what the server owns: that is left out on both sides.
  const wanted = cleanObject(planned, { ...context, mapNamespace: (namespace) => namespace });
  const merged = resource === "serviceaccounts" ? mergeServiceAccount(present, wanted) : wanted;
  return { wanted: withoutNoise(resource, merged), present: withoutNoise(resource, present) };
}

/**
 * Kinds of which an update may write a part only (a released volume is given back to its claim):
 * then nothing says what the rest was to be.
 */
const partlyUpdated: readonly GroupResource[] = ["persistentvolumes"];

/** Stands for what is not known, so that the object is looked at. */
const unknownHash = "0".repeat(16);

interface CountedPlace extends RestoredPlace {
  count: number;
  readonly names: string[];
}

/** `isWanted` false: nothing is noted. */
export function createRestoredObjects(isWanted: boolean): RestoredObjects {
  const table = createFingerprintTable();
  const places = new Map<string, CountedPlace>();
  const renamed = new Map<string, string>();
  const doubtful = new Set<string>();
  const put = (
    resource: GroupResource,
    target: TargetName,
    hash: string,
    isOfBytes = false,
  ): void => {
    const { version, namespace, name } = target;
    if (!table.put(objectKey(resource, namespace, name), hash, isOfBytes)) return;
    const id = `${resource}/${namespace}`;
    const place = places.get(id) ?? { resource, version, namespace, count: 0, names: [] };
    places.set(id, place);
    place.count += 1;
    if (place.names.length < listFrom) place.names.push(name);
  };
  const noteName = (
    line: WrittenObject["line"],
    resource: GroupResource,
    { namespace, name }: TargetName,
  ): void => {
    if (name === line.name && resource === line.resource) return;
    const former = objectKey(line.resource, namespace, line.name);
    renamed.set(former, objectKey(resource, namespace, name));
  };
  return {
    note({ line, resource, target, item, context }, action, asBackedUp) {
      if (!isWanted || (action === "updated" && partlyUpdated.includes(resource))) return;
      if (asBackedUp !== undefined) return put(resource, target, asBackedUp, true);
      const { wanted } = sidesOf({ resource, context, desired: item.desired }, {});
      noteName(line, resource, target);
      put(resource, target, resource === "serviceaccounts" ? unknownHash : hashOf(wanted));
    },
    noteFormer({ line, resource, target, action, isNameSure }) {
      if (action === "updated" && partlyUpdated.includes(resource)) return;
      noteName(line, resource, target);
      if (!isNameSure) doubtful.add(objectKey(resource, target.namespace, target.name));
      put(resource, target, unknownHash);
    },
    nameOf: (key) => renamed.get(key) ?? key,
    isDoubtful: (key) => doubtful.has(key),
    places: () => [...places.values()],
    unmet: () => table.size,
    isUnmet: (key) => table.has(key),
    meet: (key, object, present) =>
      table.takeBy(key, (isOfBytes) => (isOfBytes ? normalSha256(object) : hashOf(present()))),
    pass: (key) => void table.take(key, unknownHash),
  };
}

function hashOf(object: JsonObject): string {
  return sha256(Buffer.from(canonicalJson(object)));
}
