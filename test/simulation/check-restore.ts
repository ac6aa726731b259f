import assert from "node:assert/strict";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { Finding } from "../../src/api/results.ts";
import type { ApiServer } from "../support/api-server/api-server.ts";
import { type ClusterState, decode, type StoredObject } from "../support/oracle/cluster-state.ts";
import { compareStates } from "../support/oracle/compare-states.ts";
import { ignoredObjects } from "../support/oracle/expected-differences.ts";
import { keyOf, pathOf, send } from "./history.ts";
import { definitionResource, podKind, worldKinds } from "./world.ts";

const kinds = [
  { resource: "namespaces", apiVersion: "v1" },
  { resource: definitionResource, apiVersion: "apiextensions.k8s.io/v1" },
  ...worldKinds,
  podKind,
];

/** All that a cluster holds of the kinds of the world, by plain LISTs. */
export async function readState(server: ApiServer): Promise<ClusterState> {
  const state = new Map<string, StoredObject>();
  const dispatcher = server.dispatcher();
  for (const { resource, apiVersion } of kinds) {
    const path = pathOf({ resource, apiVersion, namespace: "", name: "" }).replace(/\/$/, "");
    const { status, text } = await send(dispatcher, "GET", path);
    if (status === 404) continue;
    assert.equal(status, 200, `LIST ${path}`);
    const { items } = decode(text) as unknown as { items: readonly StoredObject["value"][] };
    for (const value of items) {
      const { name, namespace = "" } = value["metadata"] as { name: string; namespace?: string };
      state.set(keyOf({ resource, namespace, name }), { resource, namespace, name, value });
    }
  }
  return state;
}

/** Entries of a backup, as a LIST would give them: those of built-in kinds carry no kind there. */
function stateOf(
  entries: ReadonlyMap<string, string>,
  mapping: Readonly<Record<string, string>>,
): ClusterState {
  const state = new Map<string, StoredObject>();
  for (const [key, text] of entries) {
    const [resource = ""] = key.split(" ");
    const { kind, apiVersion, ...rest } = decode(text);
    for (const subject of (rest["subjects"] ?? []) as { namespace?: string }[]) {
      const mapped = mapping[subject.namespace ?? ""];
      if (mapped !== undefined) subject.namespace = mapped;
    }
    const value = resource.endsWith("demo.example") && resource !== definitionResource;
    const { name, namespace = "" } = rest["metadata"] as { name: string; namespace?: string };
    state.set(key, {
      resource,
      namespace,
      name,
      value: value ? { kind, apiVersion, ...rest } : rest,
    });
  }
  return state;
}

export interface RestoreTruth {
  readonly entries: ReadonlyMap<string, string>;
  readonly spec: RestoreSpec;
  /** Keys of what was there before the first restore. */
  readonly before: ReadonlySet<string>;
}

/** What was selected is there, or an error names it; and nothing else has come. Answers what is there. */
export async function checkRestored(
  server: ApiServer,
  truth: RestoreTruth,
  findings: readonly Finding[],
): Promise<ClusterState> {
  const after = await readState(server);
  const { namespaceMapping = {}, includedNamespaces } = truth.spec;
  const isIn = (name: string): boolean => includedNamespaces?.includes(name) ?? true;
  const all = [...stateOf(truth.entries, namespaceMapping)];
  // What is not in a namespace comes along with what refers to it, or not.
  const maybe = all.filter(([, one]) => one.namespace === "" && includedNamespaces !== undefined);
  const wanted = all.filter(([, one]) =>
    one.namespace === "" ? includedNamespaces === undefined : isIn(one.namespace),
  );
  const errors = findings.filter((finding) => finding.severity === "error");
  const named = new Set(
    errors.map(({ resource, namespace, name }) => place(resource, namespace, name)),
  );
  const must = new Map(wanted.filter(([, one]) => !isNamed(one, named, namespaceMapping)));
  const { differences } = compareStates(must, after, { namespaceMapping });
  assert.deepEqual(differences, [], "what was restored differs from what was backed up");
  const allowed = new Set(
    [...wanted, ...maybe].flatMap(([, one]) => placesAfter(one, namespaceMapping)),
  );
  for (const [key, object] of after) {
    if (truth.before.has(key) || allowed.has(key)) continue;
    assert.fail(`${key} is there, and nobody asked for it: ${JSON.stringify(object.value)}`);
  }
  const never: readonly string[] = ignoredObjects
    .map((rule) => rule.resource)
    .filter((name) => name.startsWith("events"));
  const strangers = [...after.values()].filter((one) => never.includes(one.resource));
  assert.deepEqual(strangers.map(keyOf), [], "events are never restored");
  return after;
}

const place = (resource = "", namespace = "", name = ""): string =>
  `${resource} ${namespace}/${name}`;

/** The object itself, and its namespace, which is made for it. */
function placesAfter(one: StoredObject, mapping: Readonly<Record<string, string>>): string[] {
  if (one.resource === "namespaces")
    return [place("namespaces", "", mapping[one.name] ?? one.name)];
  if (one.namespace === "") return [keyOf(one)];
  const namespace = mapping[one.namespace] ?? one.namespace;
  return [place(one.resource, namespace, one.name), place("namespaces", "", namespace)];
}

function isNamed(
  one: StoredObject,
  named: ReadonlySet<string>,
  mapping: Readonly<Record<string, string>>,
): boolean {
  const namespace = mapping[one.namespace] ?? one.namespace;
  const name = one.resource === "namespaces" ? (mapping[one.name] ?? one.name) : one.name;
  // A namespace that cannot be had is told once for all that is in it.
  return (
    named.has(place(one.resource, namespace, name)) ||
    (namespace !== "" && named.has(place("namespaces", "", namespace)))
  );
}
