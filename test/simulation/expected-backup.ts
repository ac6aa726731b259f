/**
 * What a backup must hold and may hold, from what the cluster held: a model of its own of
 * Velero's rules, that shares nothing with the product's selection.
 */
import type { BackupSpec, LabelSelector } from "../../src/api/backup.ts";
import { type History, keyOf, type Tracked } from "./history.ts";
import { definitionResource } from "./world.ts";

interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
}

/** The states in which an object may stand in the backup; a revision, or what was in between. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface Expectation {
  readonly tracked: Tracked;
  /** Bytes that are right. */
  readonly texts: readonly string[];
  /** Whether its absence may be right. */
  readonly mayBeAbsent: boolean;
}

const metadataOf = (text: string): Metadata =>
  (JSON.parse(text) as { metadata: Metadata }).metadata;

const optOut = "velero.io/exclude-from-backup";

/** By `resource namespace/name`. `windowOf`: what the backup says of the kind's revision. */
export function expectBackup(
  history: History,
  spec: BackupSpec,
  windowOf: (resource: string) => Window,
): ReadonlyMap<string, Expectation> {
  const expected = new Map<string, Expectation>();
  const rules = rulesOf(history, spec);
  const holding = { surely: new Set<string>(), maybe: new Set<string>() };
  for (const tracked of history.objects.values()) {
    if (tracked.resource === "namespaces" || !rules.takesKind(tracked)) continue;
    const { from, to } = windowOf(tracked.resource);
    const taken = history.between(tracked, from, to).map((text) => rules.takes(tracked, text));
    const texts = taken.filter((text) => text !== undefined);
    if (texts.length === 0) continue;
    const mayBeAbsent = texts.length < taken.length;
    expected.set(keyOf(tracked), { tracked, texts, mayBeAbsent });
    if (tracked.namespace === "") continue;
    holding.maybe.add(tracked.namespace);
    if (!mayBeAbsent) holding.surely.add(tracked.namespace);
  }
  for (const definition of definitionsOf(history, expected, rules, windowOf)) {
    expected.set(keyOf(definition.tracked), definition);
  }
  for (const tracked of history.objects.values()) {
    if (tracked.resource !== "namespaces" || !rules.takesKind(tracked)) continue;
    const { from, to } = windowOf(tracked.resource);
    const texts = history.between(tracked, from, to).filter((text) => text !== undefined);
    const takes = (holds: ReadonlySet<string>): boolean =>
      texts.some((text) => rules.takesNamespace(text, holds.has(tracked.name)));
    if (!takes(holding.maybe)) continue;
    expected.set(keyOf(tracked), { tracked, texts, mayBeAbsent: !takes(holding.surely) });
  }
  return expected;
}

/** A custom object brings the definition of its kind, unless definitions are excluded. */
function* definitionsOf(
  history: History,
  expected: ReadonlyMap<string, Expectation>,
  rules: ReturnType<typeof rulesOf>,
  windowOf: (resource: string) => Window,
): Generator<Expectation> {
  for (const tracked of history.objects.values()) {
    if (tracked.resource !== definitionResource || !rules.bringsDefinitions) continue;
    const defined = [...expected.values()].filter((one) => one.tracked.resource === tracked.name);
    if (defined.length === 0) continue;
    const { from, to } = windowOf(tracked.resource);
    const states = history.between(tracked, from, to);
    const texts = states.filter((text) => text !== undefined && !rules.isDropped(text));
    if (texts.length === 0) continue;
    const maybe = texts.length < states.length || defined.every((one) => one.mayBeAbsent);
    const mayBeAbsent = maybe && expected.get(keyOf(tracked))?.mayBeAbsent !== false;
    yield { tracked, texts: texts as string[], mayBeAbsent };
  }
}

function rulesOf(history: History, spec: BackupSpec) {
  const optedOut = new Set<string>();
  for (const tracked of history.objects.values()) {
    const text = tracked.versions.at(-1)?.text;
    if (tracked.resource !== "namespaces" || text === undefined) continue;
    if (metadataOf(text).labels?.[optOut] === "true") optedOut.add(tracked.name);
  }
  const { includedNamespaces = [], excludedNamespaces = [] } = spec;
  const inNamespaces = (name: string): boolean => {
    if (optedOut.has(name)) return false;
    if (excludedNamespaces.some((pattern) => matches(pattern, name))) return false;
    return includedNamespaces.length === 0 || includedNamespaces.some((p) => matches(p, name));
  };
  const includesAll = includedNamespaces.length === 0 || includedNamespaces.includes("*");
  const filtersNamespaces = !includesAll || excludedNamespaces.length > 0 || optedOut.size > 0;
  const selectors =
    spec.labelSelector === undefined ? (spec.orLabelSelectors ?? []) : [spec.labelSelector];
  const selected = (labels: Readonly<Record<string, string>>): boolean =>
    selectors.some((selector) => matchesSelector(selector, labels));
  const isDropped = (text: string): boolean => {
    const { labels = {}, deletionTimestamp } = metadataOf(text);
    return deletionTimestamp !== undefined || labels[optOut] === "true";
  };
  const { includedResources: kinds = [], excludedResources: excluded = [] } = spec;
  const included = kinds.length === 0 || kinds.includes(definitionResource);
  return {
    isDropped,
    bringsDefinitions:
      !excluded.includes(definitionResource) && (spec.includeClusterResources ?? included),
    takesKind: ({ resource, namespace }: Tracked): boolean => {
      const { includedResources = [], excludedResources = [], includeClusterResources } = spec;
      if (excludedResources.includes(resource)) return false;
      if (includedResources.length > 0 && !includedResources.includes(resource)) return false;
      if (namespace !== "") return true;
      if (includeClusterResources !== undefined) return includeClusterResources;
      return resource === "namespaces" || !filtersNamespaces;
    },
    takes(tracked: Tracked, text: string | undefined): string | undefined {
      if (text === undefined) return undefined;
      const { labels = {} } = metadataOf(text);
      if (isDropped(text)) return undefined;
      if (tracked.namespace !== "" && !inNamespaces(tracked.namespace)) return undefined;
      return selectors.length === 0 || selected(labels) ? text : undefined;
    },
    takesNamespace(text: string, holds: boolean): boolean {
      const { name, labels = {}, deletionTimestamp } = metadataOf(text);
      if (deletionTimestamp !== undefined || labels[optOut] === "true") return false;
      if (holds || selected(labels)) return true;
      if (!filtersNamespaces && selectors.length > 0) return false;
      return inNamespaces(name);
    },
  };
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function matchesSelector(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator }) => operator === "Exists" && key in labels)
  );
}
