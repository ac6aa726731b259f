import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Definition,
  type Json,
  readDefinitions,
  veleroDefinitions,
  veleroSource,
} from "../support/velero-source.ts";

/** Where we differ from Velero 1.18.3 on purpose: path, what Velero has, what we have, and why. */
const deliberate: readonly (readonly [path: string, reason: string])[] = [
  [
    "podvolumebackups.velero.io columns.Node",
    "Velero's points to .status.node, which the kind does not have: always empty; ours to .spec.node",
  ],
  ...["Age", "Errors", "Status", "Storage Location", "Warnings"].map(
    (name) =>
      [
        `backups.velero.io columns.${name}`,
        "Velero has none: kubectl get backups would show names and ages only",
      ] as const,
  ),
  ...["Age", "Backup", "Errors", "Status", "Warnings"].map(
    (name) =>
      [
        `restores.velero.io columns.${name}`,
        "Velero has none: kubectl get restores would show names and ages only",
      ] as const,
  ),
];

const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lists whose order says nothing. */
const sets = new Set(["required", "enum"]);

/** A schema as paths and values, descriptions left out: `spec.ttl type` is `"string"`. */
function* flatSchema(node: Json, path: string): Generator<readonly [string, string]> {
  for (const [key, value] of Object.entries(node)) {
    if (key === "description") continue;
    if (key === "properties") {
      for (const [name, below] of Object.entries(value as Json)) {
        yield* flatSchema(below as Json, `${path}.${name}`);
      }
    } else if (isRecord(value)) {
      yield* flatSchema(value, `${path}[${key}]`);
    } else {
      const plain = sets.has(key) ? [...(value as string[])].sort() : value;
      yield [`${path} ${key}`, JSON.stringify(plain)];
    }
  }
}

function* flatDefinition({ metadata, spec }: Definition): Generator<readonly [string, string]> {
  const { versions, ...rest } = spec;
  yield* Object.entries(rest).map(([key, value]) => [key, JSON.stringify(sorted(value))] as const);
  for (const { name, schema, additionalPrinterColumns = [], ...others } of versions) {
    const { subresources, ...settings } = others as Json;
    assert.deepEqual(subresources ?? {}, {}, "status would be written apart");
    yield [`version ${name}`, JSON.stringify(sorted(settings))];
    yield* flatSchema(schema.openAPIV3Schema, "");
    for (const { description: _ours, name: column, ...place } of additionalPrinterColumns) {
      yield [`columns.${column}`, JSON.stringify(sorted(place))];
    }
    const order = additionalPrinterColumns.map(({ name: column }) => column);
    if (!(metadata.name in columnsOfOurs)) yield ["order of columns", JSON.stringify(order)];
  }
}

const columnsOfOurs = { "backups.velero.io": true, "restores.velero.io": true };

function sorted(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

interface Difference {
  readonly path: string;
  readonly velero: string | undefined;
  readonly ours: string | undefined;
}

function differences(velero: Definition, ours: Definition): readonly Difference[] {
  const [theirs, own] = [new Map(flatDefinition(velero)), new Map(flatDefinition(ours))];
  return [...new Set([...theirs.keys(), ...own.keys()])].sort().flatMap((path) => {
    const [a, b] = [theirs.get(path), own.get(path)];
    return a === b ? [] : [{ path: `${velero.metadata.name} ${path}`, velero: a, ours: b }];
  });
}

const source = await veleroSource();

describe("deploy/crds beside the CRDs of Velero 1.18.3", { skip: source.missing }, () => {
  const theirs = source.missing === false ? veleroDefinitions(source) : new Map();
  const ours = readDefinitions("deploy/crds/*.yaml");

  it("are the same kinds", () => {
    assert.equal(theirs.size, 13);
    assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort());
  });

  it("differ only where it is meant, descriptions apart", (t) => {
    const found = [...theirs].flatMap(([name, definition]) => {
      const own = ours.get(name);
      return own === undefined ? [] : differences(definition, own);
    });
    const reasons = new Map(deliberate);
    for (const { path, velero = "nothing", ours: own = "nothing" } of found) {
      t.diagnostic(`${path}: Velero ${velero}, ours ${own}; ${reasons.get(path) ?? "NOT MEANT"}`);
    }
    assert.deepEqual(found.map(({ path }) => path).sort(), deliberate.map(([path]) => path).sort());
  });

  it("are seen to differ where a field, a trait or a column is another", () => {
    const [name, definition] = [...ours][0] as [string, Definition];
    const text = JSON.stringify(definition);
    const mutants = [
      text.replace('"nullable":true', '"nullable":false'),
      text.replace('"kopia"', '"kopia2"'),
      text.replace('"volumeNamespace":', '"volumeNamespaces":'),
      text.replace('"jsonPath":".spec', '"jsonPath":".status'),
      text.replace('"scope":"Namespaced"', '"scope":"Cluster"'),
    ];
    for (const mutant of mutants) {
      assert.notEqual(mutant, text, name);
      assert.notDeepEqual(differences(definition, JSON.parse(mutant)), [], mutant);
    }
  });
});
