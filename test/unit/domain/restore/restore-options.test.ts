import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../../../src/api/labels.ts";
import { restoreOptions } from "../../../../src/domain/restore/restore-options.ts";

describe("restoreOptions()", () => {
  const notes = {
    [annotations.existingResourcePolicy]: "recreate",
    [annotations.includeObjects]: "secrets/shop/a,deployments/web-*",
  };

  it("reads the annotations of a request", () => {
    const { policy, prune, objects } = restoreOptions({ spec: {}, annotations: notes });
    assert.deepEqual([policy, prune], ["recreate", false]);
    assert.deepEqual(
      objects.map(({ text }) => text),
      ["secrets/shop/a", "deployments/web-*"],
    );
  });

  it("reads them once, however often it is asked", () => {
    let reads = 0;
    const request = {
      spec: {},
      get annotations() {
        reads += 1;
        return notes;
      },
    };
    const first = restoreOptions(request);
    assert.equal(restoreOptions(request), first);
    assert.equal(reads, 1);
  });
});
