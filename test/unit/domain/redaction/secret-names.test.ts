import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupStorageLocationKind } from "../../../../src/api/backup-storage-location.ts";
import { copyName, toConfigMap } from "../../../../src/domain/copies/resource-copy.ts";
import { redactObject, removed } from "../../../../src/domain/redaction/redact-object.ts";
import { isSecretName, speaksOfSecret } from "../../../../src/domain/redaction/secret-names.ts";

const secrets = [
  ...["password", "passwd", "clientSecret", "apiKey", "api-key", "accountKey", "storageKey"],
  ...["connectionString", "secretAccessKey", "x.example/refresh-token", "credential", "passphrase"],
];

describe("names that tell of a secret", () => {
  for (const name of secrets) {
    it(`${name}: it is kept in no copy, and taken out of a support bundle`, () => {
      const metadata = {
        name: "a",
        namespace: "ark-ts",
        annotations: { [name]: "hunter2hunter2" },
      };
      const apiVersion = "velero.io/v1";
      const resource = {
        apiVersion,
        kind: "BackupStorageLocation",
        metadata,
        spec: { config: { [name]: "x" } },
      };
      const made = toConfigMap(backupStorageLocationKind, resource, {
        definitionUid: "d",
        clusterId: "c",
      });
      assert.ok("problem" in made, copyName("backupstoragelocations", "a"));
      const { object } = redactObject({ metadata });
      assert.deepEqual(object, { metadata: { ...metadata, annotations: { [name]: removed } } });
    });
  }

  it("are told apart from names of where a secret is", () => {
    for (const name of ["credentialsFile", "tokenExpirationSeconds"]) {
      assert.ok(speaksOfSecret(name) && !isSecretName(name), name);
    }
    for (const name of ["kmsKeyId", "region", "path", "key"])
      assert.ok(!speaksOfSecret(name), name);
  });
});
