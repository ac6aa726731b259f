import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Archive, compareArchives, readArchive } from "../support/exchange/archives.ts";
import { type Exchange, openExchange } from "../support/exchange/exchange.ts";
import { type PolicyCase, policyCases } from "../support/exchange/policy-cases.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";

const prefix = "rules";
/** Events come while both are at work. */
const isStill = (key: string): boolean => !key.startsWith("events ");

describe("with resource policies, ark-ts and Velero 1.18.3", { skip: await whyNoTestbed() }, () => {
  let exchange: Exchange;
  before(async () => {
    exchange = await openExchange(prefix);
  });
  after(() => exchange?.close());

  const storedArchive = async (backup: string): Promise<Archive> =>
    readArchive(await exchange.readKey(`backups/${backup}/${backup}.tar.gz`));

  /** The policies of both are one ConfigMap in Velero's namespace. */
  async function takeBoth(one: PolicyCase, index: number): Promise<readonly [Archive, Archive]> {
    const { ark, velero, client } = exchange;
    const name = `rules-${index}`;
    const configMap = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { policy: `version: v1\n${one.policy}\n` },
    };
    const folder = `/api/v1/namespaces/${velero.namespace}/configmaps`;
    await client.demand("POST", folder, JSON.stringify(configMap));
    const flag = "--resource-policies-configmap";
    const byArk = `ark-${name}`;
    const byVelero = `velero-${name}`;
    await ark.ok("backup", "create", byArk, ...one.flags, flag, `${velero.namespace}/${name}`);
    await velero.ok("backup", "create", byVelero, ...one.flags, flag, name, "--wait");
    return [await storedArchive(byArk), await storedArchive(byVelero)];
  }

  const cases = policyCases(prefix, `${prefix}-app`, `${prefix}-plain`);
  for (const [index, one] of cases.entries()) {
    it(`take the same objects: ${one.says}`, async (t) => {
      const [ours, theirs] = await takeBoth(one, index);
      const found = compareArchives(ours, theirs);
      t.diagnostic(`${found.equal} equal, ${found.changed.length} written to between the two`);
      assert.ok(found.equal > 0);
      const differing = [...found.onlyFirst, ...found.onlySecond, ...found.unequal];
      assert.deepEqual(differing.filter(isStill), []);
    });
  }
});
