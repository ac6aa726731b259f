import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Backup } from "../../../src/api/backup.ts";
import { sha256 } from "../../../src/format/normal-form.ts";
import {
  checkSeal,
  decodeSeal,
  encodeSeal,
  fillSeal,
  manifestSha256Of,
  sealDigest,
} from "../../../src/format/seal.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const key = "ark-ts.dev/manifest-sha256";
const backup: Backup = {
  apiVersion: "velero.io/v1",
  kind: "Backup",
  metadata: { name: "b", annotations: { note: `"${key}": "trap` } },
  spec: { includedNamespaces: ["shop"] },
  status: { phase: "Completed" },
};
const manifestBytes = Buffer.from("the manifest");

function sealed(): {
  readonly bytes: Buffer;
  readonly manifest: { backup: string; sealSha256: string };
} {
  const bytes = encodeSeal(backup);
  const manifest = { backup: "b", sealSha256: sealDigest(bytes) };
  return { bytes: fillSeal(bytes, sha256(manifestBytes)), manifest };
}

describe("the seal", () => {
  it("is the pretty Backup with 64 zeros, whose digest the filling leaves alone", () => {
    const empty = encodeSeal(backup);
    assert.equal(JSON.parse(empty.toString()).metadata.annotations[key], "0".repeat(64));
    assert.match(
      empty.toString(),
      /^\{\n {2}"apiVersion": "velero.io\/v1",\n {2}"kind": "Backup",\n/,
    );
    assert.equal(sealDigest(empty), sha256(empty));
    const { bytes, manifest } = sealed();
    assert.equal(sealDigest(bytes), manifest.sealSha256);
    assert.notEqual(sha256(bytes), manifest.sealSha256);
    assert.equal(manifestSha256Of(decodeSeal(bytes, "b")), sha256(manifestBytes));
  });

  it("names its manifest and is named by it", () => {
    const { bytes, manifest } = sealed();
    checkSeal(bytes, manifestBytes, manifest);
    const damaged = (error: unknown): boolean => hasCode(error, "ARK_BACKUP_DAMAGED");
    assert.throws(() => checkSeal(bytes, Buffer.from("another"), manifest), damaged);
    const changed = Buffer.from(bytes.toString().replace("shop", "shap"));
    assert.throws(() => checkSeal(changed, manifestBytes, manifest), damaged);
  });

  it("is refused where the annotation's key stands twice or not at all", () => {
    const twice: Backup = { ...backup, spec: { metadata: { labels: { [key]: "x" } } } };
    const refused = (error: unknown): boolean => hasCode(error, "ARK_BACKUP_FORMAT");
    assert.throws(() => encodeSeal(twice), refused);
    assert.throws(() => sealDigest(Buffer.from("{}")), refused);
    assert.throws(() => fillSeal(encodeSeal(backup), "short"), refused);
  });

  it("decodes any Backup of Velero: unknown fields stay, null counts as absent", () => {
    const foreign = {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: "b", creationTimestamp: null, managedFields: [{ manager: "velero" }] },
      spec: { hooks: {}, includedNamespaces: null, resourcePolicy: { kind: "configmap" } },
      status: { phase: "SomeFuturePhase", progress: { totalItems: 3 } },
    };
    assert.deepEqual(decodeSeal(Buffer.from(JSON.stringify(foreign)), "b"), {
      ...foreign,
      metadata: { name: "b", managedFields: [{ manager: "velero" }] },
      spec: { hooks: {}, resourcePolicy: { kind: "configmap" } },
    });
    const bare = { apiVersion: "velero.io/v1", kind: "Backup", metadata: { name: "b" } };
    assert.deepEqual(decodeSeal(Buffer.from(JSON.stringify(bare)), "b"), {
      ...bare,
      spec: {},
      status: {},
    });
  });

  it("refuses what is no Backup, and fields of a wrong type by their name", () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ ...backup, kind: "Restore" }, /kind/],
      [{ ...backup, apiVersion: "velero.io/v2" }, /apiVersion/],
      [{ ...backup, metadata: {} }, /metadata\.name/],
      [{ ...backup, metadata: undefined }, /metadata/],
      [{ ...backup, spec: { includedNamespaces: "shop" } }, /spec\.includedNamespaces/],
      [{ ...backup, spec: { includedNamespaces: [1] } }, /spec\.includedNamespaces\[0\]/],
      [{ ...backup, status: { expiration: 5 } }, /status\.expiration/],
      [{ ...backup, status: { progress: { totalItems: "3" } } }, /status\.progress\.totalItems/],
      [{ ...backup, spec: { labelSelector: { matchLabels: { a: 1 } } } }, /matchLabels\.a/],
    ];
    for (const [value, said] of wrong) {
      assert.throws(
        () => decodeSeal(Buffer.from(JSON.stringify(value)), "b"),
        (error) => hasCode(error, "ARK_BACKUP_FORMAT") && said.test(error.message),
        String(said),
      );
    }
    assert.throws(() => decodeSeal(Buffer.alloc(9 * 1024 * 1024, 0x20), "b"), /exceeds/);
  });
});
