import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { AccessOptions } from "../../../../../src/adapters/kube/credentials/access-options.ts";
import type { ArkError } from "../../../../../src/lib/errors.ts";
import {
  type AccessBench,
  base64,
  failureOf,
  kubeconfigDocument,
  openBench,
  shown,
} from "./access-bench.ts";

describe("openServerAccess() explains", () => {
  let bench: AccessBench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  /** The error of opening, checked for what every one of them must have. */
  const failure = async (options: Partial<AccessOptions>): Promise<ArkError> => {
    const error = await failureOf(bench.open(options));
    assert.equal(error.code, "ARK_KUBECONFIG_INVALID");
    assert.ok(error.advice);
    assert.doesNotMatch(shown(error), /planted|PRIVATE KEY/);
    return error;
  };
  const withText = (text: string): Promise<ArkError> =>
    failure({ kubeconfig: bench.write("broken", text) });
  const withUser = (user: object): Promise<ArkError> =>
    failure({ kubeconfig: bench.kubeconfig(user) });
  const withCluster = (cluster: object): Promise<ArkError> =>
    failure({ kubeconfig: bench.kubeconfig({}, cluster) });

  it("a file that the flag names and that is not there", async () => {
    const error = await failure({ kubeconfig: join(bench.folder, "nowhere") });
    assert.match(error.message, /nowhere/);
    assert.equal(error.answer, "no such file");
  });

  it("a folder given as kubeconfig", async () => {
    assert.equal((await failure({ kubeconfig: bench.folder })).answer, "it is a folder");
  });

  it("a KUBECONFIG of which no file exists", async () => {
    const error = await failure({ env: { KUBECONFIG: join(bench.folder, "gone") } });
    assert.match(error.message, /none of the files in KUBECONFIG exists/);
    assert.match(error.tried ?? "", /gone/);
  });

  it("broken YAML, with its place and without the line", async () => {
    const error = await withText("users:\n- name: u\n  user:\n    token: planted: x\n");
    assert.match(error.answer ?? "", /\(line 4, column \d+\)/);
  });

  it("a file that is no kubeconfig", async () => {
    assert.match((await withText("- planted\n")).answer ?? "", /not a mapping/);
    assert.match((await withText("kind: Pod\n")).answer ?? "", /kind is not Config/);
    assert.match((await withText("contexts: planted\n")).answer ?? "", /not a list/);
  });

  it("an empty file given by flag", async () => {
    assert.match((await withText("# nothing\n\n")).message, /no current context/);
  });

  it("a missing current context, with the contexts there are", async () => {
    const document = { ...kubeconfigDocument({}, { server: "https://x" }), "current-context": "" };
    const error = await withText(JSON.stringify(document));
    assert.match(error.message, /sets no current context/);
    assert.match(error.answer ?? "", /: here$/);
  });

  it("an unknown context, with the contexts there are", async () => {
    const document = kubeconfigDocument({}, { server: "https://x" });
    document.contexts.push({ name: "there", context: { cluster: "c", user: "u" } });
    const kubeconfig = bench.write("two", JSON.stringify(document));
    const error = await failure({ kubeconfig, context: "prod" });
    assert.match(error.message, /no context "prod"/);
    assert.match(error.answer ?? "", /: here, there$/);
    document["current-context"] = "old";
    assert.match((await withText(JSON.stringify(document))).message, /current context "old"/);
  });

  it("a context that points at what is missing", async () => {
    const pointing = (context: object): Promise<ArkError> =>
      failure({ kubeconfig: bench.kubeconfig({}, {}, context) });
    assert.match((await pointing({ cluster: "none" })).message, /cluster "none"/);
    assert.match((await pointing({ user: "none" })).message, /user "none"/);
    assert.match((await pointing({ cluster: undefined })).message, /names no cluster/);
  });

  it("a server that is no URL of an API server", async () => {
    for (const server of ["ftp://x", "https://", "https://u:planted@x", "https://x/?planted=1"]) {
      assert.match((await withCluster({ server })).message, /the server of cluster "c"/);
    }
    assert.match((await withCluster({ server: undefined })).message, /has no server/);
  });

  it("a value that is not text, without the value", async () => {
    const error = await withText(
      JSON.stringify(kubeconfigDocument({}, { server: "https://x" })).replace(
        '"user":{}',
        '"user":{"token":12345}',
      ),
    );
    assert.match(error.message, /user "u"\.token/);
    assert.equal(error.advice, "put it in quotes");
    assert.doesNotMatch(shown(error), /12345/);
  });

  it("certificates that are no PEM, no base64, damaged or not there", async () => {
    const pem = { "certificate-authority-data": "pl@nted" };
    assert.match((await withCluster(pem)).message, /not base64/);
    const text = { "certificate-authority-data": base64("planted") };
    assert.match((await withCluster(text)).message, /not PEM/);
    const damaged = bench.certs.ca.cert.replace("MII", "MIX");
    const data = { "certificate-authority-data": base64(damaged) };
    assert.match((await withCluster(data)).answer ?? "", /damaged/);
    const key = { "certificate-authority-data": base64(bench.certs.ca.key) };
    assert.match((await withCluster(key)).answer ?? "", /no certificate/);
    const file = {
      "certificate-authority-data": undefined,
      "certificate-authority": "gone.crt",
    };
    const error = await withCluster(file);
    assert.equal(error.answer, "no such file");
    assert.match(error.tried ?? "", new RegExp(join(bench.folder, "gone.crt")));
  });

  it("a client certificate without its key, or with another one's", async () => {
    const { alice, bob } = bench.certs;
    const cert = { "client-certificate-data": base64(alice.cert) };
    assert.match((await withUser(cert)).message, /certificate without a key/);
    const key = { "client-key-data": base64(alice.key) };
    assert.match((await withUser(key)).message, /key without a certificate/);
    const mixed = await withUser({ ...cert, "client-key-data": base64(bob.key) });
    assert.equal(mixed.answer, "the key is not that certificate's");
  });

  it("a client key with a passphrase", async () => {
    const { alice } = bench.certs;
    const encrypted = execFileSync(
      "openssl",
      ["pkcs8", "-topk8", "-in", alice.keyFile, "-passout", "pass:planted"],
      { encoding: "utf8" },
    );
    const error = await withUser({
      "client-certificate-data": base64(alice.cert),
      "client-key-data": base64(encrypted),
    });
    assert.equal(error.answer, "the key has a passphrase");
  });

  it("an authority together with insecure-skip-tls-verify", async () => {
    const error = await withCluster({ "insecure-skip-tls-verify": true });
    assert.match(error.message, /both a certificate authority and insecure-skip-tls-verify/);
  });

  it("a token file that cannot be read or is empty", async () => {
    assert.equal((await withUser({ tokenFile: "gone" })).answer, "no such file");
    const empty = bench.write("empty-token", "\n");
    assert.equal((await withUser({ tokenFile: empty })).answer, "it is empty");
  });

  it("a token that no header can carry", async () => {
    assert.match((await withUser({ token: "planted token" })).message, /cannot be sent/);
  });

  it("a user name with a colon", async () => {
    const error = await withUser({ username: "a:b", password: "planted" });
    assert.match(error.message, /colon/);
  });

  it("groups impersonated without a user", async () => {
    assert.match(
      (await withUser({ token: "planted", "as-groups": ["x"] })).message,
      /without a user/,
    );
  });

  const providers: readonly (readonly [string, RegExp])[] = [
    ["gcp", /gke-gcloud-auth-plugin/],
    ["azure", /kubelogin/],
    ["homemade", /exec section/],
  ];
  for (const [name, advice] of providers) {
    it(`that auth-provider ${name} is gone, and what took its place`, async () => {
      const error = await withUser({ "auth-provider": { name, config: { x: "planted" } } });
      assert.match(error.message, new RegExp(`"${name}"`));
      assert.match(error.advice ?? "", advice);
    });
  }

  it("that the id-token of auth-provider oidc has expired, and uses it until then", async () => {
    const jwt = (exp: number): string =>
      ["{}", JSON.stringify({ exp }), "planted"]
        .map((part) => Buffer.from(part).toString("base64url"))
        .join(".");
    const provider = (token: string | undefined): object => ({
      "auth-provider": { name: "oidc", config: { "id-token": token, "client-id": "x" } },
    });
    const noon = Date.parse("2026-11-20T12:00:00Z") / 1000;
    const good = jwt(noon + 60);
    const access = await bench.open({ kubeconfig: bench.kubeconfig(provider(good)) });
    assert.deepEqual(await access.headers(), { authorization: `Bearer ${good}` });
    const error = await withUser(provider(jwt(noon - 60)));
    assert.equal(error.answer, "it was good until 2026-11-20T11:59:00.000Z");
    assert.match((await withUser(provider(undefined))).message, /no id-token/);
  });
});
