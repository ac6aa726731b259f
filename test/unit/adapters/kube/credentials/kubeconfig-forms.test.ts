import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { inspect } from "node:util";
import {
  type AccessBench,
  base64,
  get,
  kubeconfigDocument,
  lastArrival,
  openBench,
  steppedClock,
} from "./access-bench.ts";
import { startApiServer } from "./api-stand-in.ts";

describe("openServerAccess() with the kubeconfigs that people have", () => {
  let bench: AccessBench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  it("sends a client certificate and key given as data", async () => {
    const { alice } = bench.certs;
    const kubeconfig = bench.kubeconfig({
      "client-certificate-data": base64(alice.cert),
      "client-key-data": base64(alice.key),
    });
    assert.equal(await get(await bench.open({ kubeconfig })), 200);
    assert.equal(lastArrival(bench.server).client, "alice");
    assert.equal(lastArrival(bench.server).headers["authorization"], undefined);
    assert.equal((await bench.open({ kubeconfig })).serverCa, bench.certs.ca.cert);
  });

  it("reads certificate files relative to the kubeconfig's folder", async () => {
    const kubeconfig = bench.kubeconfig(
      { "client-certificate": "alice.crt", "client-key": "alice.key" },
      { "certificate-authority-data": undefined, "certificate-authority": "ca.crt" },
    );
    await get(await bench.open({ kubeconfig }));
    assert.equal(lastArrival(bench.server).client, "alice");
  });

  it("replaces the dispatcher when the certificate files change, after a minute", async () => {
    const { alice, bob } = bench.certs;
    const cert = bench.write("rotating.crt", alice.cert);
    const key = bench.write("rotating.key", alice.key);
    const kubeconfig = bench.kubeconfig({ "client-certificate": cert, "client-key": key });
    const clock = steppedClock();
    const access = await bench.open({ kubeconfig, clock });
    const first = await access.dispatcher();
    bench.write("rotating.crt", bob.cert);
    bench.write("rotating.key", bob.key);
    assert.equal(await access.dispatcher(), first);
    clock.advance(60_000);
    const second = await access.dispatcher();
    assert.notEqual(second, first);
    assert.equal(await access.dispatcher(), second);
    await get(access);
    assert.equal(lastArrival(bench.server).client, "bob");
  });

  it("sends a token", async () => {
    const access = await bench.open({ kubeconfig: bench.kubeconfig({ token: "t0ken" }) });
    await get(access);
    assert.deepEqual(lastArrival(bench.server).headers["authorization"], ["Bearer t0ken"]);
    assert.equal(await access.refresh(), false);
  });

  it("reads a token file again each minute, and trims it", async () => {
    const clock = steppedClock();
    bench.write("token", "first\n");
    const kubeconfig = bench.kubeconfig({ tokenFile: "token", token: "not-this" });
    const access = await bench.open({ kubeconfig, clock });
    assert.deepEqual(await access.headers(), { authorization: "Bearer first" });
    bench.write("token", "second\n");
    assert.deepEqual(await access.headers(), { authorization: "Bearer first" });
    clock.advance(60_000);
    assert.deepEqual(await access.headers(), { authorization: "Bearer second" });
  });

  it("keeps the token it has while the token file is away", async () => {
    const clock = steppedClock();
    const path = bench.write("moving-token", "held");
    const access = await bench.open({ kubeconfig: bench.kubeconfig({ tokenFile: path }), clock });
    renameSync(path, `${path}.away`);
    clock.advance(60_000);
    assert.deepEqual(await access.headers(), { authorization: "Bearer held" });
  });

  it("sends user and password", async () => {
    const kubeconfig = bench.kubeconfig({ username: "carol", password: "påss" });
    await get(await bench.open({ kubeconfig }));
    const expected = `Basic ${base64("carol:påss")}`;
    assert.deepEqual(lastArrival(bench.server).headers["authorization"], [expected]);
  });

  it("sends nothing for a context without a user", async () => {
    const kubeconfig = bench.kubeconfig({}, {}, { user: "" });
    await get(await bench.open({ kubeconfig }));
    assert.equal(lastArrival(bench.server).headers["authorization"], undefined);
  });

  it("impersonates user, uid, groups and extra", async () => {
    const kubeconfig = bench.kubeconfig({
      token: "t",
      as: "jane@example",
      "as-uid": "u-1",
      "as-groups": ["dev", "ops"],
      "as-user-extra": { "Example.org/scope s": ["a", "b"] },
    });
    await get(await bench.open({ kubeconfig }));
    const { headers } = lastArrival(bench.server);
    assert.deepEqual(headers["impersonate-user"], ["jane@example"]);
    assert.deepEqual(headers["impersonate-uid"], ["u-1"]);
    assert.deepEqual(headers["impersonate-group"], ["dev", "ops"]);
    assert.deepEqual(headers["impersonate-extra-example.org%2fscope%20s"], ["a", "b"]);
  });

  it("impersonates as typed, in place of the kubeconfig's user and groups", async () => {
    const kubeconfig = bench.kubeconfig({ token: "t", as: "jane", "as-groups": ["dev"] });
    const access = await bench.open({ kubeconfig, impersonate: { user: "zoë", groups: ["ops"] } });
    await get(access);
    const { headers } = lastArrival(bench.server);
    const utf8 = Buffer.from(headers["impersonate-user"]?.[0] ?? "", "latin1").toString("utf8");
    assert.equal(utf8, "zoë");
    assert.deepEqual(headers["impersonate-group"], ["ops"]);
  });

  it("asks for and verifies tls-server-name in place of the host", async () => {
    const kubeconfig = bench.kubeconfig({}, { "tls-server-name": "api.example.test" });
    assert.equal(await get(await bench.open({ kubeconfig })), 200);
    assert.equal(lastArrival(bench.server).serverName, "api.example.test");
    const wrong = bench.kubeconfig({}, { "tls-server-name": "other.example.test" });
    await assert.rejects(get(await bench.open({ kubeconfig: wrong })), {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it("skips verification only when insecure-skip-tls-verify says so", async () => {
    const noCa = { "certificate-authority-data": undefined };
    const strict = bench.kubeconfig({}, noCa);
    await assert.rejects(get(await bench.open({ kubeconfig: strict })));
    const insecure = bench.kubeconfig({}, { ...noCa, "insecure-skip-tls-verify": true });
    assert.equal(await get(await bench.open({ kubeconfig: insecure })), 200);
  });

  it("keeps the path of a server behind a gateway", async () => {
    const server = `https://127.0.0.1:${bench.server.port}/k8s/clusters/c-1/`;
    const access = await bench.open({ kubeconfig: bench.kubeconfig({}, { server }) });
    assert.equal(access.serverUrl, server.slice(0, -1));
    await get(access);
    assert.equal(lastArrival(bench.server).path, "/k8s/clusters/c-1/version");
  });

  it("takes a bare host:port as https when the cluster has an authority", async () => {
    const server = `127.0.0.1:${bench.server.port}`;
    const access = await bench.open({ kubeconfig: bench.kubeconfig({}, { server }) });
    assert.equal(access.serverUrl, `https://${server}`);
  });

  it("uses a plain http server with a note and without credentials", async () => {
    const plain = await startApiServer(undefined);
    try {
      const notes: string[] = [];
      const server = `http://127.0.0.1:${plain.port}`;
      const kubeconfig = bench.kubeconfig({ token: "s3cret" }, { server });
      const access = await bench.open({ kubeconfig, onNote: (note) => notes.push(note) });
      assert.equal(await get(access), 200);
      assert.equal(lastArrival(plain).headers["authorization"], undefined);
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? "", /plain HTTP/);
    } finally {
      await plain.close();
    }
  });

  it("takes context and namespace from the current context, or from the one asked for", async () => {
    const document = kubeconfigDocument({}, { server: "https://127.0.0.1:1" });
    document.contexts.push({ name: "there", context: { cluster: "c", user: "u", namespace: "n" } });
    const kubeconfig = bench.write("two-contexts", JSON.stringify(document));
    const here = await bench.open({ kubeconfig });
    assert.deepEqual([here.context, here.defaultNamespace], ["here", "default"]);
    const there = await bench.open({ kubeconfig, context: "there" });
    assert.deepEqual([there.context, there.defaultNamespace], ["there", "n"]);
  });

  it("merges the files of KUBECONFIG: of each name and of current-context the first wins", async () => {
    const first = kubeconfigDocument({ token: "first" }, { server: "https://127.0.0.1:1" });
    const second = kubeconfigDocument({ token: "second" }, { server: "https://127.0.0.1:2" });
    second["current-context"] = "only-second";
    second.contexts.push({ name: "only-second", context: { cluster: "c", user: "u2" } });
    second.users.push({ name: "u2", user: { tokenFile: "relative-token" } });
    const a = bench.write("a/config", JSON.stringify(first));
    const b = bench.write("b/config", JSON.stringify(second));
    bench.write("b/relative-token", "from-b");
    const env = { KUBECONFIG: ["", a, join(bench.folder, "missing"), b].join(delimiter) };
    const access = await bench.open({ env });
    assert.equal(access.context, "here");
    assert.equal(access.serverUrl, "https://127.0.0.1:1");
    assert.deepEqual(await access.headers(), { authorization: "Bearer first" });
    const other = await bench.open({ env, context: "only-second" });
    assert.equal(other.serverUrl, "https://127.0.0.1:1");
    assert.deepEqual(await other.headers(), { authorization: "Bearer from-b" });
  });

  it("looks at the flag before KUBECONFIG, and at that before the home folder", async () => {
    const at = (port: number): string =>
      JSON.stringify(kubeconfigDocument({}, { server: `https://127.0.0.1:${port}` }));
    const kubeconfig = bench.write("by-flag", at(1));
    const env = { KUBECONFIG: bench.write("by-env", at(2)) };
    bench.write("home/.kube/config", at(3));
    const homeDirectory = join(bench.folder, "home");
    const urlOf = async (options: object): Promise<string> =>
      (await bench.open({ homeDirectory, env: {}, ...options })).serverUrl;
    assert.equal(await urlOf({ kubeconfig, env }), "https://127.0.0.1:1");
    assert.equal(await urlOf({ env }), "https://127.0.0.1:2");
    assert.equal(await urlOf({}), "https://127.0.0.1:3");
  });

  it("is not disturbed by broken entries that the context does not use", async () => {
    const document = kubeconfigDocument({ token: "t" }, { server: "https://127.0.0.1:1" });
    const text = JSON.stringify({
      ...document,
      clusters: [{ name: "broken" }, null, ...document.clusters],
      users: [{ user: {} }, { name: "odd", user: { token: 12 } }, ...document.users],
    });
    const access = await bench.open({ kubeconfig: bench.write("with-broken", text) });
    assert.deepEqual(await access.headers(), { authorization: "Bearer t" });
  });

  it("shows no secret when the access or its dispatcher is inspected", async () => {
    const { alice } = bench.certs;
    const kubeconfig = bench.kubeconfig(
      {
        "client-certificate-data": base64(alice.cert),
        "client-key-data": base64(alice.key),
        token: "planted-t0ken",
      },
      { "proxy-url": "http://proxyuser:planted-pass@127.0.0.1:9" },
    );
    const access = await bench.open({ kubeconfig });
    const printed = inspect([access, await access.dispatcher()], {
      depth: 12,
      showHidden: true,
      maxStringLength: null,
    });
    assert.doesNotMatch(printed, /planted|PRIVATE KEY/);
    assert.match(printed, /127\.0\.0\.1/, basename(kubeconfig));
  });
});
