import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { packagesLayer } from "../../deploy/image/image-files.ts";

const run = promisify(execFile);

describe("packagesLayer()", () => {
  it("leaves out nothing that the libraries of the plugins import", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ark-packages-"));
    try {
      for (const file of packagesLayer()) {
        if (!("source" in file) || file.source === undefined) continue;
        const to = join(folder, file.path);
        mkdirSync(dirname(to), { recursive: true });
        copyFileSync(file.source, to);
      }
      const script = join(folder, "app/load.mjs");
      const names = ["@azure/storage-blob", "@aws-sdk/client-s3", "@aws-sdk/client-ec2"];
      writeFileSync(script, names.map((name) => `await import("${name}");\n`).join(""));
      const { stderr } = await run(process.execPath, [script]);
      assert.equal(stderr, "");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
