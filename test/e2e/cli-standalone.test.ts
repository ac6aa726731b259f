import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ApiServer, createApiServer } from "../support/api-server/api-server.ts";
import type { Listener } from "../support/api-server/listen.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { runCommand } from "../support/run-command.ts";

const object = (namespace: string, name: string, data: string): string =>
  `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"${name}","namespace":"${namespace}"},"data":{"exact":"${data}"}}`;

const namespaceObject = (name: string) => ({
  kind: "Namespace",
  apiVersion: "v1",
  metadata: { name },
  spec: { finalizers: ["kubernetes"] },
  status: { phase: "Active" },
});

interface Bench {
  readonly server: ApiServer;
  readonly listener: Listener;
  readonly ark: Ark;
}

async function startBench(): Promise<Bench> {
  const server = createApiServer();
  server.seed(namespaceObject("shop"));
  for (let at = 0; at < 20; at++) server.seed(object("shop", `settings-${at}`, `value ${at}`));
  const listener = await server.listen();
  const ark = createArk("");
  writeFileSync(
    join(ark.home, "kubeconfig"),
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "lab",
      clusters: [{ name: "lab", cluster: { server: listener.url } }],
      users: [{ name: "lab", user: {} }],
      contexts: [{ name: "lab", context: { cluster: "lab", user: "lab" } }],
    }),
  );
  return { server, listener, ark };
}

describe("ark-ts in standalone mode", () => {
  let bench: Bench;
  const run = (...args: string[]) =>
    bench.ark.run(...args, "--kubeconfig", join(bench.ark.home, "kubeconfig"));
  /** Reads the store only; with --mode given, no cluster is asked. */
  const read = (...args: string[]) => ok(...args, "--mode=standalone");
  const ok = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await run(...args);
    assert.equal(status, 0, `${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  };

  before(async () => {
    bench = await startBench();
  });
  after(async () => {
    bench.ark.remove();
    await bench.listener.close();
  });

  it("backs up, and says who works, where to, and once what a directory means", async () => {
    const first = await run("backup", "create", "one", "--include-namespaces", "shop");
    assert.equal(first.status, 0, first.stderr);
    assert.match(
      first.stderr,
      /^standalone: no ark-ts server in context lab; running here, with your own rights$/m,
    );
    assert.match(first.stderr, /^location {2}default {2}/m);
    assert.match(
      first.stderr,
      /^first use: Secrets are stored readable there, and the copy dies with this machine$/m,
    );
    assert.match(first.stdout, /^backup one: completed in /);
    assert.match(first.stdout, /read back and checked/);
    const second = await run(
      "backup",
      "create",
      "two",
      "--include-namespaces=shop",
      "-o",
      "name",
      "--wait",
      "--ttl=1h",
    );
    assert.equal(second.stdout, "backup/two\n");
    assert.doesNotMatch(second.stderr, /first use/);
    assert.equal(statSync(bench.ark.dataFolder).mode & 0o777, 0o700);
    assert.equal(statSync(join(bench.ark.home, "config/ark-ts/config.json")).mode & 0o777, 0o600);
  });

  it("lists, describes, verifies and reads them", async () => {
    assert.equal(await read("get", "backups", "-o", "name"), "backup/one\nbackup/two\n");
    assert.match(
      await ok("backup", "get"),
      /^NAME +STATUS +ERRORS +WARNINGS +CREATED +EXPIRES +LOCATION +CLUSTER +OBJECTS\none +Completed +0 +0 +20\d\d-/,
    );
    const one = JSON.parse(await read("backup", "get", "one", "-o", "json"));
    assert.deepEqual(
      [one.kind, one.metadata.name, one.status.phase],
      ["Backup", "one", "Completed"],
    );
    assert.equal(one.metadata.annotations["ark-ts.dev/location"], "default");
    assert.match(
      await read("backup", "describe", "one", "--details"),
      /\nResource List:\n {2}v1\/ConfigMap:\n {4}- shop\/settings-0\n/,
    );
    assert.match(await read("backup", "verify", "one"), /^backup one: no damage/);
    assert.match(await read("backup", "logs", "one"), /msg="backup started"/);
    const names = (await read("backup", "ls", "one", "configmaps", "-o", "name"))
      .trim()
      .split("\n");
    assert.equal(names.length, 20);
    assert.equal(names[0], "configmaps/shop/settings-0");
  });

  it("prints an object byte for byte as the API server has it", async () => {
    const printed = await read("backup", "cat", "one", "configmaps/shop/settings-7");
    const raw = await fetch(`${bench.listener.url}/api/v1/namespaces/shop/configmaps/settings-7`);
    assert.equal(printed, await raw.text());
  });

  it("downloads the archive for the user alone, and replaces no file unasked", async () => {
    const file = join(bench.ark.home, "one.tar.gz");
    await read("backup", "download", "one", "-o", file);
    const described = JSON.parse(await read("backup", "describe", "one", "-o", "json"));
    const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
    assert.equal(digest, described.manifest.archive.sha256);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const again = await run("backup", "download", "one", "-o", file);
    assert.equal(again.status, 2);
    assert.match(again.stderr, /exists already[\s\S]*--force/);
    await read("backup", "download", "one", "-o", file, "--force");
    assert.deepEqual(
      readdirSync(bench.ark.home).filter((name) => name.includes("part")),
      [],
    );
  });

  it("restores into another namespace and keeps a record", async () => {
    const done = await run(
      "restore",
      "create",
      "copy",
      "--from-backup",
      "one",
      "--namespace-mappings",
      "shop:shop-copy",
    );
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.match(done.stdout, /^restore copy: completed in .*\n {2}created 2\d /);
    const copy = await fetch(
      `${bench.listener.url}/api/v1/namespaces/shop-copy/configmaps/settings-7`,
    );
    assert.equal(((await copy.json()) as { data: { exact: string } }).data.exact, "value 7");
    assert.match(await read("restore", "get"), /^NAME +BACKUP +STATUS .*\ncopy +one +Completed /);
    assert.match(
      await read("describe", "restore", "copy"),
      /Namespace mappings: +shop=shop-copy\n/,
    );
    assert.match(await read("restore", "logs", "copy"), /msg="restore ended"/);
  });

  it("refuses terms and mappings of a restore that the backup knows nothing of", async () => {
    for (const [flag, code, near] of [
      ["--namespace-mappings=shpo:shop-2", "ARK_NAMESPACE_MISSING", "closest first: shop"],
      ["--include-namespaces=nope", "ARK_NAMESPACE_MISSING", "shop"],
      ["--include-resources=nopes", "ARK_KIND_UNKNOWN", "configmaps"],
    ] as const) {
      const refused = await run("restore", "create", "no", "--from-backup", "one", flag);
      assert.equal(refused.status, 2, refused.stdout + refused.stderr);
      assert.match(refused.stderr, new RegExp(`${near}[^]*${code}|${code}[^]*${near}`));
    }
    assert.doesNotMatch(await read("restore", "get", "-o", "name"), /\bno\b/);
  });

  it("refuses a name that is taken, and says how to free it", async () => {
    const { status, stderr } = await run("backup", "create", "one");
    assert.equal(status, 1);
    assert.match(
      stderr,
      /backup "one" exists already[\s\S]*ark-ts backup delete --kubeconfig \S+ one\n[\s\S]*ARK_NAME_TAKEN/,
    );
  });

  it("tells what the API server does not know before anything is written", async () => {
    for (const [flag, code] of [
      ["--include-namespaces=nope", "ARK_NAMESPACE_MISSING"],
      ["--include-resources=nopes", "ARK_KIND_UNKNOWN"],
    ] as const) {
      const { status, stderr } = await run("backup", "create", "three", flag);
      assert.equal(status, 2, stderr);
      assert.match(stderr, new RegExp(code));
    }
    assert.doesNotMatch(await read("backup", "get", "-o", "name"), /three/);
  });

  it("names damage and fails", async () => {
    await ok("backup", "create", "bad", "--include-namespaces=shop");
    const file = join(bench.ark.dataFolder, "backups/bad/bad.tar.gz");
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    writeFileSync(file, bytes);
    const { status, stdout } = await run("backup", "verify", "bad", "--mode=standalone");
    assert.equal(status, 1);
    assert.match(stdout, /^backup bad: DAMAGED[\s\S]*\n {2}damaged {3}/);
    const fetched = await run(
      "backup",
      "download",
      "bad",
      "-o",
      join(bench.ark.home, "bad.tar.gz"),
    );
    assert.equal(fetched.status, 1);
    assert.match(fetched.stderr, /ARK_BACKUP_DAMAGED/);
    assert.ok(!readdirSync(bench.ark.home).some((name) => name.startsWith("bad.tar.gz")));
  });

  it("deletes by name, asks before, and prunes nothing that has not expired", async () => {
    const asked = await run("backup", "delete", "bad");
    assert.equal(asked.status, 2);
    assert.match(asked.stderr, /--confirm/);
    assert.match(
      await read("backup", "delete", "bad", "--confirm"),
      /^backup bad deleted: \d+ files/,
    );
    assert.match(
      await read("backup", "prune", "--dry-run"),
      /^0 backups .* would be deleted .*kept: 2 backups not expired\n$/,
    );
  });

  for (const signal of ["SIGINT", "SIGHUP"] as const) {
    it(`cancels cleanly on ${signal}: status 130, nothing sealed, the name free again`, async () => {
      const listing = Promise.withResolvers<void>();
      bench.server.faults = ({ path, query }) => {
        if (path !== "/api/v1/namespaces/shop/configmaps" || query.get("limit") === "1")
          return undefined;
        listing.resolve();
        return { hang: true };
      };
      const args = [
        "backup",
        "create",
        "cut",
        "--include-namespaces=shop",
        "--kubeconfig",
        join(bench.ark.home, "kubeconfig"),
      ];
      const { home } = bench.ark;
      const env = {
        HOME: home,
        XDG_DATA_HOME: join(home, "data"),
        XDG_CONFIG_HOME: join(home, "config"),
      };
      let pid = 0;
      const running = runCommand("cmd/ark-ts", args, { env, onPid: (each) => (pid = each) });
      await listing.promise;
      process.kill(pid, signal);
      const { status, stdout, stderr } = await running;
      bench.server.faults = undefined;
      assert.equal(status, 130, stdout + stderr);
      assert.match(stderr, new RegExp(`${signal}: cancelling; once more ends at once`));
      assert.match(stdout, /^backup cut: cancelled after .*; no backup was made\n$/);
      assert.match(await read("backup", "get", "cut"), /^cut +Cancelled /m);
      assert.match(
        await read("backup", "discard", "cut", "--confirm"),
        /^what a run left under the name cut deleted/,
      );
      assert.equal((await run("backup", "get", "cut")).status, 1);
    });
  }

  it("does the whole work when nobody reads what it says", async () => {
    const { home } = bench.ark;
    const status = join(home, "status");
    const line = `(cmd/ark-ts backup create unread --kubeconfig '${home}/kubeconfig' 2>&1; echo $? >'${status}') | true`;
    const env = { PATH: "/usr/bin:/bin", HOME: home, XDG_DATA_HOME: join(home, "data") };
    await runCommand("sh", ["-c", line], { env });
    assert.equal(readFileSync(status, "utf8"), "0\n");
    assert.match(await read("backup", "describe", "unread"), /Completed/);
  });

  it("writes no escape code where there is no terminal", async () => {
    for (const args of [
      ["backup", "get", "--mode=standalone"],
      ["backup", "verify", "one", "--mode=standalone"],
      ["backup-location", "get"],
    ]) {
      const { stdout, stderr } = await bench.ark.run(...args);
      assert.doesNotMatch(stdout + stderr, /\x1b/, args.join(" "));
    }
  });
});

describe("ark-ts looks for a server", () => {
  let bench: Bench;
  const run = (...args: string[]) =>
    bench.ark.run("backup", "get", ...args, "--kubeconfig", join(bench.ark.home, "kubeconfig"));
  const lease = (renewTime: string) => ({
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: { name: "ark-ts", namespace: "ark-ts" },
    spec: { holderIdentity: "ark-0", leaseDurationSeconds: 6, renewTime },
  });

  const backupDefinition = {
    kind: "CustomResourceDefinition",
    apiVersion: "apiextensions.k8s.io/v1",
    metadata: { name: "backups.velero.io" },
    spec: {
      group: "velero.io",
      names: { plural: "backups", kind: "Backup", listKind: "BackupList", singular: "backup" },
      scope: "Namespaced",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          },
        },
      ],
    },
    status: {
      conditions: [{ type: "Established", status: "True" }],
      acceptedNames: { plural: "backups", kind: "Backup" },
      storedVersions: ["v1"],
    },
  };

  before(async () => {
    bench = await startBench();
    bench.server.seed(namespaceObject("ark-ts"));
  });
  after(async () => {
    bench.ark.remove();
    await bench.listener.close();
  });

  it("and never asks for the Lease where the kinds of velero.io are not served", async () => {
    bench.server.faults = ({ path }) => (path.includes("/leases/") ? { status: 403 } : undefined);
    const { status, stderr } = await run();
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^standalone: no ark-ts server in context lab$/m);
  });

  it("and stops at a refusal of the Lease, offering --mode", async () => {
    bench.server.seed(backupDefinition);
    bench.server.faults = ({ path }) => (path.includes("/leases/") ? { status: 403 } : undefined);
    const { status, stderr } = await run();
    bench.server.faults = undefined;
    assert.equal(status, 2, stderr);
    assert.match(stderr, /--mode standalone[\s\S]*ARK_MODE_UNCLEAR/);
  });

  it("and stops at a stale Lease, while --mode and a kept mode go on", async () => {
    bench.server.seed(lease("2020-01-01T00:00:00.000000Z"));
    const stale = await run();
    assert.equal(stale.status, 2);
    assert.match(
      stale.stderr,
      /gives no sign of life[\s\S]*last renewed 2020-01-01[\s\S]*ARK_MODE_UNCLEAR/,
    );
    assert.equal((await run("--mode", "standalone")).status, 0);
    const kubeconfig = ["--kubeconfig", join(bench.ark.home, "kubeconfig")];
    assert.match(
      await bench.ark.ok("mode", "set", "standalone", ...kubeconfig),
      /kept for context lab/,
    );
    const kept = await run();
    assert.equal(kept.status, 0, kept.stderr);
    assert.match(kept.stderr, /^standalone: kept for context lab/m);
    assert.match(await bench.ark.ok("mode", "get"), /^CONTEXT +MODE\nlab +standalone\n$/);
    await bench.ark.ok("mode", "set", "auto", ...kubeconfig);
    assert.equal((await run()).status, 2);
  });
});
