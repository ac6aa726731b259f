import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { claimReferences } from "../../../../src/domain/references/claim.ts";
import { accountsOf, roleOf } from "../../../../src/domain/references/cluster-role-binding.ts";
import { definitionOf } from "../../../../src/domain/references/custom-resource.ts";
import { comesBefore, referredKinds } from "../../../../src/domain/references/edges.ts";
import {
  formatReference,
  type ItemReference,
  parseReference,
} from "../../../../src/domain/references/item-reference.ts";
import { podReferences } from "../../../../src/domain/references/pod.ts";

const told = (references: readonly ItemReference[]): string[] => references.map(formatReference);
const claim = (claimName: string) => ({ persistentVolumeClaim: { claimName } });

/** Velero 1.18.3, pkg/util/actionhelpers. */
describe("what an item refers to", () => {
  const cases: readonly (readonly [string, readonly ItemReference[], readonly string[]])[] = [
    ["a pod without volumes", podReferences({ spec: {} }, "shop"), []],
    ["a pod without spec", podReferences({}, "shop"), []],
    [
      "a pod with claims, one of them twice, and other volumes",
      podReferences({ spec: { volumes: [claim("a"), {}, claim("b"), claim("a")] } }, "shop"),
      ["persistentvolumeclaims shop/a", "persistentvolumeclaims shop/b"],
    ],
    [
      "a pod with a priority class",
      podReferences({ spec: { priorityClassName: "high" } }, "shop"),
      ["priorityclasses.scheduling.k8s.io /high"],
    ],
    [
      "a claim that is bound",
      claimReferences({ spec: { volumeName: "v" }, status: { phase: "Bound" } }),
      ["persistentvolumes /v"],
    ],
    ["a claim without volume", claimReferences({ spec: {}, status: { phase: "Bound" } }), []],
    ...["Pending", "Lost"].map(
      (phase) =>
        [
          `a claim that is ${phase} (regression 15)`,
          claimReferences({ spec: { volumeName: "v" }, status: { phase } }),
          [],
        ] as const,
    ),
    [
      "a binding: the service accounts among its subjects",
      accountsOf({
        subjects: [
          { kind: "ServiceAccount", namespace: "shop", name: "a" },
          { kind: "User", name: "u" },
          { kind: "Group", name: "g" },
          { kind: "ServiceAccount", namespace: "dark", name: "a" },
        ],
      }),
      ["subjects:serviceaccounts shop/a", "subjects:serviceaccounts dark/a"],
    ],
    ["a binding without subjects", accountsOf({}), []],
  ];
  for (const [title, references, expected] of cases) {
    it(title, () => assert.deepEqual(told(references), expected));
  }

  it("a binding has one role, or none", () => {
    assert.equal(roleOf({ roleRef: { name: "view" } })?.name, "view");
    assert.equal(roleOf({}), undefined);
  });

  it("a kind of the API server has no definition, any other may have one", () => {
    const own = ["pods", "deployments.apps", "networkpolicies.networking.k8s.io"];
    assert.deepEqual(own.map(definitionOf), [undefined, undefined, undefined]);
    for (const custom of ["widgets.demo.example", "gateways.gateway.networking.k8s.io"]) {
      assert.equal(definitionOf(custom)?.name, custom);
    }
  });
});

describe("the order of kinds", () => {
  const kinds = [...referredKinds, "pods", "serviceaccounts", "namespaces", "widgets.demo.example"];

  it("has no cycle", () => {
    const reaches = (from: string, seen: readonly string[] = []): boolean =>
      kinds.some(
        (to) => comesBefore(from, to) && (seen.includes(to) || reaches(to, [...seen, from])),
      );
    assert.deepEqual(
      kinds.filter((kind) => reaches(kind)),
      [],
    );
  });

  it("puts namespaces after all, definitions after all but namespaces", () => {
    for (const kind of kinds) {
      assert.equal(comesBefore(kind, "namespaces"), kind !== "namespaces");
      const definitions = "customresourcedefinitions.apiextensions.k8s.io";
      assert.equal(comesBefore(kind, definitions), ![definitions, "namespaces"].includes(kind));
    }
  });

  it("puts no kind without relation before another", () => {
    assert.equal(comesBefore("secrets", "pods"), false);
    assert.equal(comesBefore("secrets", "persistentvolumeclaims"), false);
  });
});

describe("a reference as text", () => {
  const names = ["vol-1", "system:node-proxier", "a.b.c", "x y"];
  for (const name of names) {
    for (const namespace of ["", "shop"]) {
      it(`says ${namespace}/${name} and is read again`, () => {
        const reference = { resource: "clusterroles.rbac.authorization.k8s.io", namespace, name };
        assert.deepEqual(parseReference(formatReference(reference)), reference);
      });
    }
  }
  it("that is none is not read", () => {
    for (const text of ["", "pods", "pods a", " /a", "pods /"]) {
      assert.equal(parseReference(text), undefined, text);
    }
  });
});
