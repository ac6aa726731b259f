import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseResourcePolicies } from "../../../../src/domain/policies/parse-policies.ts";
import { policyTextOf } from "../../../../src/domain/policies/policy-text.ts";
import { ArkError } from "../../../../src/lib/errors.ts";

const parse = (text: string) => parseResourcePolicies(text, "file p.yaml");

/** The message, which must be the only kind of error there is. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ArkError);
    assert.equal(error.code, "ARK_POLICY_INVALID");
    return error.message;
  }
  return assert.fail("it was accepted");
}

/** velero-features 3.7, "Volume policy ConfigMap", and the additions of 1.18.3. */
const whole = `
version: v1
volumePolicies:
  - conditions:
      capacity: "10Gi,100Gi"
      storageClass: [gp2, ebs-sc]
      nfs: {server: 10.0.0.1, path: /mnt}
      csi: {driver: ebs.csi.aws.com, volumeAttributes: {type: gp3}}
      volumeTypes: [emptyDir, storageOS]
      pvcLabels: {tier: db}
      pvcPhase: [Pending, Lost]
      pvcVolumeMode: Block
      pvcAccessModes: [ReadWriteOnce]
    action:
      type: custom
      parameters: {size: 5, deep: {on: true}}
includeExcludePolicy:
  includedClusterScopedResources: [crd]
  excludedClusterScopedResources: []
  includedNamespaceScopedResources: [pod]
  excludedNamespaceScopedResources: [secret]
clusterScopedFilterPolicy:
  resourceFilters:
    - kinds: [StorageClass]
      names: ["my-*"]
namespacedFilterPolicies:
  - namespaces: [production, "team-*"]
    resourceFilters:
      - kinds: [ConfigMap]
        labelSelector:
          matchExpressions: [{key: tier, operator: In, values: [web]}]
        excludedNames: ["*-tmp"]
      - kinds: ["*"]
        orLabelSelectors: [{matchLabels: {a: b}}]
`;

/** Each row is refused, with the place of what is wrong. */
const refused: readonly { readonly title: string; readonly text: string; readonly says: RegExp }[] =
  [
    { title: "nothing", text: "", says: /not YAML of one document/ },
    {
      title: "a second document, which Velero would not read",
      text: "version: v1\n---\nversion: v1",
      says: /single document/,
    },
    { title: "text that is not YAML", text: "version: [v1", says: /not YAML/ },
    {
      title: "a key twice",
      text: "version: v1\nversion: v1",
      says: /duplicated mapping key/,
    },
    { title: "a list", text: "[]", says: /must be a mapping/ },
    { title: "no version", text: "volumePolicies: []", says: /version is missing: it is v1/ },
    { title: "another version", text: "version: v2", says: /version is "v2", and must be v1/ },
    { title: "an unknown section", text: "version: v1\nfoo:", says: /: foo is not a known field/ },
    volume("an unknown condition", "{capacty: '1,2'}", /\[0\]\.conditions\.capacty is not a known/),
    volume("an unknown condition without a value", "{foo: }", /\.conditions\.foo is not a known/),
    volume("an unknown field of csi", "{csi: {drivr: x}}", /\.conditions\.csi\.drivr is not a/),
    volume("csi without a value", "{csi: }", /\.csi has no value: write \{\} for any/),
    volume("nfs without a value", "{nfs: ~}", /\.nfs has no value: write \{\} for any/),
    volume("a class that is no list", "{storageClass: gp2}", /storageClass is "gp2".* a list/),
    volume("labels that are no mapping", "{pvcLabels: [a]}", /pvcLabels is \["a"\].* a mapping/),
    volume("a list of modes in a mode", "{pvcVolumeMode: [Block]}", /pvcVolumeMode is .* text/),
    volume("attributes without driver", "{csi: {volumeAttributes: {}}}", /needs the driver/),
    volume("one capacity", "{capacity: 10Gi}", /capacity is "10Gi", and must be two quantities/),
    volume("three capacities", "{capacity: '1,2,3'}", /two quantities/),
    volume("a capacity that is none", "{capacity: 'a,b'}", /two quantities/),
    volume("a range upside down", "{capacity: '2Gi,1Gi'}", /upper end is below its lower end/),
    {
      title: "an unknown action",
      text: "version: v1\nvolumePolicies: [{action: {type: drop}}]",
      says: /\[0\]\.action\.type is "drop", and must be skip, fs-backup, snapshot or custom/,
    },
    {
      title: "no action",
      text: "version: v1\nvolumePolicies: [{conditions: {}}]",
      says: /volumePolicies\[0\]\.action is missing/,
    },
    {
      title: "* in a list of includeExcludePolicy",
      text: 'version: v1\nincludeExcludePolicy: {includedClusterScopedResources: ["*"]}',
      says: /includedClusterScopedResources cannot have "\*"/,
    },
    {
      title: "a kind included and excluded",
      text: "version: v1\nincludeExcludePolicy: {includedNamespaceScopedResources: [a], excludedNamespaceScopedResources: [a]}",
      says: /excludedNamespaceScopedResources has "a", which is included as well/,
    },
    clusterFilter("no filters at all", "[]", /resourceFilters is empty/),
    clusterFilter("an entry for the rest", "[{kinds: []}]", /there is no entry for the rest/),
    clusterFilter("* beside a kind", '[{kinds: ["*", a]}]', /kinds has "\*" beside others/),
    clusterFilter("a kind twice", "[{kinds: [a]}, {kinds: [a]}]", /both name kind "a"/),
    namespaced("no namespace", "{namespaces: [], resourceFilters: [{}]}", /namespaces is empty/),
    namespaced("no filters", "{namespaces: [a]}", /resourceFilters is empty/),
    namespaced("a pattern with braces", '{namespaces: ["a{b}"], resourceFilters: [{}]}', /do not/),
    namespaced("two entries for the rest", "{namespaces: [a], resourceFilters: [{}, {}]}", /one/),
    namespaced(
      "names in the entry for the rest",
      "{namespaces: [a], resourceFilters: [{names: [x]}]}",
      /cannot have names or excludedNames/,
    ),
    namespaced(
      "both forms of selectors",
      "{namespaces: [a], resourceFilters: [{kinds: [b], labelSelector: {matchLabels: {a: b}}, orLabelSelectors: [{}]}]}",
      /labelSelector and orLabelSelectors/,
    ),
    namespaced(
      "an operator that there is not",
      "{namespaces: [a], resourceFilters: [{labelSelector: {matchExpressions: [{key: a, operator: in}]}}]}",
      /operator is "in", and must be In, NotIn, Exists or DoesNotExist/,
    ),
    namespaced(
      "In without values",
      "{namespaces: [a], resourceFilters: [{labelSelector: {matchExpressions: [{key: a, operator: In}]}}]}",
      /has In of "a" without values/,
    ),
    namespaced(
      "Exists with values",
      "{namespaces: [a], resourceFilters: [{orLabelSelectors: [{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]}]}",
      /orLabelSelectors\[0\] has Exists of "a" with values/,
    ),
    namespaced(
      "a value that no label has",
      "{namespaces: [a], resourceFilters: [{labelSelector: {matchLabels: {a: 'b c'}}}]}",
      /"b c", which no label can have/,
    ),
    namespaced(
      "a pattern of names that is not closed",
      '{namespaces: [a], resourceFilters: [{kinds: [b], names: ["x["]}]}',
      /names\[0\] "x\[" has a \[ or \] without its partner/,
    ),
    namespaced(
      "one namespace in two policies",
      "{namespaces: [a], resourceFilters: [{}]}, {namespaces: [a], resourceFilters: [{}]}",
      /namespacedFilterPolicies\[0\] and namespacedFilterPolicies\[1\] both name namespace "a"/,
    ),
  ];

function volume(title: string, conditions: string, says: RegExp) {
  const policy = `{conditions: ${conditions}, action: {type: skip}}`;
  return { title, text: `version: v1\nvolumePolicies: [${policy}]`, says };
}
function clusterFilter(title: string, filters: string, says: RegExp) {
  const text = `version: v1\nclusterScopedFilterPolicy: {resourceFilters: ${filters}}`;
  return { title: `cluster-scoped: ${title}`, text, says };
}
function namespaced(title: string, policies: string, says: RegExp) {
  return { title, text: `version: v1\nnamespacedFilterPolicies: [${policies}]`, says };
}

describe("parseResourcePolicies()", () => {
  for (const { title, text, says } of refused) {
    it(`refuses ${title}`, () =>
      assert.match(
        refusal(() => parse(text)),
        says,
      ));
  }

  it("reads every field there is", () => {
    assert.deepEqual(parse(whole), {
      version: "v1",
      volumePolicies: [
        {
          conditions: {
            capacity: "10Gi,100Gi",
            storageClass: ["gp2", "ebs-sc"],
            nfs: { server: "10.0.0.1", path: "/mnt" },
            csi: { driver: "ebs.csi.aws.com", volumeAttributes: { type: "gp3" } },
            volumeTypes: ["emptyDir", "storageOS"],
            pvcLabels: { tier: "db" },
            pvcPhase: ["Pending", "Lost"],
            pvcVolumeMode: "Block",
            pvcAccessModes: ["ReadWriteOnce"],
          },
          action: { type: "custom", parameters: { size: "5", deep: { on: "true" } } },
        },
      ],
      includeExcludePolicy: {
        includedClusterScopedResources: ["crd"],
        excludedClusterScopedResources: [],
        includedNamespaceScopedResources: ["pod"],
        excludedNamespaceScopedResources: ["secret"],
      },
      clusterScopedFilterPolicy: {
        resourceFilters: [{ kinds: ["StorageClass"], names: ["my-*"] }],
      },
      namespacedFilterPolicies: [
        {
          namespaces: ["production", "team-*"],
          resourceFilters: [
            {
              kinds: ["ConfigMap"],
              labelSelector: {
                matchExpressions: [{ key: "tier", operator: "In", values: ["web"] }],
              },
              excludedNames: ["*-tmp"],
            },
            { kinds: ["*"], orLabelSelectors: [{ matchLabels: { a: "b" } }] },
          ],
        },
      ],
    });
  });

  it("reads JSON as well, and a section without a value as absent", () => {
    assert.deepEqual(parse('{"version": "v1", "volumePolicies": null}'), {
      version: "v1",
      volumePolicies: [],
      namespacedFilterPolicies: [],
    });
  });

  it("keeps numbers and truths as they were written, where text is meant", () => {
    const text =
      "version: v1\nvolumePolicies: [{conditions: {pvcLabels: {v: 1.10, on: true, no: }}, action: {type: skip}}]";
    const [policy] = parse(text).volumePolicies;
    assert.deepEqual(policy?.conditions.pvcLabels, { v: "1.10", on: "true", no: "" });
  });

  it("names all problems at once, and whose policies they are", () => {
    const text =
      "version: v1\nvolumePolicies:\n- {action: {type: x}}\n- {action: {type: skip}, b: 1}";
    const message = refusal(() => parse(text));
    assert.match(message, /^the resource policies of file p\.yaml cannot be used: /);
    assert.match(message, /volumePolicies\[0\]\.action\.type.*volumePolicies\[1\]\.b/);
  });

  it("does not multiply aliases without end", () => {
    const lines = ["a0: &a0 [x]"];
    for (let i = 1; i < 20; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]`);
    assert.match(
      refusal(() => parse(lines.join("\n"))),
      /alias/i,
    );
  });
});

describe("policyTextOf()", () => {
  const configMap = (data: unknown) => Buffer.from(JSON.stringify({ data }));

  it("is the value of the one key, whatever its name", () => {
    assert.equal(policyTextOf(configMap({ any: "version: v1" }), "it"), "version: v1");
  });

  for (const data of [undefined, {}, { a: "", b: "" }]) {
    it(`refuses data ${JSON.stringify(data)}`, () => {
      assert.match(
        refusal(() => policyTextOf(configMap(data), "it")),
        /must have one/,
      );
    });
  }
});
