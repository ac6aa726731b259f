import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { exitStatusOfError, exitStatusOfPhase } from "../../../src/cli/exit-codes.ts";
import { runCommandLine } from "../../../src/cli/main.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import { fakeEnvironment } from "./fake-environment.ts";

const root = mkdtempSync(join(tmpdir(), "ark-main-"));
after(() => rmSync(root, { recursive: true, force: true }));
const freshHome = () => mkdtempSync(join(root, "home-"));

async function run(home: string, ...argv: string[]) {
  const environment = fakeEnvironment(home, argv);
  const status = await runCommandLine(environment);
  return { status, out: environment.stdout.text, err: environment.stderr.text };
}

describe("runCommandLine()", () => {
  it("prints help on stdout", async () => {
    const { status, out, err } = await run(freshHome(), "backup", "--help");
    assert.deepEqual([status, err], [0, ""]);
    assert.match(out, /^Usage: ark-ts backup COMMAND/);
  });

  it("ends with 2 and one sentence for a usage error", async () => {
    const { status, out, err } = await run(freshHome(), "backup", "get", "--outptu", "json");
    assert.deepEqual([status, out], [2, ""]);
    assert.equal(
      err,
      "ark-ts: ark-ts backup get has no flag --outptu\n  do       did you mean --output?\n",
    );
  });

  it("ends with 130 when it was cancelled, whatever error that made", async () => {
    const cancel = new AbortController();
    cancel.abort(new ArkError("ARK_CANCELLED", "cancelled"));
    const environment = fakeEnvironment(freshHome(), ["backup", "get", "--mode=standalone"], {
      signal: cancel.signal,
    });
    assert.equal(await runCommandLine(environment), 130);
    assert.match(environment.stderr.text, /^standalone: .*\nark-ts: cancelled\n$/);
  });

  it("says in one line on stderr which mode and why, and keeps stdout for the answer", async () => {
    const { status, out, err } = await run(
      freshHome(),
      "backup",
      "get",
      "-o",
      "json",
      "--mode=standalone",
    );
    assert.equal(status, 0);
    assert.equal(err, "standalone: as --mode says\n");
    assert.deepEqual(JSON.parse(out), {
      apiVersion: "velero.io/v1",
      kind: "BackupList",
      items: [],
      interrupted: [],
      unreadable: [],
    });
  });

  it("refuses -n in standalone mode and names --include-namespaces", async () => {
    const { status, err } = await run(
      freshHome(),
      "backup",
      "get",
      "-n=velero",
      "--mode=standalone",
    );
    assert.equal(status, 2);
    assert.match(err, /no effect in standalone mode[\s\S]*--include-namespaces/);
  });

  it("refuses in server mode what has no server form, and asks no cluster for that", async () => {
    const { status, err } = await run(freshHome(), "backup", "prune", "--mode=server");
    assert.equal(status, 2);
    assert.match(err, /ark-ts backup prune has no server form: .*\n.*--mode standalone/);
  });

  it("reads a store with no cluster to ask, and will not delete from it then", async () => {
    const home = freshHome();
    const read = await run(home, "backup", "get");
    assert.equal(read.status, 0);
    assert.match(read.err, /^standalone: no cluster could be asked/);
    const prune = await run(home, "backup", "prune");
    assert.equal(prune.status, 2);
    assert.match(prune.err, /ARK_MODE_UNCLEAR/);
  });

  it("reads a store when the cluster refuses its token, and says so in one line", async () => {
    const home = freshHome();
    const server = createServer((_request, response) => response.writeHead(401).end("no"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const kubeconfig = {
      "current-context": "c",
      clusters: [{ name: "k", cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: "u", user: { token: "old" } }],
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
    };
    writeFileSync(join(home, "no-kubeconfig"), JSON.stringify(kubeconfig));
    try {
      const { status, err } = await run(home, "restore", "get");
      assert.equal(status, 0, err);
      assert.match(err, /^standalone: no cluster could be asked \(401.*\); --mode standalone.*$/m);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("needs --confirm where nobody can be asked, and asks where somebody can", async () => {
    const home = freshHome();
    await run(home, "backup-location", "set", "lab", "file:///srv/lab");
    const { status, err } = await run(home, "backup-location", "delete", "lab");
    assert.equal(status, 2);
    assert.match(err, /--confirm/);
    const answers = ["perhaps", "n"];
    const asked: string[] = [];
    const environment = fakeEnvironment(home, ["backup-location", "delete", "lab"], {
      canAsk: true,
      ask: async (question) => {
        asked.push(question);
        return answers.shift() ?? "n";
      },
    });
    assert.equal(await runCommandLine(environment), 1);
    assert.equal(asked.length, 2);
    assert.match(environment.stderr.text, /nothing was done/);
    assert.equal(
      (await run(home, "location", "get", "lab", "-o", "name")).out,
      "backup-location/lab\n",
    );
  });

  it("keeps locations and prints one that was named alone", async () => {
    const home = freshHome();
    const set = await run(
      home,
      "backup-location",
      "set",
      "prod",
      "s3://b/p",
      "--config",
      "region=r",
      "--default",
    );
    assert.equal(set.status, 0, set.err);
    assert.match(set.out, /^backup location prod is s3:\/\/b\/p, the default\n/);
    const got = await run(home, "get", "backup-locations", "prod", "-o", "json");
    assert.deepEqual(JSON.parse(got.out).spec, {
      provider: "aws",
      objectStorage: { bucket: "b", prefix: "p" },
      config: { region: "r" },
      default: true,
    });
    const file = readFileSync(join(home, ".config/ark-ts/config.json"), "utf8");
    assert.equal(JSON.parse(file).defaultLocation, "prod");
  });

  it("says what the default is after the default was forgotten, and asks for --confirm", async () => {
    const home = freshHome();
    await run(home, "location", "set", "prod", "s3://b/p", "--default");
    const environment = fakeEnvironment(home, ["location", "delete", "prod"], {
      canAsk: true,
      ask: async () => "y",
    });
    assert.equal(await runCommandLine(environment), 2);
    assert.match(environment.stderr.text, /would go to the directory ~\/\.local\/share\/ark-ts/);
    assert.match(environment.stderr.text, /--default[\s\S]*--confirm/);
    const { status, out } = await run(home, "location", "delete", "prod", "--confirm");
    assert.equal(status, 0);
    assert.match(out, /^the default is now the directory ~\/\.local\/share\/ark-ts$/m);
  });

  it("goes on without a broken configuration where the store is named by URL", async () => {
    const home = freshHome();
    mkdirSync(join(home, ".config/ark-ts"), { recursive: true });
    writeFileSync(join(home, ".config/ark-ts/config.json"), "{");
    mkdirSync(join(home, "store"));
    const url = `file://${home}/store`;
    const standalone = "--mode=standalone";
    const { status, err } = await run(home, "backup", "get", "--store", url, standalone);
    assert.equal(status, 0, err);
    assert.match(err, /^the configuration is left out: .*config\.json" cannot be used/m);
    assert.equal((await run(home, "location", "test", url)).status, 0);
    assert.equal((await run(home, "backup", "get", "--store", "prod", standalone)).status, 2);
    assert.equal((await run(home, "backup", "get", standalone)).status, 2);
  });

  it("tells a directory that is not there from one without backups", async () => {
    const home = freshHome();
    const standalone = "--mode=standalone";
    const typed = await run(home, "backup", "get", "--store", "./nowhere", standalone);
    assert.deepEqual([typed.status, typed.out], [1, ""]);
    assert.match(typed.err, /nowhere" does not exist[\s\S]*ARK_STORE_BUCKET_MISSING/);
    await run(home, "location", "set", "usb", "file:///nowhere/usb", "--default");
    const named = await run(home, "restore", "get", standalone);
    assert.equal(named.status, 0);
    assert.match(named.err, /^the directory of location usb, \/nowhere\/usb, does not exist/m);
    const builtIn = await run(home, "backup", "get", "--store", "default", standalone);
    assert.equal(builtIn.err, "standalone: as --mode says\n");
  });

  it("tests a directory, says when the test has made it, and what follows below the table", async () => {
    const home = freshHome();
    const line = ["backup-location", "test", `file://${home}/new`];
    const first = await run(home, ...line);
    assert.equal(first.status, 0, first.err);
    assert.match(first.err, /^the directory .*\/new did not exist: this test has made it\n$/);
    assert.match(first.out, /^CHECK +OUTCOME +DETAIL\nlist +yes +empty\n/m);
    assert.match(first.out, /\n\n- two runs of one name are kept apart by the store\n/);
    assert.equal((await run(home, ...line)).err, "");
    writeFileSync(join(home, "file"), "");
    const failed = await run(home, "backup-location", "test", `file://${home}/file`);
    assert.equal(failed.status, 1);
    assert.match(failed.out, /\n- list: needed for everything: mend this first\n/);
  });

  it("refuses a location that its plugin would refuse, and keeps nothing of it", async () => {
    const home = freshHome();
    const set = await run(home, "backup-location", "set", "prod", "s3://b", "--config", "regoin=r");
    assert.equal(set.status, 2);
    assert.match(set.err, /unknown key "regoin"/);
    assert.equal(
      (await run(home, "location", "get", "-o", "name")).out,
      "backup-location/default\n",
    );
  });

  it("tells of a missing backup by name", async () => {
    for (const verb of [
      ["describe", "x"],
      ["logs", "x"],
      ["verify", "x"],
      ["ls", "x"],
      ["cat", "x", "a/b"],
      ["download", "x"],
      ["delete", "x"],
      ["get", "x"],
    ]) {
      const { status, err } = await run(freshHome(), "backup", ...verb, "--mode=standalone");
      assert.equal(status, 1, `${verb}: ${err}`);
      assert.match(err, /there is no backup "x" in [\s\S]*ARK_BACKUP_NOT_FOUND/, verb[0]);
    }
  });
});

describe("exit statuses", () => {
  it("follow the catalogue and the phase", () => {
    assert.equal(exitStatusOfError(new ArkError("ARK_STORE_DENIED", "")), 1);
    assert.equal(exitStatusOfError(new ArkError("ARK_USAGE", "")), 2);
    assert.equal(exitStatusOfError(new ArkError("ARK_CANCELLED", "")), 130);
    assert.equal(exitStatusOfError(new ArkError("ARK_NOT_IN_THE_CATALOGUE", "")), 1);
    assert.deepEqual(
      ["Completed", "PartiallyFailed", "Failed", undefined].map(exitStatusOfPhase),
      [0, 3, 1, 1],
    );
  });
});
