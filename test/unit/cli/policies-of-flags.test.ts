import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createFlagValues } from "../../../src/cli/flag-values.ts";
import { policiesOfFlags, policyConfigMapOfFlags } from "../../../src/cli/policies-of-flags.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const values = (flags: Readonly<Record<string, string>>) =>
  createFlagValues(new Map(Object.entries(flags)));
const configMap = (text: string) => values({ "resource-policies-configmap": text });
const usage = (pattern: RegExp) => (error: unknown) =>
  hasCode(error, "ARK_USAGE") && pattern.test(error.message);

describe("policiesOfFlags()", () => {
  let cwd = "";
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), "ark-policies-"));
    await writeFile(join(cwd, "p.yaml"), "version: v1\n");
    await writeFile(join(cwd, "wrong.yaml"), "version: v3\n");
  });
  after(() => rm(cwd, { recursive: true }));
  const policies = (flags: Readonly<Record<string, string>>) =>
    policiesOfFlags(values(flags), { cwd, namespace: "ark-ts" });

  it("is nothing without the flags", async () => assert.equal(await policies({}), undefined));

  it("reads a file beside the command, and checks it at once", async () => {
    assert.deepEqual(await policies({ "resource-policies-file": "p.yaml" }), {
      kind: "text",
      where: "file p.yaml",
      text: "version: v1\n",
    });
    await assert.rejects(policies({ "resource-policies-file": "wrong.yaml" }), (error) =>
      hasCode(error, "ARK_POLICY_INVALID"),
    );
  });

  it("names a file that is not there, or is none", async () => {
    await assert.rejects(
      policies({ "resource-policies-file": "no.yaml" }),
      usage(/--resource-policies-file=no\.yaml: there is no such file/),
    );
    await assert.rejects(
      policies({ "resource-policies-file": "." }),
      usage(/--resource-policies-file=\.: the file cannot be read \(EISDIR\)/),
    );
  });

  it("takes a ConfigMap of the usual namespace, or of one that is named", async () => {
    assert.deepEqual(await policies({ "resource-policies-configmap": "rules" }), {
      kind: "configmap",
      namespace: "ark-ts",
      name: "rules",
    });
    assert.deepEqual(await policies({ "resource-policies-configmap": "velero/rules" }), {
      kind: "configmap",
      namespace: "velero",
      name: "rules",
    });
  });

  it("refuses both at once", async () => {
    const both = { "resource-policies-configmap": "a", "resource-policies-file": "p.yaml" };
    await assert.rejects(policies(both), usage(/cannot be used together/));
  });

  for (const text of ["a/b/c", "/a", "a/", "/"]) {
    it(`refuses ConfigMap ${text}`, () => {
      assert.throws(() => policyConfigMapOfFlags(configMap(text)), usage(/or NAMESPACE\/NAME/));
    });
  }
});
