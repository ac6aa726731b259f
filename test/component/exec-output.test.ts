import assert from "node:assert/strict";
import { it } from "node:test";
import { Agent } from "undici";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { createApiServer, systemClock } from "../support/api-server/api-server.ts";
import { plainAccess } from "../support/plain-access.ts";

const chunk = Buffer.from("0123456789abcde\n".repeat(2048));
const count = Math.ceil((200 * 1024 * 1024) / chunk.length);
/** What is sent and not collected yet; all of the output would be twice as much. */
const mostBytes = 100 * 1024 * 1024;

it("a command that prints 200 MB over a socket does not make memory grow", async () => {
  const start = process.memoryUsage();
  let peak = 0;
  const server = createApiServer({
    async containers(_call, session) {
      for (let i = 0; i < count; i += 1) {
        await session.stdout(chunk);
        const { arrayBuffers, heapUsed } = process.memoryUsage();
        peak = Math.max(peak, arrayBuffers + heapUsed - start.arrayBuffers - start.heapUsed);
      }
      await session.exit(0);
    },
  });
  server.seed({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: { containers: [{ name: "c" }] },
  });
  const listener = await server.listen();
  const access = plainAccess(new Agent(), { serverUrl: listener.url });
  const cluster = connectCluster(access, systemClock);
  try {
    const request = { namespace: "default", pod: "p", container: "c", command: ["x"] };
    const { signal } = new AbortController();
    const { stdout } = await cluster.exec({ ...request, timeoutMs: 600_000 }, { signal });
    const kept = stdout.head.length + stdout.tail.length;
    assert.equal(stdout.omittedBytes + kept, count * chunk.length);
    assert.ok(peak < mostBytes, `${peak} bytes were held`);
  } finally {
    await cluster.close();
    await listener.close();
  }
});
