import { isDeepStrictEqual } from "node:util";
import { type ClusterState, type Decoded, objectKey, type StoredObject } from "./cluster-state.ts";
import { compareOwnership } from "./compare-ownership.ts";
import {
  adoptedReason,
  type IgnoredField,
  type IgnoredObject,
  ignoredFields,
  ignoredObjects,
} from "./expected-differences.ts";
import { type OwnersNow, ownersNow } from "./owners-now.ts";

export interface CompareOptions {
  /** Old namespace to new one. */
  readonly namespaceMapping?: Readonly<Record<string, string>>;
  readonly fields?: readonly IgnoredField[];
  readonly objects?: readonly IgnoredObject[];
}

export interface Comparison {
  /** Objects that were looked at on both sides. */
  readonly compared: number;
  /** One sentence each; empty when all is as it was. */
  readonly differences: readonly string[];
  /** How often each line of the table was needed. */
  readonly left: ReadonlyMap<string, number>;
}

/** Compares what a cluster held before with what it holds after, field by field. */
export function compareStates(
  before: ClusterState,
  after: ClusterState,
  options: CompareOptions = {},
): Comparison {
  const rules = {
    fields: options.fields ?? ignoredFields,
    objects: options.objects ?? ignoredObjects,
  };
  const mapping = options.namespaceMapping ?? {};
  const left = new Map<string, number>();
  const count = (reason: string): void => void left.set(reason, (left.get(reason) ?? 0) + 1);
  const differences: string[] = [];
  const owners = ownersNow(before, after, (object) => mapNamespace(object, mapping));
  let compared = 0;
  for (const object of before.values()) {
    const reason = reasonToIgnore(object, rules.objects);
    if (reason !== undefined) {
      count(reason);
      continue;
    }
    const expected = mapNamespace(object, mapping);
    const found = after.get(objectKey(expected));
    if (found === undefined) {
      differences.push(`${objectKey(expected)} is missing`);
      continue;
    }
    compared++;
    const fields = rules.fields.filter((field) => isFor(field, object));
    const walk = { fields, count, where: objectKey(expected), path: [] };
    const value = withOwners(expected.value, owners.ownersOf(object));
    differences.push(...compareObjects(value, found.value, walk, owners));
  }
  return { compared, differences, left };
}

const isFor = (field: IgnoredField, object: StoredObject): boolean =>
  (field.resource === "*" || field.resource === object.resource) &&
  (field.name === undefined || field.name.test(object.name));

const managedFields = ["metadata", "managedFields"];

/** The ownership of fields is compared by its meaning, unless the table leaves it out. */
function compareObjects(before: Decoded, after: Decoded, walk: Walk, owners: OwnersNow): string[] {
  if (walk.fields.some(({ path }) => covers(path, managedFields))) {
    return compareValues(before, after, walk);
  }
  const { differences, adopted } = compareOwnership(before, after, owners.uidOf);
  if (adopted > 0) walk.count(adoptedReason);
  const found = differences.flatMap(({ path, sentence }) => {
    const ignored = walk.fields.find((field) => covers(field.path, path));
    if (ignored === undefined) return [`${walk.where}: ${path.join("/")} is ${sentence}`];
    walk.count(ignored.reason);
    return [];
  });
  const plain = (value: Decoded): Decoded => withMetadata(value, { managedFields: undefined });
  return [...compareValues(plain(before), plain(after), walk), ...found];
}

function withOwners(value: Decoded, ownerReferences: readonly unknown[]): Decoded {
  const metadata = value["metadata"] as Decoded;
  if (metadata["ownerReferences"] === undefined) return value;
  const left = ownerReferences.length === 0 ? undefined : ownerReferences;
  return withMetadata(value, { ownerReferences: left });
}

/** Fields that are undefined are left out. */
function withMetadata(value: Decoded, fields: Decoded): Decoded {
  const metadata = { ...(value["metadata"] as Decoded), ...fields };
  const rest = Object.entries(metadata).filter(([, field]) => field !== undefined);
  return { ...value, metadata: Object.fromEntries(rest) };
}

function reasonToIgnore(object: StoredObject, table: readonly IgnoredObject[]): string | undefined {
  const metadata = object.value["metadata"] as {
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  return table.find(
    (rule) =>
      rule.resource === object.resource &&
      (rule.name === undefined || rule.name.test(object.name)) &&
      (rule.ownedBy === undefined ||
        (metadata.ownerReferences ?? []).some((owner) => owner.kind === rule.ownedBy)),
  )?.reason;
}

function mapNamespace(
  object: StoredObject,
  mapping: Readonly<Record<string, string>>,
): StoredObject {
  const target = mapping[object.namespace];
  const isNamespace = object.resource === "namespaces" && mapping[object.name] !== undefined;
  if (target === undefined && !isNamespace) return object;
  const value = JSON.parse(JSON.stringify(object.value)) as {
    metadata: Record<string, unknown>;
  } & Decoded;
  if (isNamespace) {
    const name = mapping[object.name] as string;
    value.metadata["name"] = name;
    (value.metadata["labels"] as Record<string, string>)["kubernetes.io/metadata.name"] = name;
    return { ...object, name, value };
  }
  value.metadata["namespace"] = target;
  for (const subject of (value["subjects"] ?? []) as { namespace?: string }[]) {
    const mapped = mapping[subject.namespace ?? ""];
    if (mapped !== undefined) subject.namespace = mapped;
  }
  mapToken(value, object.namespace, target as string);
  return { ...object, namespace: target as string, value };
}

/** The token of a service account says of which namespace it is. */
function mapToken(value: Decoded, namespace: string, target: string): void {
  if (value["type"] !== "kubernetes.io/service-account-token") return;
  const data = (value["data"] ?? {}) as Record<string, string>;
  const [before, after] = [namespace, target].map((text) => Buffer.from(text).toString("base64"));
  if (data["namespace"] === before && after !== undefined) data["namespace"] = after;
}

interface Walk {
  readonly fields: readonly IgnoredField[];
  readonly count: (reason: string) => void;
  readonly where: string;
  readonly path: readonly string[];
}

function compareValues(before: unknown, after: unknown, walk: Walk): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  const ignored = walk.fields.find((field) => covers(field.path, walk.path));
  if (ignored !== undefined) {
    walk.count(ignored.reason);
    return [];
  }
  const [a, b] = [children(before), children(after)];
  if (a === undefined || b === undefined || Array.isArray(before) !== Array.isArray(after)) {
    // Something that holds only what the table leaves out may be gone, or have come, as a whole.
    const rest = children(before ?? after);
    const other = before === undefined || after === undefined;
    if (other && rest !== undefined && rest.size > 0)
      return compareSides(rest, before === undefined, walk);
    return [`${walk.where}: ${walk.path.join("/")}: ${show(before)} became ${show(after)}`];
  }
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].flatMap((key) =>
    compareValues(a.get(key), b.get(key), { ...walk, path: [...walk.path, key] }),
  );
}

function compareSides(entries: ReadonlyMap<string, unknown>, isNew: boolean, walk: Walk): string[] {
  return [...entries].flatMap(([key, value]) =>
    compareValues(isNew ? undefined : value, isNew ? value : undefined, {
      ...walk,
      path: [...walk.path, key],
    }),
  );
}

function children(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (value === null || typeof value !== "object") return undefined;
  return new Map(Object.entries(value).map(([key, child]) => [key.replaceAll("/", "~1"), child]));
}

const covers = (rule: readonly string[], path: readonly string[]): boolean =>
  rule.length <= path.length && rule.every((part, index) => part === "*" || part === path[index]);

const show = (value: unknown): string =>
  value === undefined ? "nothing" : JSON.stringify(value).slice(0, 200);

/** The table as a test prints it: what was left out, how often, and why. */
export function renderLeftOut(comparison: Comparison): string {
  const lines = [...comparison.left]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, times]) => `${String(times).padStart(6)}  ${reason}`);
  return [`compared ${comparison.compared} objects; left out of the comparison:`, ...lines].join(
    "\n",
  );
}
