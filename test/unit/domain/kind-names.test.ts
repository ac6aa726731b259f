import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { builtInShortNames, isNamedKind, namesOfKind } from "../../../src/domain/kind-names.ts";
import { builtInKinds, qualified } from "../../support/api-server/kinds.ts";

describe("builtInShortNames", () => {
  it("are those that the API server serves, no more and no less", () => {
    const served = builtInKinds
      .filter(({ shortNames }) => shortNames.length > 0)
      .map((kind) => [qualified(kind), [...kind.shortNames].sort()]);
    const known = Object.entries(builtInShortNames).map(([name, short]) => [
      name,
      [...short].sort(),
    ]);
    assert.deepEqual(Object.fromEntries(known), Object.fromEntries(served));
  });
});

describe("isNamedKind()", () => {
  it("takes every built-in kind by plural, singular, kind, short names and with its group", () => {
    for (const kind of builtInKinds) {
      const named = { resource: qualified(kind), kind: kind.kind };
      assert.ok(namesOfKind(named).includes(kind.singular), kind.singular);
      for (const name of [kind.resource, kind.singular, kind.kind, ...kind.shortNames]) {
        assert.ok(isNamedKind(named, name), name);
        assert.ok(isNamedKind(named, qualified({ ...kind, resource: name })), name);
        const versioned = [name, kind.version, ...(kind.group === "" ? [] : [kind.group])];
        assert.ok(isNamedKind(named, versioned.join(".")), versioned.join("."));
      }
    }
  });

  it("takes a custom resource by plural, kind and group, and nothing of another group", () => {
    const issuer = { resource: "issuers.cert-manager.io", kind: "Issuer" };
    for (const typed of ["issuers", "Issuer", "issuer.cert-manager.io"]) {
      assert.ok(isNamedKind(issuer, typed), typed);
    }
    for (const typed of ["issuers.apps", "issuers.cert-manager", "issuerz", "", "constructor"]) {
      assert.ok(!isNamedKind(issuer, typed), typed);
    }
    assert.ok(!isNamedKind({ resource: "pods", kind: "Pod" }, "pods.apps"));
  });
});
