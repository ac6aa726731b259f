import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatReference } from "../../../../src/domain/references/item-reference.ts";
import {
  accountMentions,
  claimMentions,
  ingressMentions,
  type PodMentionsLens,
  podMentions,
} from "../../../../src/domain/references/mentions.ts";

type Spec = NonNullable<PodMentionsLens["spec"]>;

/** Each way in which a pod can name an item that it does not start without. */
const rows: readonly (readonly [string, Spec, readonly string[]])[] = [
  ["nothing", {}, []],
  ["its account", { serviceAccountName: "a" }, ["serviceaccounts shop/a"]],
  ["its runtime class", { runtimeClassName: "kata" }, ["runtimeclasses.node.k8s.io /kata"]],
  ["a pull secret", { imagePullSecrets: [{ name: "s" }] }, ["secrets shop/s"]],
  ["a secret volume", { volumes: [{ secret: { secretName: "s" } }] }, ["secrets shop/s"]],
  ["a config map volume", { volumes: [{ configMap: { name: "c" } }] }, ["configmaps shop/c"]],
  [
    "projected sources",
    {
      volumes: [
        { projected: { sources: [{ secret: { name: "s" } }, { configMap: { name: "c" } }] } },
      ],
    },
    ["secrets shop/s", "configmaps shop/c"],
  ],
  [
    "the secret of a CSI volume",
    { volumes: [{ csi: { nodePublishSecretRef: { name: "s" } } }] },
    ["secrets shop/s"],
  ],
  [
    "variables of init containers and containers",
    {
      initContainers: [{ env: [{ valueFrom: { secretKeyRef: { name: "s" } } }] }],
      containers: [{ env: [{ valueFrom: { configMapKeyRef: { name: "c" } } }, {}] }],
    },
    ["secrets shop/s", "configmaps shop/c"],
  ],
  [
    "sources of all variables",
    { containers: [{ envFrom: [{ secretRef: { name: "s" } }, { configMapRef: { name: "c" } }] }] },
    ["secrets shop/s", "configmaps shop/c"],
  ],
  [
    "nothing that is optional",
    {
      volumes: [
        { secret: { secretName: "s", optional: true } },
        { configMap: { name: "c", optional: true } },
      ],
      containers: [{ envFrom: [{ secretRef: { name: "t", optional: true } }] }],
    },
    [],
  ],
  [
    "an item once, however often",
    {
      volumes: [{ secret: { secretName: "s" } }],
      containers: [{ envFrom: [{ secretRef: { name: "s" } }] }],
    },
    ["secrets shop/s"],
  ],
];

describe("what an item names and a backup does not follow", () => {
  for (const [title, spec, expected] of rows) {
    it(`a pod: ${title}`, () => {
      assert.deepEqual(podMentions({ spec }, "shop").map(formatReference), expected);
    });
  }

  it("a claim: its storage class, unless it has none", () => {
    const classes = [undefined, null, "", "fast"].map((storageClassName) =>
      claimMentions({ spec: storageClassName === undefined ? {} : { storageClassName } }).map(
        formatReference,
      ),
    );
    assert.deepEqual(classes, [[], [], [], ["storageclasses.storage.k8s.io /fast"]]);
  });

  it("an ingress: its class, and the secrets of its certificates", () => {
    const ingress = {
      spec: { ingressClassName: "nginx", tls: [{ secretName: "web-tls" }, { secretName: "" }, {}] },
    };
    assert.deepEqual(ingressMentions(ingress, "shop").map(formatReference), [
      "ingressclasses.networking.k8s.io /nginx",
      "secrets shop/web-tls",
    ]);
    assert.deepEqual(ingressMentions({}, "shop"), []);
  });

  it("an account: its pull secrets", () => {
    const account = { imagePullSecrets: [{ name: "s" }] };
    assert.deepEqual(accountMentions(account, "shop").map(formatReference), ["secrets shop/s"]);
    assert.deepEqual(accountMentions({}, "shop"), []);
  });
});
