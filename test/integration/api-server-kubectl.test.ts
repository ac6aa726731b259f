/**
 * The real kubectl against the in-memory API server: a client that none of us wrote. What it sends
 * as protobuf (`create configmap`, `auth can-i`) is refused, so manifests go in by file.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { type ApiServer, createApiServer } from "../support/api-server/api-server.ts";
import type { Listener } from "../support/api-server/listen.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { createAuthority, issueCertificate } from "../testbed/certificates.ts";
import { writeKubeconfig } from "../testbed/kubeconfig.ts";

const run = promisify(execFile);

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "gadgets.demo.example" },
  spec: {
    group: "demo.example",
    scope: "Namespaced",
    names: { kind: "Gadget", plural: "gadgets", shortNames: ["gd"] },
    versions: [{ name: "v1", served: true, storage: true, subresources: { status: {} } }],
  },
};

const gadget = (size: number) => ({
  apiVersion: "demo.example/v1",
  kind: "Gadget",
  metadata: { name: "one" },
  spec: { size },
});

describe("kubectl and the in-memory API server", { skip: await whyNoTestbed() }, () => {
  let folder = "";
  let kubectlPath = "";
  let kubeconfig = "";
  let server: ApiServer;
  let listener: Listener;

  before(async () => {
    kubectlPath = await ensureBinary("kubectl");
    folder = mkdtempSync(join(tmpdir(), "ark-ts-kubectl-"));
    const authority = createAuthority("in-memory");
    const tls = issueCertificate(authority, {
      commonName: "kube-apiserver",
      usage: "server",
      ipAddresses: ["127.0.0.1"],
    });
    server = createApiServer({
      namespaceDefaults: true,
      authenticate: ({ headers }) =>
        headers["authorization"] === "Bearer let-me-in"
          ? { name: "tester", groups: [] }
          : undefined,
    });
    listener = await server.listen(tls);
    kubeconfig = writeKubeconfig(join(folder, "kubeconfig"), {
      server: listener.url,
      ca: authority.cert,
      user: "tester",
      identity: { kind: "token", token: "let-me-in" },
    });
  });
  after(async () => {
    await listener.close();
    rmSync(folder, { recursive: true });
  });

  const environment = () => ({ PATH: "/usr/bin:/bin", HOME: folder, KUBECONFIG: kubeconfig });
  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(kubectlPath, args, { env: environment() });
    return stdout;
  };
  const fileOf = (name: string, value: unknown): string => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify(value));
    return file;
  };

  const create = (kind: string, metadata: unknown) => {
    const file = fileOf("manifest.json", { apiVersion: "v1", kind, metadata });
    return kubectl("create", "--validate=false", "-f", file);
  };

  it("gets and lists", async () => {
    assert.equal(await kubectl("get", "--raw", "/readyz"), "ok");
    const names = await kubectl("get", "namespaces", "-o", "name");
    assert.deepEqual(names.trim().split("\n"), ["namespace/default", "namespace/kube-system"]);
    assert.match(await kubectl("get", "sa,cm"), /serviceaccount\/default[\s\S]*kube-root-ca\.crt/);
    assert.match(
      await kubectl("api-resources", "--api-group=apps"),
      /deployments +deploy +apps\/v1/,
    );
    await assert.rejects(kubectl("get", "cm", "no-such"), /NotFound/);
  });

  it("creates, pages through and deletes by label", async () => {
    for (const name of ["a", "b", "c"]) {
      await create("ConfigMap", { name });
      await kubectl("label", "cm", name, "set=mine");
    }
    const listed = ["get", "cm", "-l", "set=mine", "--chunk-size=1", "-o", "name"];
    assert.equal(await kubectl(...listed), "configmap/a\nconfigmap/b\nconfigmap/c\n");
    const deleted = await kubectl("delete", "cm", "-l", "set=mine");
    assert.equal(deleted.match(/deleted/g)?.length, 3);
    assert.equal(await kubectl(...listed), "");
  });

  it("applies a custom resource, patches and deletes it", async () => {
    await kubectl("apply", "--validate=false", "-f", fileOf("crd.json", definition));
    await kubectl("wait", "--for=condition=Established", "crd/gadgets.demo.example");
    const apply = (size: number) =>
      kubectl("apply", "--validate=false", "-f", fileOf("gadget.json", gadget(size)));
    assert.match(await apply(1), /gadget\.demo\.example\/one created/);
    assert.match(await apply(1), /gadget\.demo\.example\/one unchanged/);
    assert.match(await apply(2), /gadget\.demo\.example\/one configured/);
    await kubectl("patch", "gd", "one", "--type=merge", "-p", '{"spec":{"colour":"red"}}');
    await kubectl(
      "patch",
      "gd",
      "one",
      "--type=json",
      "-p",
      '[{"op":"remove","path":"/spec/size"}]',
    );
    const status = '{"status":{"ready":true}}';
    await kubectl("patch", "gd", "one", "--subresource=status", "--type=merge", "-p", status);
    const is = JSON.parse(await kubectl("get", "gd", "one", "-o", "json"));
    assert.deepEqual([is.spec, is.status], [{ colour: "red" }, { ready: true }]);
    const forced = ["--server-side", "--force-conflicts", "--validate=false"];
    await kubectl("apply", ...forced, "-f", fileOf("g.json", gadget(3)));
    assert.equal(await kubectl("get", "gd", "one", "-o", "jsonpath={.spec.size}"), "3");
    assert.match(await kubectl("delete", "gd", "one"), /deleted/);
    await assert.rejects(kubectl("get", "gd", "one"), /NotFound/);
  });

  it("watches", async () => {
    const args = ["get", "cm", "-l", "set=watched", "--watch", "-o", "name"];
    const watching = spawn(kubectlPath, args, { env: environment() });
    try {
      const seen = (async () => {
        let text = "";
        for await (const chunk of watching.stdout) {
          text += chunk;
          if (text.includes("configmap/w2\n")) return text;
        }
        return text;
      })();
      for (const name of ["w1", "w2"]) {
        await create("ConfigMap", { name, labels: { set: "watched" } });
      }
      assert.equal(await seen, "configmap/w1\nconfigmap/w2\n");
    } finally {
      watching.kill();
    }
  });

  it("deletes a namespace with what is in it", async () => {
    await create("Namespace", { name: "gone" });
    await create("Secret", { name: "s", namespace: "gone" });
    await kubectl("delete", "namespace", "gone");
    await assert.rejects(kubectl("get", "namespace", "gone"), /NotFound/);
    assert.equal(await kubectl("get", "secrets", "-n", "gone", "-o", "name"), "");
  });

  it("is turned away with a wrong token", async () => {
    await assert.rejects(kubectl("--token=wrong", "get", "cm"), /Unauthorized|logged in/);
  });
});
