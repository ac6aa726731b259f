import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RestoreSpec } from "../../../../src/api/restore.ts";
import { idleSettings } from "../../../../src/domain/restore/idle-settings.ts";
import { checkRestoreSpec } from "../../../../src/domain/restore/validate.ts";

describe("settings of a restore without effect", () => {
  const told: readonly (readonly [RestoreSpec, readonly RegExp[]])[] = [
    [{}, []],
    [{ uploaderConfig: {} }, []],
    [{ itemOperationTimeout: "2h", uploaderConfig: { writeSparseFiles: false } }, []],
    [{ uploaderConfig: { parallelFilesDownload: 0 } }, []],
    [
      { uploaderConfig: { writeSparseFiles: true, parallelFilesDownload: 4 } },
      [/^write-sparse-files and parallel-files-download: .*without effect/],
    ],
    [
      { namespaceMapping: { shop: "shop", lab: "test" } },
      [/^namespace mapping shop:shop: without effect: .*no volume of it is copied$/],
    ],
  ];
  for (const [spec, sentences] of told) {
    it(`are told where they were asked for: ${JSON.stringify(spec)}`, () => {
      const found = idleSettings(spec);
      assert.equal(found.length, sentences.length);
      for (const [at, sentence] of sentences.entries()) assert.match(found[at] ?? "", sentence);
      assert.deepEqual(checkRestoreSpec({ backupName: "b", ...spec }), []);
    });
  }

  for (const spec of [
    { itemOperationTimeout: "soon" },
    { itemOperationTimeout: "-1h" },
    { uploaderConfig: { parallelFilesDownload: -1 } },
  ]) {
    it(`are refused where they cannot be meant: ${JSON.stringify(spec)}`, () => {
      assert.equal(checkRestoreSpec({ backupName: "b", ...spec }).length, 1);
    });
  }
});
