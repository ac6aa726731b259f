import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { ensureNodePrograms } from "../../testbed/node/debian-packages.ts";
import { findForeignNode } from "../../testbed/node/foreign-node.ts";
import { whyNoNode } from "../../testbed/node/why-no-node.ts";

const execute = promisify(execFile);

/** What the check says in a network namespace that is empty but for what `script` makes. */
async function askAfter(script: string): Promise<string> {
  const folder = new URL("../../testbed/node/", import.meta.url).href;
  const whole = `import { execFileSync } from "node:child_process";
    import { once } from "node:events";
    import { createServer } from "node:net";
    const { ensureNodePrograms } = await import("${folder}debian-packages.ts");
    const { findForeignNode } = await import("${folder}foreign-node.ts");
    const programs = await ensureNodePrograms();
    const nft = (...args) =>
      execFileSync(programs.at("usr/sbin/nft"), args, { env: { ...process.env, ...programs.env } });
    ${script}
    process.stdout.write(String(await findForeignNode(programs)));
    process.exit();`;
  const inside = ["--net", "--", process.execPath, "--input-type=module", "-e", whole];
  return (await execute("unshare", inside)).stdout;
}

describe("findForeignNode()", { skip: (await whyNoNode()) ?? false }, () => {
  it("finds nothing in an empty network", async () => {
    assert.equal(await askAfter(""), "undefined");
  });

  it("finds a listener on the kubelet's port", async () => {
    const listen = `await once(createServer().listen(10250), "listening");`;
    assert.match(
      await askAfter(listen),
      /left alone: something listens on the kubelet's port 10250/,
    );
  });

  it("finds the table of a kube-proxy", async () => {
    const table = `nft("add", "table", "ip", "kube-proxy");`;
    assert.match(await askAfter(table), /left alone: kube-proxy made "table ip kube-proxy {"/);
  });

  it("finds the chains of a kube-proxy in iptables mode", async () => {
    const chain = `nft("add", "table", "ip", "nat");
      nft("add", "chain", "ip", "nat", "KUBE-SERVICES");`;
    assert.match(await askAfter(chain), /left alone: kube-proxy made "chain KUBE-SERVICES {"/);
  });

  it("finds the pods of another kubelet", async () => {
    const mount = mkdtempSync(join(tmpdir(), "ark-foreign-"));
    try {
      mkdirSync(join(mount, "memory", "kubepods"), { recursive: true });
      writeFileSync(join(mount, "memory", "cgroup.procs"), "");
      const found = await findForeignNode(await ensureNodePrograms(), mount);
      assert.match(found ?? "", /left alone: it has the cgroup .*memory.kubepods$/);
    } finally {
      rmSync(mount, { recursive: true });
    }
  });
});
