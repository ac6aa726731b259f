import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { BackupSpec } from "../../../../src/api/backup.ts";
import { groupResource, type ResourceKind } from "../../../../src/api/resource-kind.ts";
import type { IncludeExcludePolicy } from "../../../../src/domain/policies/resource-policies.ts";
import {
  includesNamespace,
  namespacesToList,
  resolveNamespaces,
} from "../../../../src/domain/selection/namespace-filter.ts";
import { planBackup } from "../../../../src/domain/selection/plan-backup.ts";
import { kindOf } from "../../../support/kinds.ts";

const kinds: readonly ResourceKind[] = [
  kindOf("pods", { kind: "Pod" }),
  kindOf("secrets", { kind: "Secret" }),
  kindOf("nodes", { kind: "Node", cluster: true }),
  kindOf("namespaces", { kind: "Namespace", cluster: true }),
  kindOf("widgets.a.io", { kind: "Widget" }),
  kindOf("racks.a.io", { kind: "Rack", cluster: true }),
  kindOf("gadgets.b.io", { kind: "Gadget" }),
];

type List = readonly string[] | undefined;
interface Lists {
  readonly includes: List;
  readonly excludes: List;
}

/** Velero's words (velero-features 3.3), for terms that are group-resources and globs of groups. */
const fits = (list: readonly string[], name: string): boolean =>
  list.some(
    (term) =>
      term === "*" || term === name || (term.startsWith("*.") && name.endsWith(term.slice(1))),
  );
const scopeOf = (term: string) => kinds.find((kind) => groupResource(kind) === term)?.namespaced;
const ofScope = (list: List, namespaced: boolean): readonly string[] =>
  (list ?? []).filter((term) => term.startsWith("*") || scopeOf(term) === namespaced);

function modelTakes(spec: BackupSpec, kind: ResourceKind): boolean {
  const name = groupResource(kind);
  const allNamespaces =
    fits(spec.includedNamespaces ?? ["*"], "*") && !spec.excludedNamespaces?.length;
  const auto = spec.includeClusterResources;
  if (auto !== undefined || spec.includedResources?.length || spec.excludedResources?.length) {
    if (!kind.namespaced && auto === false) return false;
    if (!kind.namespaced && auto === undefined && !allNamespaces && name !== "namespaces")
      return false;
    if (fits(spec.excludedResources ?? [], name)) return false;
    return !spec.includedResources?.length || fits(spec.includedResources, name);
  }
  const namespaced = {
    includes: ofScope(spec.includedNamespaceScopedResources, true),
    excludes: ofScope(spec.excludedNamespaceScopedResources, true),
  };
  const cluster = {
    includes: ofScope(spec.includedClusterScopedResources, false),
    excludes: ofScope(spec.excludedClusterScopedResources, false),
  };
  const { includes, excludes } = kind.namespaced ? namespaced : cluster;
  if (fits(excludes, name)) return false;
  if (kind.namespaced) return includes.length === 0 || fits(includes, name);
  const unfiltered = includes.length + excludes.length + namespaced.excludes.length === 0;
  const allKinds = namespaced.includes.every((term) => term === "*");
  return (unfiltered && allNamespaces && allKinds) || fits(includes, name) || name === "namespaces";
}

const term = fc.constantFrom(...kinds.map(groupResource), "*.a.io", "*.b.io");
const list = fc.option(fc.uniqueArray(term, { maxLength: 3 }), { nil: undefined });
/** Lists that the checks of a spec let pass. */
const lists: fc.Arbitrary<Lists> = fc
  .oneof(
    { weight: 5, arbitrary: fc.record({ includes: list, excludes: list }) },
    fc.constant({ includes: ["*"], excludes: undefined }),
  )
  .map(({ includes, excludes }) => ({
    includes,
    excludes: excludes?.filter((one) => includes?.includes(one) !== true),
  }));
const scopedLists: fc.Arbitrary<Lists> = fc.oneof(
  { weight: 5, arbitrary: lists },
  fc.constant({ includes: undefined, excludes: ["*"] }),
);
const namespaceLists: fc.Arbitrary<Lists> = fc.constantFrom(
  { includes: undefined, excludes: undefined },
  { includes: ["*"], excludes: undefined },
  { includes: ["shop"], excludes: undefined },
  { includes: undefined, excludes: ["shop"] },
);

function given(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
const oldStyle = fc
  .record({
    namespaces: namespaceLists,
    resources: lists,
    cluster: fc.constantFrom(undefined, true, false),
  })
  .map(
    ({ namespaces, resources, cluster }): BackupSpec =>
      given({
        includedNamespaces: namespaces.includes,
        excludedNamespaces: namespaces.excludes,
        includedResources: resources.includes,
        excludedResources: resources.excludes,
        includeClusterResources: cluster,
      }),
  );
const newStyle = fc
  .record({ namespaces: namespaceLists, namespaced: scopedLists, cluster: scopedLists })
  .map(
    ({ namespaces, namespaced, cluster }): BackupSpec =>
      given({
        includedNamespaces: namespaces.includes,
        excludedNamespaces: namespaces.excludes,
        includedNamespaceScopedResources: namespaced.includes,
        excludedNamespaceScopedResources: namespaced.excludes,
        includedClusterScopedResources: cluster.includes,
        excludedClusterScopedResources: cluster.excludes,
      }),
  );

function taken(spec: BackupSpec, includeExcludePolicy?: IncludeExcludePolicy): readonly string[] {
  const rules = { version: "v1", volumePolicies: [], namespacedFilterPolicies: [] };
  const plan = planBackup({
    name: "b",
    spec,
    discovered: { kinds, brokenGroups: [] },
    activeNamespaces: ["shop", "other"],
    optedOutNamespaces: [],
    ...(includeExcludePolicy === undefined
      ? {}
      : { policies: { where: "it", sha256: "0", rules: { ...rules, includeExcludePolicy } } }),
  });
  return plan.kinds.map(groupResource).sort();
}
const modelTaken = (spec: BackupSpec): readonly string[] =>
  kinds
    .filter((kind) => modelTakes(spec, kind))
    .map(groupResource)
    .sort();

describe("selection of kinds", () => {
  for (const [style, specs] of Object.entries({ "old style": oldStyle, "new style": newStyle })) {
    it(`is as the model says, ${style}`, () => {
      fc.assert(
        fc.property(specs, (spec) => assert.deepEqual(taken(spec), modelTaken(spec))),
        { numRuns: 2_000 },
      );
    });
  }

  /** A policy whose lists name no globs, so that each term decides about one kind. */
  const exact = fc.uniqueArray(fc.constantFrom(...kinds.map(groupResource)), { maxLength: 3 });
  const policies = fc
    .record({ namespaced: fc.tuple(exact, exact), cluster: fc.tuple(exact, exact) })
    .map(
      ({ namespaced, cluster }): IncludeExcludePolicy => ({
        includedNamespaceScopedResources: namespaced[0],
        excludedNamespaceScopedResources: namespaced[1],
        includedClusterScopedResources: cluster[0],
        excludedClusterScopedResources: cluster[1],
      }),
    );

  it("with a policy is that of a spec into which what it leaves open was written", () => {
    const open = (lists: Lists, terms: List, namespaced: boolean): readonly string[] =>
      ofScope(terms, namespaced).filter(
        (name) =>
          !fits(ofScope(lists.includes, namespaced), name) &&
          !fits(ofScope(lists.excludes, namespaced), name),
      );
    const merge = (lists: Lists, policy: Lists, namespaced: boolean): Lists => {
      const excludes = [...(lists.excludes ?? []), ...open(lists, policy.excludes, namespaced)];
      const rest = { includes: lists.includes, excludes };
      return {
        includes: [...(lists.includes ?? []), ...open(rest, policy.includes, namespaced)],
        excludes,
      };
    };
    fc.assert(
      fc.property(newStyle, policies, (spec, policy) => {
        const namespaced = merge(
          {
            includes: spec.includedNamespaceScopedResources,
            excludes: spec.excludedNamespaceScopedResources,
          },
          {
            includes: policy.includedNamespaceScopedResources,
            excludes: policy.excludedNamespaceScopedResources,
          },
          true,
        );
        const cluster = merge(
          {
            includes: spec.includedClusterScopedResources,
            excludes: spec.excludedClusterScopedResources,
          },
          {
            includes: policy.includedClusterScopedResources,
            excludes: policy.excludedClusterScopedResources,
          },
          false,
        );
        const merged: BackupSpec = {
          ...spec,
          includedNamespaceScopedResources: namespaced.includes ?? [],
          excludedNamespaceScopedResources: namespaced.excludes ?? [],
          includedClusterScopedResources: cluster.includes ?? [],
          excludedClusterScopedResources: cluster.excludes ?? [],
        };
        assert.deepEqual(taken(spec, policy), modelTaken(merged));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("selection of namespaces", () => {
  const name = fc.constantFrom("a", "ab", "b", "bb", "kube-a");
  const pattern = fc.oneof(name, fc.constantFrom("*", "a*", "?", "[ab]b", "kube-*", "z*"));
  const matches = (one: string, text: string): boolean =>
    new RegExp(`^${one.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(text);

  it("is as the model says, and what is taken is what is listed", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(pattern, { maxLength: 3 }),
        fc.uniqueArray(fc.oneof(name, fc.constantFrom("a*", "?", "[ab]b", "z*")), { maxLength: 3 }),
        fc.uniqueArray(name),
        (includes, excludes, active) => {
          const filter = resolveNamespaces({ includes, excludes }, active);
          const listed = namespacesToList(filter);
          for (const one of active) {
            const wanted =
              !excludes.some((each) => matches(each, one)) &&
              (includes.length === 0 || includes.some((each) => matches(each, one)));
            assert.equal(includesNamespace(filter, one), wanted, one);
            if (listed !== undefined) assert.equal(listed.includes(one), wanted, one);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
