import assert from "node:assert/strict";
import { createPrivateKey, sign } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { load } from "js-yaml";
import { request } from "undici";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { AccessOptions } from "../../src/adapters/kube/credentials/access-options.ts";
import { openServerAccess } from "../../src/adapters/kube/credentials/open-server-access.ts";
import type { ServerAccess } from "../../src/adapters/kube/credentials/server-access.ts";
import type { ResourceKind } from "../../src/api/resource-kind.ts";
import { type LoopbackProxy, startConnectProxy } from "../support/loopback-proxies.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";
import type { ControlPlaneAccess } from "../testbed/control-plane-access.ts";

interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

const minute = 60_000;
const execVersion = "client.authentication.k8s.io/v1";
const namespaces: ResourceKind = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
  verbs: ["get"],
  singular: "namespace",
  shortNames: [],
  categories: [],
  preferred: true,
  subresources: [],
};

describe("openServerAccess() on a real API server", { skip: await whyNoTestbed() }, () => {
  const namespace = uniqueNamespace("kubeconfigs");
  const signal = new AbortController().signal;
  const opened: ServerAccess[] = [];
  let folder: string;
  let plane: ControlPlaneAccess;
  let admin: ServerAccess;
  let clock: VirtualClock;
  let proxy: LoopbackProxy;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ark-kubeconfigs-"));
    plane = await sharedControlPlane();
    proxy = await startConnectProxy(Number(new URL(plane.server).port));
    clock = createVirtualClock();
    admin = await open({ kubeconfig: plane.kubeconfig });
    await post(admin, "/api/v1/namespaces", { metadata: { name: namespace } });
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    for (const name of ["one", "two"]) await post(admin, accounts, { metadata: { name } });
  });

  after(async () => {
    await send(admin, "DELETE", `/api/v1/namespaces/${namespace}`);
    for (const access of opened) await access.close();
    await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (options: Partial<AccessOptions>): Promise<ServerAccess> => {
    const env = { PATH: process.env["PATH"] };
    const access = await openServerAccess({ env, homeDirectory: folder, clock, ...options });
    opened.push(access);
    return access;
  };

  const send = async (
    access: ServerAccess,
    method: "POST" | "DELETE",
    path: string,
    body?: object,
  ): Promise<{ status: number; answer: unknown }> => {
    const response = await request(access.serverUrl + path, {
      method,
      dispatcher: await access.dispatcher(),
      headers: { ...(await access.headers()), "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.statusCode, answer: await response.body.json() };
  };

  const post = async (access: ServerAccess, path: string, body: object): Promise<unknown> => {
    const { status, answer } = await send(access, "POST", path, body);
    assert.equal(status, 201, JSON.stringify(answer));
    return answer;
  };

  const reviewPath = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };

  /** Who the API server thinks is asking. */
  const whoAmI = async (access: ServerAccess): Promise<UserInfo> => {
    const answer = (await post(access, reviewPath, review)) as { status: { userInfo: UserInfo } };
    return answer.status.userInfo;
  };

  const accountName = (name: string): string => `system:serviceaccount:${namespace}:${name}`;

  const tokenFor = async (name: string): Promise<string> => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const answer = (await post(admin, path, { spec: { expirationSeconds: 600 } })) as {
      status: { token: string };
    };
    return answer.status.token;
  };

  /** The same token as the API server would have made it that long ago, for an hour. */
  const madeAgo = (token: string, seconds: number): string => {
    const [header = "", payload = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    const issuedAt = Math.floor(Date.now() / 1000) - seconds;
    Object.assign(claims, { iat: issuedAt, nbf: issuedAt, exp: issuedAt + 3600 });
    const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
    const key = createPrivateKey(readFileSync(join(plane.folder, "pki", "sa.key"), "utf8"));
    const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  };

  const expired = (token: string): string => madeAgo(token, 7200);

  const write = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    chmodSync(path, mode);
    return path;
  };

  let files = 0;
  const kubeconfig = (user: object, cluster: object = {}): string => {
    files += 1;
    return write(
      `kubeconfig-${files}`,
      JSON.stringify({
        "current-context": "x",
        contexts: [{ name: "x", context: { cluster: "x", user: "x", namespace } }],
        clusters: [
          {
            name: "x",
            cluster: { server: plane.server, "certificate-authority": plane.caFile, ...cluster },
          },
        ],
        users: [{ name: "x", user }],
      }),
    );
  };

  /** A plugin that prints the credential in NAME.json and counts its runs. */
  const plugin = (
    name: string,
    status: object,
  ): { command: string; answer(status: object): void } => {
    const answer = (now: object): void => {
      const credential = { apiVersion: execVersion, kind: "ExecCredential", status: now };
      write(`${name}.json`, JSON.stringify(credential));
    };
    answer(status);
    const script = `#!/bin/sh\necho run >> "$0.runs"\ncat "$0.json"\n`;
    return { command: write(name, script, 0o755), answer };
  };
  const runsOf = (command: string): number =>
    existsSync(`${command}.runs`)
      ? readFileSync(`${command}.runs`, "utf8").split("\n").length - 1
      : 0;
  const execUser = (command: string): object => ({
    exec: { apiVersion: execVersion, command, interactiveMode: "Never" },
  });

  it("is the user of a client certificate", async () => {
    const access = await open({ kubeconfig: plane.kubeconfigForUser("ann", ["team-a"]) });
    const { username, groups } = await whoAmI(access);
    assert.equal(username, "ann");
    assert.ok(groups?.includes("team-a"));
  });

  it("is the service account of a token", async () => {
    const access = await open({ kubeconfig: plane.kubeconfigForToken(await tokenFor("one")) });
    assert.equal((await whoAmI(access)).username, accountName("one"));
    assert.equal(access.defaultNamespace, "default");
  });

  it("follows a token file that is rotated", async () => {
    const tokenFile = write("rotated", `${await tokenFor("one")}\n`);
    const access = await open({ kubeconfig: kubeconfig({ tokenFile }) });
    assert.equal(access.defaultNamespace, namespace);
    assert.equal((await whoAmI(access)).username, accountName("one"));
    write("rotated", `${await tokenFor("two")}\n`);
    assert.equal((await whoAmI(access)).username, accountName("one"));
    await clock.advance(minute);
    assert.equal((await whoAmI(access)).username, accountName("two"));
  });

  it("is the user of a plugin's token", async () => {
    const { command } = plugin("token-plugin", { token: await tokenFor("two") });
    const access = await open({ kubeconfig: kubeconfig(execUser("./token-plugin")) });
    assert.equal((await whoAmI(access)).username, accountName("two"));
    assert.equal(runsOf(command), 1);
  });

  it("is the user of a plugin's client certificate", async () => {
    const file = readFileSync(plane.kubeconfigForUser("bea", ["team-b"]), "utf8");
    const user = (load(file) as Kubeconfig).users[0]?.user ?? {};
    const decoded = (key: string): string => Buffer.from(user[key] ?? "", "base64").toString();
    const { command } = plugin("certificate-plugin", {
      clientCertificateData: decoded("client-certificate-data"),
      clientKeyData: decoded("client-key-data"),
    });
    const access = await open({ kubeconfig: kubeconfig(execUser(command)) });
    assert.equal((await whoAmI(access)).username, "bea");
  });

  it("goes on after a plugin's token expired in mid-run", async () => {
    const good = madeAgo(await tokenFor("one"), 1800);
    const { command, answer } = plugin("expiring-plugin", { token: good });
    const access = await open({ kubeconfig: kubeconfig(execUser(command)) });
    const cluster = connectCluster(access, clock);
    const canRead = (): Promise<boolean> => cluster.can("get", namespaces, "", { signal });
    assert.equal(await canRead(), false);
    answer({ token: expired(good) });
    assert.equal(await access.refresh(), true);
    assert.equal((await send(access, "POST", reviewPath, review)).status, 401);
    await clock.advance(minute);
    answer({ token: await tokenFor("two") });
    assert.deepEqual(await Promise.all([canRead(), canRead(), canRead()]), [false, false, false]);
    assert.equal(runsOf(command), 3);
    assert.equal((await whoAmI(access)).username, accountName("two"));
  });

  it("reports an expired token that nothing newer replaces", async () => {
    const { command } = plugin("stale-plugin", { token: expired(await tokenFor("one")) });
    const cluster = connectCluster(
      await open({ kubeconfig: kubeconfig(execUser(command)) }),
      clock,
    );
    await assert.rejects(cluster.can("get", namespaces, "", { signal }), {
      code: "ARK_API_UNAUTHORIZED",
    });
    assert.equal(runsOf(command), 2);
  });

  it("impersonates a user with groups, uid and extra", async () => {
    const file = readFileSync(plane.kubeconfig, "utf8");
    const user = (load(file) as Kubeconfig).users[0]?.user ?? {};
    const impersonating = kubeconfig({
      ...user,
      as: "zoë@example.org",
      "as-uid": "uid-1",
      "as-groups": ["team-a", "team-b", "system:authenticated"],
      "as-user-extra": { "example.org/Scope s": ["a", "b"] },
    });
    const { username, uid, groups, extra } = await whoAmI(
      await open({ kubeconfig: impersonating }),
    );
    assert.equal(username, "zoë@example.org");
    assert.equal(uid, "uid-1");
    assert.deepEqual(groups, ["team-a", "team-b", "system:authenticated"]);
    assert.deepEqual(extra?.["example.org/scope s"], ["a", "b"]);
  });

  it("puts together context, cluster and user of several files in KUBECONFIG", async () => {
    mkdirSync(join(folder, "user"));
    write("user/token", await tokenFor("two"));
    const parts = [
      {
        "current-context": "all",
        contexts: [{ name: "all", context: { cluster: "c", user: "u" } }],
      },
      {
        "current-context": "other",
        clusters: [
          { name: "c", cluster: { server: plane.server, "certificate-authority": plane.caFile } },
        ],
      },
      { users: [{ name: "u", user: { tokenFile: "token" } }] },
      { clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }] },
    ];
    const paths = ["first", "second", "user/third", "fourth"].map((name, index) =>
      write(name, JSON.stringify(parts[index])),
    );
    const env = { KUBECONFIG: paths.join(delimiter) };
    assert.equal((await whoAmI(await open({ env }))).username, accountName("two"));
  });

  it("verifies the API server by tls-server-name", async () => {
    const token = await tokenFor("one");
    const named = (name: string): string => kubeconfig({ token }, { "tls-server-name": name });
    const access = await open({ kubeconfig: named("kubernetes.default.svc") });
    assert.equal((await whoAmI(access)).username, accountName("one"));
    await assert.rejects(whoAmI(await open({ kubeconfig: named("kubernetes.example.org") })), {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it("reaches the API server through proxy-url, and through HTTPS_PROXY", async () => {
    const token = await tokenFor("one");
    const proxyUrl = `http://127.0.0.1:${proxy.port}`;
    const server = "https://kubernetes.default.svc:6443";
    const byFile = kubeconfig({ token }, { server, "proxy-url": proxyUrl });
    assert.equal((await whoAmI(await open({ kubeconfig: byFile }))).username, accountName("one"));
    const env = { HTTPS_PROXY: proxyUrl };
    const access = await open({ kubeconfig: kubeconfig({ token }, { server }), env });
    assert.equal((await whoAmI(access)).username, accountName("one"));
    assert.deepEqual(proxy.targets, Array(2).fill("kubernetes.default.svc:6443"));
  });

  it("is a service account in a pod", async () => {
    const account = join(folder, "account");
    mkdirSync(account);
    write("account/token", await tokenFor("one"));
    write("account/ca.crt", readFileSync(plane.caFile, "utf8"));
    write("account/namespace", namespace);
    const { hostname, port } = new URL(plane.server);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const access = await open({ env, serviceAccountFolder: account });
    assert.equal((await whoAmI(access)).username, accountName("one"));
    assert.equal(access.defaultNamespace, namespace);
    write("account/token", await tokenFor("two"));
    assert.equal(await access.refresh(), true);
    assert.equal((await whoAmI(access)).username, accountName("two"));
  });
});
