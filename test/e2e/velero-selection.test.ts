import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { type Archive, readArchive } from "../support/exchange/archives.ts";
import { compareSet, renderSets, type SetResult } from "../support/exchange/compare-set.ts";
import { type Exchange, openExchange } from "../support/exchange/exchange.ts";
import { moreSelectionCases } from "../support/exchange/more-selection-cases.ts";
import { fillOdd } from "../support/exchange/odd-namespace.ts";
import { policyCases } from "../support/exchange/policy-cases.ts";
import { type SelectionCase, selectionCases } from "../support/exchange/selection-cases.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";

const prefix = "sets";
const [app, plain, odd] = [`${prefix}-app`, `${prefix}-plain`, `${prefix}-odd`];
const isAll = process.env["ARK_VELERO_SETS"] === "all";

interface FlagSet extends SelectionCase {
  readonly title: string;
  readonly policy?: string;
}

const sets: readonly FlagSet[] = [
  ...selectionCases(app, plain),
  ...policyCases(prefix, app, plain).map((one) => ({ ...one, differences: [] })),
  ...(isAll ? moreSelectionCases(prefix, app, plain, odd) : []),
].map((one) => ({
  ...one,
  title: "says" in one ? `policies: ${one.says}` : one.flags.join(" ") || "(no flags)",
}));

describe(`${sets.length} flag sets, by ark-ts and by Velero 1.18.3`, {
  skip: await whyNoTestbed(),
}, () => {
  let exchange: Exchange;
  before(async () => {
    exchange = await openExchange(prefix);
    await fillOdd(exchange.client, odd);
  });
  after(() => exchange?.close());

  const storedArchive = async (backup: string): Promise<Archive> =>
    readArchive(await exchange.readKey(`backups/${backup}/${backup}.tar.gz`));

  /** The policies of both are one ConfigMap in Velero's namespace. */
  async function storePolicies(): Promise<void> {
    const folder = `/api/v1/namespaces/${exchange.velero.namespace}/configmaps`;
    for (const [index, { policy }] of sets.entries()) {
      if (policy === undefined) continue;
      const data = { policy: `version: v1\n${policy}\n` };
      const configMap = { metadata: { name: `rules-${index}` }, data };
      await exchange.client.demand("POST", folder, JSON.stringify(configMap));
    }
  }

  const policyFlags = ({ policy }: FlagSet, name: string): readonly string[] =>
    policy === undefined ? [] : ["--resource-policies-configmap", name];

  async function takeAll(): Promise<void> {
    const { ark, velero } = exchange;
    const byArk = async (): Promise<void> => {
      for (const [index, one] of sets.entries()) {
        const policies = policyFlags(one, `${velero.namespace}/rules-${index}`);
        await ark.ok("backup", "create", `ark-${index}`, ...one.flags, ...policies);
      }
    };
    // One by one: its queue looks at what waits only once a minute.
    const byVelero = async (): Promise<void> => {
      for (const [index, one] of sets.entries()) {
        const flags = [...one.flags, ...policyFlags(one, `rules-${index}`)];
        await velero.ok("backup", "create", `velero-${index}`, ...flags, "--wait");
      }
    };
    await Promise.all([byArk(), byVelero()]);
  }

  it("take the same objects, but for what the table says", async (t: TestContext) => {
    await storePolicies();
    await takeAll();
    const results = new Map<string, SetResult>();
    for (const [index, { title, differences }] of sets.entries()) {
      const [ours, theirs] = [
        await storedArchive(`ark-${index}`),
        await storedArchive(`velero-${index}`),
      ];
      results.set(title, compareSet(differences, ours, theirs));
    }
    t.diagnostic(renderSets(results));
    assert.equal(results.size, sets.length, "two sets have one title");
    const wrong = [...results].flatMap(([title, { equal, unexplained, unused }]) => [
      ...(equal > 0 ? [] : [`${title}: no object is in both`]),
      ...unexplained.map((what) => `${title}: ${what}`),
      ...unused.map(({ reason }) => `${title}: no longer needed in the table: ${reason}`),
    ]);
    assert.deepEqual(wrong, []);
  });
});
