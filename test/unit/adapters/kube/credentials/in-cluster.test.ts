import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import {
  type AccessBench,
  failureOf,
  get,
  lastArrival,
  openBench,
  steppedClock,
} from "./access-bench.ts";

const source = "../../../../../src/adapters/kube/credentials/open-server-access.ts";

describe("openServerAccess() in a pod", () => {
  let bench: AccessBench;
  let serviceAccountFolder: string;
  let env: Record<string, string>;
  before(async () => {
    bench = await openBench();
    bench.write("account/token", "pod-token\n");
    bench.write("account/ca.crt", bench.certs.ca.cert);
    bench.write("account/namespace", "ark-ts\n");
    serviceAccountFolder = join(bench.folder, "account");
    env = {
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(bench.server.port),
    };
  });
  after(() => bench.close());

  it("takes server, authority, token and namespace from the service account", async () => {
    const access = await bench.open({ env, serviceAccountFolder });
    assert.deepEqual([access.context, access.defaultNamespace], ["", "ark-ts"]);
    assert.equal(await get(access), 200);
    assert.deepEqual(lastArrival(bench.server).headers["authorization"], ["Bearer pod-token"]);
  });

  it("reads the token again each minute, and at once after a 401", async () => {
    const clock = steppedClock();
    const access = await bench.open({ env, serviceAccountFolder, clock });
    bench.write("account/token", "renewed\n");
    assert.equal(await access.refresh(), true);
    assert.deepEqual(await access.headers(), { authorization: "Bearer renewed" });
    bench.write("account/token", "pod-token\n");
    clock.advance(60_000);
    assert.deepEqual(await access.headers(), { authorization: "Bearer pod-token" });
  });

  it("puts an IPv6 address in brackets", async () => {
    const v6 = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
    const access = await bench.open({ env: v6, serviceAccountFolder });
    assert.equal(new URL(access.serverUrl).hostname, "[fd00::1]");
  });

  it("prefers a kubeconfig when there is one", async () => {
    const kubeconfig = bench.kubeconfig({ token: "own" });
    const access = await bench.open({
      env: { ...env, KUBECONFIG: kubeconfig },
      serviceAccountFolder,
    });
    assert.equal(access.context, "here");
  });

  it("refuses a context, as there is none to choose", async () => {
    const error = await failureOf(bench.open({ env, serviceAccountFolder, context: "prod" }));
    assert.match(error.message, /no context "prod"/);
  });

  it("says that no cluster is configured outside a pod", async () => {
    const error = await failureOf(bench.open({ env: {} }));
    assert.equal(error.code, "ARK_KUBECONFIG_INVALID");
    assert.match(error.message, /^no cluster configured: /);
    assert.match(error.tried ?? "", /\.kube\/config/);
  });

  it("loads nothing of the Kubernetes client, and a kubeconfig its small readers only", () => {
    const script = bench.write(
      "loads.mjs",
      `import { registerHooks } from "node:module";
       const seen = [];
       registerHooks({ load: (url, context, next) => {
         const found = /@kubernetes\\/client-node\\/(.*)/.exec(url);
         if (found !== null) seen.push(found[1]);
         return next(url, context);
       } });
       const { openServerAccess } = await import(process.argv[2]);
       const { options, timing } = JSON.parse(process.argv[3]);
       const clock = { now: () => new Date(), monotonicMs: () => 0 };
       const access = await openServerAccess({ ...options, clock });
       await access.headers();
       await access.close();
       console.log(seen.join());`,
    );
    const loads = (options: object): string =>
      execFileSync(
        process.execPath,
        [
          script,
          pathToFileURL(join(import.meta.dirname, source)).href,
          JSON.stringify({ options: { homeDirectory: bench.folder, ...options } }),
        ],
        { encoding: "utf8" },
      ).trim();
    assert.equal(loads({ env, serviceAccountFolder }), "");
    const kubeconfig = bench.kubeconfig({ token: "t" });
    assert.equal(loads({ env, kubeconfig }), "dist/config_types.js");
  });
});
