import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { listInstances, readState } from "../testbed/instance-folder.ts";
import { type Minio, startMinio } from "../testbed/minio.ts";
import { markOf, sessionMembers } from "../testbed/process-table.ts";
import { startVelero, type Velero } from "../testbed/velero.ts";

/** The folders of every Velero that this process started and did not stop. */
function ownVeleros(): readonly string[] {
  return listInstances().filter((folder) => {
    const state = readState(folder);
    return state?.kind === "velero" && state.starter.pid === process.pid;
  });
}

describe("startVelero()", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let minio: Minio;

  before(async () => {
    plane = await startControlPlane();
    minio = await startMinio({ tls: true });
    await minio.createBucket("peers");
  });
  after(async () => {
    await minio?.stop();
    await plane?.stop();
  });

  it("runs two servers side by side, each in its namespace and prefix, over TLS", async () => {
    const start = (name: string): Promise<Velero> =>
      startVelero(plane, minio, { bucket: "peers", namespace: name, prefix: name });
    const servers = [await start("first"), await start("second")];
    try {
      for (const server of servers) {
        const version = await server.ok("version");
        assert.match(
          version,
          /Client:\n\tVersion: v1\.18\.3\n[\s\S]*Server:\n\tVersion: v1\.18\.3/,
        );
        await server.ok("backup", "create", "tiny", "--include-namespaces", "default", "--wait");
        assert.match(await server.ok("backup", "get"), /^tiny +Completed /m);
      }
      await servers[1]?.sync();
      assert.match((await servers[1]?.ok("backup", "get")) ?? "", /^tiny +Completed /m);
    } finally {
      const marks = servers.map((server) => markOf(server.pid())!);
      for (const server of servers) await server.stop();
      for (const mark of marks) assert.deepEqual(sessionMembers(mark), []);
      for (const { folder } of servers) assert.equal(existsSync(folder), false);
    }
  });

  it("says what Velero says of a bucket that is not there, and leaves nothing", async () => {
    const options = { bucket: "nowhere", namespace: "third" };
    await assert.rejects(startVelero(plane, minio, options), (error: Error) => {
      assert.match(error.message, /location to be available/);
      assert.match(error.message, /NoSuchBucket/);
      return true;
    });
    assert.deepEqual(ownVeleros(), []);
  });
});
