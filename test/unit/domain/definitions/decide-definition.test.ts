import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../../../src/api/backup.ts";
import { toDefinition } from "../../../../src/api/custom-resource-definition.ts";
import {
  decideDefinition,
  isMarkedAsVeleros,
  type LiveDefinition,
} from "../../../../src/domain/definitions/decide-definition.ts";

const ours = toDefinition(backupKind);

/** As the API server would have it after installation, but for what is changed. */
function live(change: (definition: Mutable) => void = () => {}): LiveDefinition {
  const definition = structuredClone(ours) as unknown as Mutable;
  definition.metadata["resourceVersion"] = "7";
  change(definition);
  return definition as unknown as LiveDefinition;
}

interface Mutable {
  readonly metadata: Record<string, unknown>;
  readonly spec: Record<string, unknown> & {
    readonly names: Record<string, unknown>;
    readonly versions: (Record<string, unknown> & {
      readonly schema: { readonly openAPIV3Schema: { readonly properties: Properties } };
    })[];
  };
}
type Properties = Record<string, { properties: Properties; [key: string]: unknown }>;

const specOf = (definition: Mutable): Properties =>
  definition.spec.versions[0]!.schema.openAPIV3Schema.properties["spec"]!.properties;

describe("decideDefinition()", () => {
  it("creates what is not there", () => {
    assert.deepEqual(decideDefinition(ours, undefined), { action: "create" });
  });

  it("leaves what is equal alone, whatever it says in descriptions, labels and columns", () => {
    const other = live((definition) => {
      definition.metadata["labels"] = { component: "velero" };
      definition.spec.versions[0]!["additionalPrinterColumns"] = [];
      specOf(definition)["ttl"]!["description"] = "another";
    });
    assert.deepEqual(decideDefinition(ours, other), { action: "leave", state: "equal" });
    assert.ok(isMarkedAsVeleros(other));
    assert.ok(!isMarkedAsVeleros(live()));
  });

  it("leaves what is newer alone: another field, or another version", () => {
    const newer = { action: "leave", state: "newer" };
    const field = live((definition) => {
      specOf(definition)["later"] = { type: "string", properties: {} };
    });
    assert.deepEqual(decideDefinition(ours, field), newer);
    const version = live((definition) => {
      definition.spec.versions.push({ ...definition.spec.versions[0]!, name: "v2" });
    });
    assert.deepEqual(decideDefinition(ours, version), newer);
  });

  it("widens what is older, at the revision it was read at, and keeps what is not ours", () => {
    const older = live((definition) => {
      definition.metadata["labels"] = { component: "velero" };
      delete specOf(definition)["uploaderConfig"];
      specOf(definition)["formerly"] = { type: "string", properties: {} };
    });
    const decision = decideDefinition(ours, older);
    assert.ok(decision.action === "extend");
    assert.deepEqual(decision.gains, ["spec.uploaderConfig"]);
    assert.deepEqual(decision.body.metadata, older.metadata);
    assert.deepEqual(decideDefinition(ours, decision.body), { action: "leave", state: "newer" });
    const spec = specOf(decision.body as unknown as Mutable);
    assert.ok("formerly" in spec && "uploaderConfig" in spec);
  });

  it("serves a version that is not served", () => {
    const decision = decideDefinition(
      ours,
      live((definition) => {
        definition.spec.versions[0]!["served"] = false;
      }),
    );
    assert.ok(decision.action === "extend");
    assert.deepEqual(decision.gains, ["version v1 served"]);
  });

  const refused: readonly (readonly [string, (definition: Mutable) => void, RegExp])[] = [
    ["another scope", ({ spec }) => Object.assign(spec, { scope: "Cluster" }), /are Cluster, not/],
    ["another kind", ({ spec }) => Object.assign(spec.names, { kind: "Copy" }), /kind is Copy/],
    ["no v1", ({ spec }) => Object.assign(spec.versions[0]!, { name: "v3" }), /versions are v3/],
    [
      "a field of another type",
      (definition) => Object.assign(specOf(definition)["ttl"]!, { type: "integer" }),
      /field spec\.ttl is of type integer, not string/,
    ],
    [
      "one that is being deleted",
      ({ metadata }) => Object.assign(metadata, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      /being deleted since 2026-01-01/,
    ],
  ];
  for (const [what, change, problem] of refused) {
    it(`refuses ${what}`, () => {
      const decision = decideDefinition(ours, live(change));
      assert.ok(decision.action === "refuse");
      assert.match(decision.problem, problem);
    });
  }
});
