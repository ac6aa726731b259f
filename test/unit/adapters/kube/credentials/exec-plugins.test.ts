import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import {
  type AccessBench,
  base64,
  failureOf,
  get,
  lastArrival,
  openBench,
  shown,
  steppedClock,
} from "./access-bench.ts";

const v1 = "client.authentication.k8s.io/v1";
const v1beta1 = "client.authentication.k8s.io/v1beta1";

describe("openServerAccess() with credential plugins", () => {
  let bench: AccessBench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  /** A plugin that counts its runs in NAME.runs and then does `body` (sh). */
  const plugin = (name: string, body: string): string =>
    bench.write(`bin/${name}`, `#!/bin/sh\necho run >> "$0.runs"\n${body}\n`, 0o755);
  const runsOf = (name: string): number => {
    const log = join(bench.folder, "bin", `${name}.runs`);
    return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").length : 0;
  };
  const credential = (status: object, apiVersion = v1): string =>
    JSON.stringify({ apiVersion, kind: "ExecCredential", status });
  const printing = (name: string, status: object, apiVersion = v1): string => {
    const answer = bench.write(`bin/${name}.json`, credential(status, apiVersion));
    return plugin(name, `cat '${answer}'`);
  };
  const kubeconfigFor = (exec: object, cluster = {}): string =>
    bench.kubeconfig({ exec: { apiVersion: v1, interactiveMode: "Never", ...exec } }, cluster);

  it("sends the token of a plugin, and runs it once for all requests", async () => {
    const command = printing("token", { token: "from-plugin" });
    const access = await bench.open({ kubeconfig: kubeconfigFor({ command }) });
    assert.equal(runsOf("token"), 0);
    await Promise.all([get(access), get(access), get(access)]);
    assert.equal(runsOf("token"), 1);
    assert.deepEqual(lastArrival(bench.server).headers["authorization"], ["Bearer from-plugin"]);
  });

  it("uses the client certificate of a plugin, and a new one after a refresh", async () => {
    const { alice, bob } = bench.certs;
    const status = (pair: typeof alice): object => ({
      clientCertificateData: pair.cert,
      clientKeyData: pair.key,
    });
    const command = printing("cert", status(alice));
    const access = await bench.open({ kubeconfig: kubeconfigFor({ command }) });
    await get(access);
    assert.equal(lastArrival(bench.server).client, "alice");
    bench.write("bin/cert.json", credential(status(bob)));
    assert.equal(await access.refresh(), true);
    await get(access);
    assert.equal(lastArrival(bench.server).client, "bob");
  });

  it("starts a command with a slash from the kubeconfig's folder", async () => {
    printing("relative", { token: "relative" });
    const access = await bench.open({ kubeconfig: kubeconfigFor({ command: "./bin/relative" }) });
    assert.deepEqual(await access.headers(), { authorization: "Bearer relative" });
  });

  it("finds a bare command on the PATH it was given", async () => {
    printing("ark-test-plugin", { token: "on-path" });
    const env = { PATH: `${join(bench.folder, "bin")}:${process.env["PATH"]}` };
    const kubeconfig = kubeconfigFor({ command: "ark-test-plugin" });
    const access = await bench.open({ kubeconfig, env });
    assert.deepEqual(await access.headers(), { authorization: "Bearer on-path" });
  });

  it("passes arguments, environment and KUBERNETES_EXEC_INFO", async () => {
    const seen = join(bench.folder, "seen");
    const command = plugin(
      "told",
      `printf '%s\\n' "$*" "$INHERITED" "$ADDED" "$KUBERNETES_EXEC_INFO" > '${seen}'
       echo '${credential({ token: "x" })}'`,
    );
    const kubeconfig = kubeconfigFor(
      {
        command,
        args: ["get-token", "--cluster=c"],
        env: [{ name: "ADDED", value: "added" }],
        provideClusterInfo: true,
      },
      {
        "tls-server-name": "api.example.test",
        "proxy-url": "http://127.0.0.1:9",
        "disable-compression": true,
        extensions: [{ name: "client.authentication.k8s.io/exec", extension: { audience: "a" } }],
      },
    );
    const env = { PATH: process.env["PATH"], INHERITED: "inherited" };
    await (await bench.open({ kubeconfig, env })).headers();
    const [args, inherited, added, info = ""] = readFileSync(seen, "utf8").split("\n");
    assert.deepEqual([args, inherited, added], ["get-token --cluster=c", "inherited", "added"]);
    assert.deepEqual(JSON.parse(info), {
      kind: "ExecCredential",
      apiVersion: v1,
      spec: {
        interactive: false,
        cluster: {
          server: `https://127.0.0.1:${bench.server.port}`,
          "tls-server-name": "api.example.test",
          "certificate-authority-data": base64(bench.certs.ca.cert),
          "proxy-url": "http://127.0.0.1:9",
          "disable-compression": true,
          config: { audience: "a" },
        },
      },
    });
  });

  it("tells a plugin nothing of the cluster unless it asks", async () => {
    const seen = join(bench.folder, "seen-little");
    const command = plugin(
      "little",
      `echo "$KUBERNETES_EXEC_INFO" > '${seen}'; echo '${credential({ token: "x" }, v1beta1)}'`,
    );
    const kubeconfig = kubeconfigFor({ command, apiVersion: v1beta1, interactiveMode: undefined });
    await (await bench.open({ kubeconfig })).headers();
    assert.deepEqual(JSON.parse(readFileSync(seen, "utf8")), {
      kind: "ExecCredential",
      apiVersion: v1beta1,
      spec: { interactive: false },
    });
  });

  it("runs the plugin again a minute before its credential expires", async () => {
    const clock = steppedClock("2026-11-20T12:00:00Z");
    const command = printing("expiring", {
      token: "one",
      expirationTimestamp: "2026-11-20T12:10:00Z",
    });
    const access = await bench.open({ kubeconfig: kubeconfigFor({ command }), clock });
    assert.deepEqual(await access.headers(), { authorization: "Bearer one" });
    bench.write("bin/expiring.json", credential({ token: "two" }));
    clock.advance(8 * 60_000 + 59_000);
    assert.deepEqual(await access.headers(), { authorization: "Bearer one" });
    clock.advance(1_000);
    assert.deepEqual(await access.headers(), { authorization: "Bearer two" });
    assert.equal(runsOf("expiring"), 2);
  });

  it("uses what it holds until it expires while a renewal fails, and then says why", async () => {
    const clock = steppedClock("2026-11-20T12:00:00Z");
    const answer = { token: "one", expirationTimestamp: "2026-11-20T12:10:00Z" };
    const command = printing("failing-later", answer);
    const access = await bench.open({ kubeconfig: kubeconfigFor({ command }), clock });
    await access.headers();
    plugin("failing-later", "echo 'no network' >&2; exit 3");
    clock.advance(9 * 60_000);
    assert.deepEqual(await access.headers(), { authorization: "Bearer one" });
    await access.headers();
    assert.equal(runsOf("failing-later"), 2);
    clock.advance(60_000);
    assert.match((await failureOf(access.headers())).answer ?? "", /no network/);
  });

  it("runs a plugin whose answers are always expired once in ten seconds", async () => {
    const clock = steppedClock("2026-11-20T12:00:00Z");
    const command = printing("late", {
      token: "one",
      expirationTimestamp: "2026-11-20T11:00:00Z",
    });
    const access = await bench.open({ kubeconfig: kubeconfigFor({ command }), clock });
    for (let request = 0; request < 5; request += 1) await access.headers();
    assert.equal(runsOf("late"), 1);
    clock.advance(10_000);
    await access.headers();
    assert.equal(runsOf("late"), 2);
  });

  it("refreshes once for refusals that come together, and tells whether that helped", async () => {
    const clock = steppedClock();
    const command = printing("refused", { token: "old" });
    const access = await bench.open({ kubeconfig: kubeconfigFor({ command }), clock });
    bench.server.refused = "Bearer old";
    assert.equal(await get(access), 401);
    bench.write("bin/refused.json", credential({ token: "new" }));
    const answers = await Promise.all([access.refresh(), access.refresh(), access.refresh()]);
    assert.deepEqual(answers, [true, true, true]);
    assert.equal(await access.refresh(), true);
    assert.equal(runsOf("refused"), 2);
    assert.equal(await get(access), 200);
    clock.advance(60_000);
    assert.equal(await access.refresh(), false);
    bench.server.refused = "none";
  });

  it("lets a plugin talk to the user when there is a terminal", async () => {
    const command = plugin(
      "dialogue",
      `echo "$KUBERNETES_EXEC_INFO" > "$0.info"; echo 'open your browser' >&2
       echo '${credential({ token: "x" })}'`,
    );
    const kubeconfig = kubeconfigFor({ command, interactiveMode: "Always" });
    const terminal = new PassThrough();
    await (await bench.open({ kubeconfig, terminal })).headers();
    terminal.end();
    assert.equal(await text(terminal), "open your browser\n");
    assert.match(readFileSync(`${command}.info`, "utf8"), /"interactive":true/);
    const error = await failureOf(bench.open({ kubeconfig }));
    assert.equal(error.code, "ARK_CREDENTIAL_PLUGIN");
    assert.match(error.message, /needs a terminal/);
  });

  it("keeps a plugin with interactiveMode Never away from the terminal", async () => {
    const command = plugin("quiet", `echo hm >&2; echo '${credential({ token: "x" })}'`);
    const terminal = new PassThrough();
    await (await bench.open({ kubeconfig: kubeconfigFor({ command }), terminal })).headers();
    terminal.end();
    assert.equal(await text(terminal), "");
  });

  it("reports a failing plugin with its stderr and install hint, never with its stdout", async () => {
    const command = plugin("sad", "echo planted-s3cret; echo 'session is over' >&2; exit 7");
    const kubeconfig = kubeconfigFor({ command, installHint: "log in with `sad login`" });
    const error = await failureOf((await bench.open({ kubeconfig })).headers());
    assert.equal(error.code, "ARK_CREDENTIAL_PLUGIN");
    assert.match(error.message, /ended with status 7/);
    assert.equal(error.answer, "session is over");
    assert.equal(error.advice, "log in with `sad login`");
    assert.doesNotMatch(shown(error), /planted/);
  });

  it("reports a plugin that is not there or may not be run", async () => {
    const noExec = bench.write("bin/no-exec", "#!/bin/sh\n", 0o644);
    const cases: readonly (readonly [string, RegExp])[] = [
      ["ark-no-such-plugin", /not on PATH/],
      ["./no/such/plugin", /no such file/],
      [noExec, /may not be executed/],
    ];
    for (const [command, answer] of cases) {
      const kubeconfig = kubeconfigFor({ command, installHint: "install it" });
      const error = await failureOf((await bench.open({ kubeconfig })).headers());
      assert.equal(error.code, "ARK_CREDENTIAL_PLUGIN");
      assert.match(error.answer ?? "", answer);
      assert.equal(error.advice, "install it");
    }
  });

  it("ends a plugin that does not answer in time", async () => {
    const command = plugin("hanging", "echo waiting >&2; exec sleep 600");
    const access = await bench.open({
      kubeconfig: kubeconfigFor({ command }),
      pluginTimeoutMs: 300,
    });
    const error = await failureOf(access.headers());
    assert.match(error.message, /did not answer within/);
  });

  it("ends a running plugin when the access is closed", async () => {
    const command = plugin("endless", "exec sleep 600");
    const access = await bench.open({ kubeconfig: kubeconfigFor({ command }) });
    const failure = failureOf(access.headers());
    await access.close();
    assert.equal((await failure).code, "ARK_CANCELLED");
  });

  const token = "planted-s3cret";
  const badAnswers: readonly (readonly [string, string, RegExp])[] = [
    ["nothing", "", /printed nothing/],
    ["no-json", `token ${token}`, /not JSON/],
    ["other-kind", JSON.stringify({ kind: "Other", apiVersion: v1, status: { token } }), /kind/],
    ["other-version", credential({ token }, v1beta1), /apiVersion/],
    ["no-status", JSON.stringify({ kind: "ExecCredential", apiVersion: v1 }), /status/],
    ["empty", credential({}), /neither a token nor/],
    ["half-pair", credential({ clientKeyData: token }), /without the other/],
    ["bad-time", credential({ token, expirationTimestamp: "soon" }), /expirationTimestamp/],
    ["bad-pair", credential({ clientCertificateData: token, clientKeyData: token }), /PEM|ERR_/],
    ["two-lines", credential({ token: `${token}\nX-Evil: 1` }), /characters/],
  ];
  for (const [name, answer, expected] of badAnswers) {
    it(`refuses a plugin's answer without printing it: ${name}`, async () => {
      const command = plugin(name, `cat <<'END'\n${answer}\nEND`);
      const access = await bench.open({ kubeconfig: kubeconfigFor({ command }) });
      const error = await failureOf(access.dispatcher());
      assert.equal(error.code, "ARK_CREDENTIAL_PLUGIN");
      assert.match(error.answer ?? "", expected);
      assert.doesNotMatch(shown(error), /planted/);
    });
  }

  const badSections: readonly (readonly [string, object, RegExp])[] = [
    ["no command", { command: "" }, /names no command/],
    ["a version that is gone", { apiVersion: `${v1.slice(0, -2)}v1alpha1` }, /no longer exists/],
    ["no interactiveMode with v1", { interactiveMode: undefined }, /no interactiveMode/],
    ["an unknown interactiveMode", { interactiveMode: "Maybe" }, /"Maybe"/],
  ];
  for (const [name, section, expected] of badSections) {
    it(`refuses an exec section with ${name}`, async () => {
      const kubeconfig = kubeconfigFor({ command: "true", ...section });
      const error = await failureOf(bench.open({ kubeconfig }));
      assert.equal(error.code, "ARK_KUBECONFIG_INVALID");
      assert.match(error.message, expected);
    });
  }
});
