import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { faultOfPluginName, fullPluginName } from "../../../src/plugin-wire/plugin-kinds.ts";

describe("names of plugins", () => {
  it("are a DNS name, one slash and a name; a dot is not needed", () => {
    for (const name of ["velero.io/aws", "kubevirt-velero-plugin/x", "a/B_c"]) {
      assert.equal(faultOfPluginName(name), undefined);
    }
    const long = `${"a".repeat(254)}/x`;
    for (const name of ["aws", "/aws", "velero.io/", "a/b/c", "A.io/x", "-a/x", "", long]) {
      assert.match(faultOfPluginName(name) ?? "", /example\.com\/my-plugin/);
    }
  });

  it("are Velero's own where they have no domain", () => {
    assert.equal(fullPluginName("aws"), "velero.io/aws");
    assert.equal(fullPluginName("acme.io/aws"), "acme.io/aws");
  });
});
