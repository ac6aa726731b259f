import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { toConnectionError } from "../../../../../src/adapters/kube/credentials/connection-failure.ts";
import type { ServerAccess } from "../../../../../src/adapters/kube/credentials/server-access.ts";
import {
  type LoopbackProxy,
  type Running,
  startConnectProxy,
  startSocksProxy,
} from "../../../../support/loopback-proxies.ts";
import {
  type AccessBench,
  base64,
  failureOf,
  get,
  lastArrival,
  openBench,
  shown,
} from "./access-bench.ts";

describe("openServerAccess() through proxies", () => {
  const server = "https://api.example.test:6443";
  let bench: AccessBench;
  const running: Running[] = [];
  const keep = async <T extends Running>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    running.push(started);
    return started;
  };
  const connectProxy = (
    options: Parameters<typeof startConnectProxy>[1] = {},
  ): Promise<LoopbackProxy> => keep(startConnectProxy(bench.server.port, options));
  const explained = async (access: ServerAccess): Promise<string> =>
    shown(await failureOf(get(access).catch((e) => Promise.reject(toConnectionError(e, server)))));

  before(async () => {
    bench = await openBench();
  });
  after(async () => {
    await bench.close();
    for (const each of running) await each.close();
  });

  it("tunnels through proxy-url, with client certificate and server name intact", async () => {
    const proxy = await connectProxy();
    const { alice } = bench.certs;
    const user = {
      "client-certificate-data": base64(alice.cert),
      "client-key-data": base64(alice.key),
    };
    const cluster = { server, "proxy-url": `http://127.0.0.1:${proxy.port}` };
    const kubeconfig = bench.kubeconfig(user, cluster);
    assert.equal(await get(await bench.open({ kubeconfig })), 200);
    assert.deepEqual(proxy.targets, ["api.example.test:6443"]);
    assert.equal(lastArrival(bench.server).client, "alice");
    assert.equal(lastArrival(bench.server).serverName, "api.example.test");
  });

  it("asks for tls-server-name behind a proxy too", async () => {
    const proxy = await connectProxy();
    const kubeconfig = bench.kubeconfig(
      {},
      {
        server: "https://unknown.example.test",
        "tls-server-name": "api.example.test",
        "proxy-url": `http://127.0.0.1:${proxy.port}`,
      },
    );
    assert.equal(await get(await bench.open({ kubeconfig })), 200);
    assert.deepEqual(proxy.targets, ["unknown.example.test:443"]);
    assert.equal(lastArrival(bench.server).serverName, "api.example.test");
  });

  it("verifies the API server behind a proxy", async () => {
    const proxy = await connectProxy();
    const kubeconfig = bench.kubeconfig(
      {},
      {
        server,
        "certificate-authority-data": base64(bench.certs.otherCa.cert),
        "proxy-url": `http://127.0.0.1:${proxy.port}`,
      },
    );
    assert.match(await explained(await bench.open({ kubeconfig })), /not signed by/);
  });

  it("gives the proxy the user and password of its URL", async () => {
    const proxy = await connectProxy();
    const url = `http://joe:p%40ss@127.0.0.1:${proxy.port}`;
    const kubeconfig = bench.kubeconfig({}, { server, "proxy-url": url });
    assert.equal(await get(await bench.open({ kubeconfig })), 200);
    assert.deepEqual(proxy.authorizations, [`Basic ${base64("joe:p@ss")}`]);
  });

  it("speaks TLS to an https proxy, trusting the cluster's authority", async () => {
    const proxy = await connectProxy({ identity: bench.certs.server });
    const cluster = { server, "proxy-url": `https://localhost:${proxy.port}` };
    assert.equal(await get(await bench.open({ kubeconfig: bench.kubeconfig({}, cluster) })), 200);
    assert.deepEqual(proxy.targets, ["api.example.test:6443"]);
  });

  it("uses HTTPS_PROXY, and not for what NO_PROXY lists", async () => {
    const proxy = await connectProxy();
    const kubeconfig = bench.kubeconfig({}, { server });
    const env = { HTTPS_PROXY: `127.0.0.1:${proxy.port}` };
    assert.equal(await get(await bench.open({ kubeconfig, env })), 200);
    assert.deepEqual(proxy.targets, ["api.example.test:6443"]);
    const direct = await bench.open({ kubeconfig, env: { ...env, NO_PROXY: ".example.test" } });
    assert.match(await explained(direct), /DNS/);
    assert.equal(proxy.targets.length, 1);
  });

  it("prefers proxy-url to HTTPS_PROXY, and uses it for loopback servers as well", async () => {
    const proxy = await connectProxy();
    const kubeconfig = bench.kubeconfig({}, { "proxy-url": `http://127.0.0.1:${proxy.port}` });
    const env = { HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "*" };
    assert.equal(await get(await bench.open({ kubeconfig, env })), 200);
    assert.deepEqual(proxy.targets, [`127.0.0.1:${bench.server.port}`]);
  });

  it("tunnels through a socks5 proxy, which resolves the name", async () => {
    const proxy = await keep(startSocksProxy(bench.server.port));
    for (const scheme of ["socks5", "socks5h"]) {
      const cluster = { server, "proxy-url": `${scheme}://127.0.0.1:${proxy.port}` };
      const access = await bench.open({ kubeconfig: bench.kubeconfig({}, cluster) });
      const statuses = await Promise.all([get(access), get(access), get(access)]);
      assert.deepEqual(statuses, [200, 200, 200]);
      assert.equal(lastArrival(bench.server).serverName, "api.example.test");
    }
    assert.deepEqual([...new Set(proxy.targets)], ["api.example.test:6443"]);
  });

  it("sends addresses to a socks5 proxy as addresses", async () => {
    const proxy = await keep(startSocksProxy(bench.server.port));
    for (const host of ["10.1.2.3", "[fd00::1]"]) {
      const cluster = {
        server: `https://${host}:6443`,
        "tls-server-name": "localhost",
        "proxy-url": `socks5://127.0.0.1:${proxy.port}`,
      };
      assert.equal(await get(await bench.open({ kubeconfig: bench.kubeconfig({}, cluster) })), 200);
    }
    const v6 = [0xfd, ...Array.from({ length: 14 }, () => 0), 1].join(".");
    assert.deepEqual(proxy.targets, ["10.1.2.3:6443", `${v6}:6443`]);
  });

  it("logs in to a socks5 proxy, and says so when that fails", async () => {
    const proxy = await keep(startSocksProxy(bench.server.port, "joe:s3cret"));
    const at = (login: string): string =>
      bench.kubeconfig({}, { server, "proxy-url": `socks5://${login}127.0.0.1:${proxy.port}` });
    assert.equal(await get(await bench.open({ kubeconfig: at("joe:s3cret@") })), 200);
    const wrong = await explained(await bench.open({ kubeconfig: at("joe:wr0ng@") }));
    assert.match(wrong, /refused the user and password/);
    assert.doesNotMatch(wrong, /wr0ng/);
    assert.match(await explained(await bench.open({ kubeconfig: at("") })), /asks for authentic/);
  });

  it("names the status that a proxy refuses with", async () => {
    const proxy = await connectProxy({ status: 407 });
    const cluster = { server, "proxy-url": `http://u:s3cret@127.0.0.1:${proxy.port}` };
    const text = await explained(await bench.open({ kubeconfig: bench.kubeconfig({}, cluster) }));
    assert.match(text, /the proxy answered 407/);
    assert.doesNotMatch(text, /s3cret/);
  });

  it("refuses a proxy of an unknown scheme or form, without printing it", async () => {
    for (const url of ["ftp://u:s3cret@proxy.example", "http://u:s3cret@:::"]) {
      const kubeconfig = bench.kubeconfig({}, { server, "proxy-url": url });
      const error = await failureOf(bench.open({ kubeconfig }));
      assert.equal(error.code, "ARK_KUBECONFIG_INVALID");
      assert.doesNotMatch(shown(error), /s3cret/);
    }
    const kubeconfig = bench.kubeconfig({}, { server });
    const env = { HTTPS_PROXY: "http://u:s3cret@:::" };
    const error = await failureOf(bench.open({ kubeconfig, env }));
    assert.match(shown(error), /HTTPS_PROXY/);
    assert.doesNotMatch(shown(error), /s3cret/);
  });
});
