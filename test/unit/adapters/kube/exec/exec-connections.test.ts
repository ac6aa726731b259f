import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connectCluster } from "../../../../../src/adapters/kube/connect-cluster.ts";
import { ExecError } from "../../../../../src/ports/pod-exec.ts";
import { createApiServer, systemClock } from "../../../../support/api-server/api-server.ts";
import type { Listener } from "../../../../support/api-server/listen.ts";
import {
  type LoopbackProxy,
  startConnectProxy,
  startSocksProxy,
} from "../../../../support/loopback-proxies.ts";
import { type AccessBench, base64, openBench } from "../credentials/access-bench.ts";

describe("a command in a container, by ways as people have them", () => {
  let bench: AccessBench;
  let listener: Listener;
  let port: number;
  const proxies: LoopbackProxy[] = [];
  const server = createApiServer({
    containers: (_call, session) => session.exit(4),
    authenticate: ({ headers }) =>
      headers["authorization"] === "Bearer right" ? { name: "me", groups: [] } : undefined,
  });

  before(async () => {
    bench = await openBench();
    const { key, cert } = bench.certs.server;
    listener = await server.listen({ key, cert, clientCa: bench.certs.ca.cert });
    port = Number(new URL(listener.url).port);
    server.seed({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "default" },
      spec: { containers: [{ name: "c" }] },
    });
  });
  after(async () => {
    await bench.close();
    await listener.close();
    for (const proxy of proxies) await proxy.close();
  });

  async function exitCode(cluster: object): Promise<number> {
    const { alice } = bench.certs;
    const user = {
      token: "right",
      "client-certificate-data": base64(alice.cert),
      "client-key-data": base64(alice.key),
    };
    const kubeconfig = bench.kubeconfig(user, { server: listener.url, ...cluster });
    const connected = connectCluster(await bench.open({ kubeconfig }), systemClock);
    const request = { namespace: "default", pod: "p", container: "c", command: ["x"] };
    const { signal } = new AbortController();
    return (await connected.exec({ ...request, timeoutMs: 60_000 }, { signal })).exitCode;
  }

  it("over TLS with a CA, a client certificate and a token", async () => {
    assert.equal(await exitCode({}), 4);
  });

  it("through an HTTP proxy, by the name of the server", async () => {
    const proxy = await startConnectProxy(port);
    proxies.push(proxy);
    const address = "https://api.example.test:6443";
    const cluster = { server: address, "proxy-url": `http://127.0.0.1:${proxy.port}` };
    assert.equal(await exitCode(cluster), 4);
    assert.deepEqual(proxy.targets, ["api.example.test:6443"]);
  });

  it("through a SOCKS5 proxy", async () => {
    const proxy = await startSocksProxy(port);
    proxies.push(proxy);
    const address = "https://api.example.test:6443";
    const cluster = { server: address, "proxy-url": `socks5://127.0.0.1:${proxy.port}` };
    assert.equal(await exitCode(cluster), 4);
  });

  it("is refused where the server's certificate is of another authority", async () => {
    const ca = base64(bench.certs.otherCa.cert);
    await assert.rejects(exitCode({ "certificate-authority-data": ca }), (error: unknown) => {
      assert.ok(error instanceof ExecError);
      assert.match(`${error.answer} ${error.advice}`, /certificate/);
      assert.equal(error.mayHaveRun, false);
      return true;
    });
  });
});
