/** The same resource policies of a restore given to Velero and to ark-ts: the same objects come. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Exchange, openExchange } from "../support/exchange/exchange.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";

const sources = ["rp-shop", "rp-shop-db"];
const kinds = ["configmaps", "secrets", "services", "serviceaccounts"];

const sets: readonly { readonly title: string; readonly rules: string; readonly flags?: string }[] =
  [
    {
      title: "kinds of a namespace by plural, kind and short name",
      rules: `
- {namespaces: [rp-shop], resourceFilters: [{kinds: [Secret, svc]}]}`,
    },
    {
      title: "names, labels and an entry for the rest",
      rules: `
- namespaces: [rp-shop]
  resourceFilters:
  - {kinds: [configmaps], names: ["a*", "b"], excludedNames: ["ab"]}
  - {kinds: [], orLabelSelectors: [{matchLabels: {tier: front}}, {matchLabels: {tier: none}}]}`,
    },
    {
      title: "a namespace of its own name before a pattern, beside a selector",
      rules: `
- {namespaces: ["rp-*"], resourceFilters: [{kinds: [secrets]}]}
- {namespaces: [rp-shop-db], resourceFilters: [{kinds: [configmaps], labelSelector: {matchExpressions: [{key: tier, operator: In, values: [back]}]}}]}`,
      flags: "--selector=tier=front",
    },
    {
      title: "a kind that nothing serves beside one that is there",
      rules: `
- {namespaces: [rp-shop], resourceFilters: [{kinds: [gadgets.demo.example, configmaps]}]}`,
    },
  ];

describe("resource policies of a restore beside Velero 1.18.3", {
  skip: await whyNoTestbed(),
}, () => {
  let exchange: Exchange;
  const make = async (path: string, object: object): Promise<void> => {
    await exchange.client.demand("POST", `/api/v1/${path}`, JSON.stringify(object));
  };
  const read = async (prefix: string): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const source of sources) {
      for (const kind of kinds) {
        const path = `/api/v1/namespaces/${prefix}-${source}/${kind}`;
        const list = JSON.parse((await exchange.client.demand("GET", path)).toString()) as {
          readonly items: readonly { readonly metadata: { readonly name: string } }[];
        };
        found.push(...list.items.map(({ metadata }) => `${source} ${kind}/${metadata.name}`));
      }
    }
    return found.sort();
  };

  before(async () => {
    exchange = await openExchange("respol");
    for (const namespace of sources) {
      await make("namespaces", { metadata: { name: namespace } });
      for (const [name, tier] of Object.entries({
        a: "front",
        ab: "front",
        b: "back",
        c: "back",
      })) {
        const metadata = { name, labels: { tier } };
        const into = (kind: string) => `namespaces/${namespace}/${kind}`;
        await make(into("configmaps"), { metadata, data: { k: "v" } });
        await make(into("secrets"), { metadata, type: "Opaque" });
        await make(into("services"), { metadata, spec: { ports: [{ port: 80 }] } });
      }
    }
    const taken = ["--include-namespaces", sources.join(",")];
    await exchange.velero.ok("backup", "create", "b", ...taken, "--wait");
  });
  after(() => exchange?.close());

  for (const [at, { title, rules, flags }] of sets.entries()) {
    it(`takes the same: ${title}`, async () => {
      const { ark, velero } = exchange;
      const name = `p${at}`;
      await make(`namespaces/${velero.namespace}/configmaps`, {
        metadata: { name },
        data: { "rules.yaml": `version: v1\nnamespacedFilterPolicies:${rules}\n` },
      });
      const flag = "--resource-policies-configmap";
      const mappings = (prefix: string) =>
        sources.map((source) => `${source}:${prefix}-${source}`).join(",");
      const common = (prefix: string) => [
        ...["--from-backup", "b", "--namespace-mappings", mappings(prefix)],
        ...(flags === undefined ? [] : [flags]),
      ];
      await velero.run("restore", "create", `v-${name}`, ...common(`v${at}`), flag, name, "--wait");
      const place = `${velero.namespace}/${name}`;
      await ark.run("restore", "create", `a-${name}`, ...common(`a${at}`), flag, place);
      const ours = await read(`a${at}`);
      assert.deepEqual(ours, await read(`v${at}`));
      assert.ok(ours.length > 0);
    });
  }
});
