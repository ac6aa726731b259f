import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runCommand } from "../support/run-command.ts";
import { whyNoSharedNode } from "../support/shared-node.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";

const demo = join(import.meta.dirname, "../demo/demo.ts");

describe("npm run demo", { skip: await whyNoTestbed() }, () => {
  it("tells its story on a real control plane to a good end", async (t) => {
    const result = await runCommand(process.execPath, [demo]);
    t.diagnostic(result.stdout);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    assert.match(result.stdout, /^cluster {3}a real control plane/);
    assert.match(result.stdout, /left of it: 0 objects/);
    assert.match(result.stdout, /objects compared field by field: all as before/);
    assert.ok(!result.stdout.includes("\u001b["), "no escape codes without a terminal");
  });

  it("fails in CI where no real control plane can be built", async () => {
    const env = { PATH: "/nowhere", CI: "true" };
    const result = await runCommand(process.execPath, [demo], { env });
    assert.notEqual(result.status, 0);
    assert.match(result.stderr, /in CI the demo runs on a real control plane/);
  });

  it("runs in memory where Go is missing, and says so first", async () => {
    const env = { PATH: "/usr/bin:/bin", CI: "" };
    const result = await runCommand(process.execPath, [demo], { env: { ...env, GOROOT: "" } });
    if (result.stdout.startsWith("cluster   a real control plane")) return;
    assert.match(result.stdout, /^cluster {3}an IN-MEMORY API server, not a real one/);
    assert.equal(result.status, 0, result.stdout + result.stderr);
  });
});

describe("npm run demo -- --volumes", () => {
  it("says what is missing where no node can be", async () => {
    const env = { ARK_TEST_NODE: "no: this user is not root" };
    const result = await runCommand(process.execPath, [demo, "--volumes"], { env });
    assert.equal(result.status, 1);
    assert.match(
      result.stderr,
      /needs a node.*root on Debian 12.*\nNot here: this user is not root/,
    );
    assert.equal(result.stdout, "");
  });
});

describe("npm run demo -- --volumes on a real node", { skip: await whyNoSharedNode() }, () => {
  it("brings the data back in place and into another namespace", async (t) => {
    const result = await runCommand(process.execPath, [demo, "--volumes"]);
    t.diagnostic(result.stdout);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    assert.match(result.stdout, /left of it: nothing/);
    assert.equal(result.stdout.match(/files: all with the same bytes/g)?.length, 2);
    assert.equal(result.stdout.match(/all new, with new uids/g)?.length, 2);
    assert.equal(result.stdout.match(/cut while the application was frozen/g)?.length, 2);
    assert.match(result.stdout, /and 1 CSI snapshot in the storage/);
  });
});
