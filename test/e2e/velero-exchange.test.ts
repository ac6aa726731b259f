import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { type Archive, readArchive } from "../support/exchange/archives.ts";
import { type Exchange, openExchange } from "../support/exchange/exchange.ts";
import { veleroMarks } from "../support/exchange/velero-marks.ts";
import { renderLeftOut } from "../support/oracle/compare-states.ts";
import { type IgnoredField, lostByVelero } from "../support/oracle/expected-differences.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { waitFor } from "../testbed/wait.ts";

const versionsFeature = "EnableAPIGroupVersions";

/** A Job without labels shows those of its template. */
const jobLabels: readonly IgnoredField[] = ["", "batch.kubernetes.io~1"].map((group) => ({
  resource: "jobs.batch",
  path: ["metadata", "labels", `${group}controller-uid`],
  reason: "copied from the template by the API server, with the uid of the new Job",
}));

interface VeleroResource {
  readonly status: {
    readonly phase: string;
    readonly formatVersion?: string;
    readonly errors?: number;
    readonly progress: { readonly totalItems: number };
  };
}

interface ListedObject {
  readonly resource: string;
  readonly namespace?: string;
  readonly name: string;
}

describe("the exchange with Velero 1.18.3", { skip: await whyNoTestbed() }, () => {
  let exchange: Exchange;

  before(async () => {
    exchange = await openExchange("trade");
    const { ark, velero } = exchange;
    // Both before anything is restored: what Velero restores carries its marks from then on.
    await velero.ok(
      "backup",
      "create",
      "from-velero",
      "--include-cluster-resources=true",
      "--wait",
    );
    await ark.ok("backup", "create", "from-ark", "--labels", "team=a");
  });
  after(() => exchange?.close());

  const veleroGet = async (noun: "backup" | "restore", name: string): Promise<VeleroResource> =>
    JSON.parse(await exchange.velero.ok(noun, "get", name, "-o", "json")) as VeleroResource;

  const arkList = async (backup: string): Promise<readonly ListedObject[]> =>
    (
      JSON.parse(await exchange.ark.ok("backup", "ls", backup, "-o", "json")) as {
        readonly objects: readonly ListedObject[];
      }
    ).objects;

  const storedArchive = async (backup: string): Promise<Archive> =>
    readArchive(await exchange.readKey(`backups/${backup}/${backup}.tar.gz`));

  const veleroRestores = async (t: TestContext, name: string, backup: string): Promise<void> => {
    const { velero } = exchange;
    const deleted = await exchange.wipe();
    assert.ok(deleted > 80, `only ${deleted} objects were deleted`);
    await velero.ok("restore", "create", name, "--from-backup", backup, "--wait");
    const { status } = await veleroGet("restore", name);
    const comparison = await exchange.compare([...veleroMarks, ...lostByVelero]);
    t.diagnostic(
      `deleted ${deleted}; Velero restored ${status.progress.totalItems}: ${status.phase}`,
    );
    t.diagnostic(renderLeftOut(comparison));
    assert.deepEqual(comparison.differences, []);
    assert.equal(status.phase, "Completed", await velero.ok("restore", "describe", name));
    assert.equal(status.errors ?? 0, 0);
  };

  describe("with a backup of ark-ts, Velero", () => {
    before(() => exchange.velero.sync());

    it("syncs it as it was sealed", async (t) => {
      const { status } = await veleroGet("backup", "from-ark");
      assert.equal(status.phase, "Completed");
      assert.equal(status.formatVersion, "1.0.0");
      assert.equal(status.progress.totalItems, (await arkList("from-ark")).length);
      t.diagnostic(`synced with ${status.progress.totalItems} objects`);
    });

    it("describes it with each of its objects", async () => {
      const { velero } = exchange;
      const text = await velero.ok(
        ...["--colorized=false", "backup", "describe", "from-ark", "--details"],
      );
      assert.match(text, /^Phase: +Completed$/m);
      assert.match(text, /^Labels: .*\n? *team=a$/m);
      assert.match(text, /NOT PROTECTED/);
      assert.doesNotMatch(text, /error/i);
      const json = JSON.parse(
        await velero.ok("backup", "describe", "from-ark", "--details", "-o", "json"),
      ) as { readonly status: { readonly resourceList: Record<string, readonly string[]> } };
      const objects = (await arkList("from-ark")).map(({ namespace, name }) =>
        namespace === undefined ? name : `${namespace}/${name}`,
      );
      assert.deepEqual(Object.values(json.status.resourceList).flat().sort(), objects.sort());
    });

    it("prints its log and downloads its archive, byte for byte", async () => {
      const { velero, ark } = exchange;
      const log = gunzipSync(await exchange.readKey("backups/from-ark/from-ark-logs.gz"));
      assert.equal(await velero.ok("backup", "logs", "from-ark"), log.toString());
      const file = join(ark.home, "from-ark.tar.gz");
      await velero.ok("backup", "download", "from-ark", "-o", file);
      const stored = await exchange.readKey("backups/from-ark/from-ark.tar.gz");
      assert.ok(readFileSync(file).equals(stored));
    });

    it("restores it whole: only its own marks differ from what was", async (t) => {
      await veleroRestores(t, "plain-restore", "from-ark");
    });

    it("describes that restore and prints its log", async () => {
      const { velero } = exchange;
      const text = await velero.ok("restore", "describe", "plain-restore", "--details");
      assert.match(text, /apps\/v1\/Deployment:\n +- trade-app\/web\(created\)/);
      assert.match(await velero.ok("restore", "logs", "plain-restore"), /Attempting to restore/);
    });

    it("restores one of its namespaces under another name", async () => {
      const { velero, plainNamespace, client } = exchange;
      await velero.ok(
        ...["restore", "create", "mapped", "--from-backup", "from-ark", "--wait"],
        ...["--include-namespaces", plainNamespace],
        ...["--namespace-mappings", `${plainNamespace}:copied-by-velero`],
      );
      assert.equal((await veleroGet("restore", "mapped")).status.phase, "Completed");
      const path = "/api/v1/namespaces/copied-by-velero/configmaps/two";
      const { data } = JSON.parse((await client.demand("GET", path)).toString());
      assert.deepEqual(data, { name: "two" });
    });

    it(`restores it whole with ${versionsFeature} as well`, async (t) => {
      await exchange.velero.sync([versionsFeature]);
      await veleroRestores(t, "versions-restore", "from-ark");
    });

    it("keeps the location available beside what ark-ts stores", async () => {
      const locations = await exchange.velero.ok("backup-location", "get", "default");
      assert.match(locations, /Available/);
    });

    it("deletes it from the bucket", async () => {
      const { velero, listKeys } = exchange;
      const keys = await listKeys("backups/from-ark/");
      assert.ok(keys.includes("backups/from-ark/ark-manifest.json"), keys.join(" "));
      await velero.ok("backup", "delete", "from-ark", "--confirm");
      const isGone = async (): Promise<boolean> =>
        (await listKeys("backups/from-ark/")).length === 0;
      await waitFor("Velero to delete the backup", isGone, { timeoutMs: 240_000 });
      assert.deepEqual(
        (await listKeys("")).filter((key) => key.includes("from-ark")),
        [],
      );
      assert.doesNotMatch(await exchange.ark.ok("backup", "get", "-o", "name"), /from-ark/);
    });
  });

  describe("with backups of Velero, ark-ts", () => {
    before(async () => {
      const { velero } = exchange;
      // The server still runs with the feature: it takes each object in every version served.
      const everything = "--include-cluster-resources=true";
      await velero.ok("backup", "create", "velero-versions", everything, "--wait");
      await velero.sync([]);
      await velero.ok(
        ...["restore", "create", "velero-own", "--from-backup", "velero-versions", "--wait"],
        ...["--include-namespaces", exchange.plainNamespace],
        ...["--namespace-mappings", `${exchange.plainNamespace}:made-by-velero`],
      );
    });

    it("lists and describes them", async (t) => {
      const { ark } = exchange;
      const table = await ark.ok("backup", "get");
      const { status } = await veleroGet("backup", "from-velero");
      assert.match(
        table,
        new RegExp(`^from-velero +Completed .* ${status.progress.totalItems}$`, "m"),
      );
      assert.match(table, /^velero-versions +Completed /m);
      const text = await ark.ok("backup", "describe", "from-velero", "--details");
      assert.match(text, /^Backup Format Version: +1\.1\.0$/m);
      assert.match(text, /- trade-app\/odd-text$/m);
      t.diagnostic(`Velero backed up ${status.progress.totalItems} objects`);
    });

    it("lists their objects, prints one, and gives log and archive as they are", async () => {
      const { ark } = exchange;
      const archive = await storedArchive("from-velero");
      const listed = (await arkList("from-velero")).map(
        ({ resource, namespace = "", name }) => `${resource} ${namespace}/${name}`,
      );
      assert.deepEqual(listed.sort(), [...archive.objects.keys()].sort());
      const printed = await ark.ok("backup", "cat", "from-velero", "configmaps/trade-app/odd-text");
      const stored = archive.objects.get("configmaps trade-app/odd-text") as Buffer;
      assert.equal(printed.trimEnd(), stored.toString());
      const log = gunzipSync(await exchange.readKey("backups/from-velero/from-velero-logs.gz"));
      assert.equal(await ark.ok("backup", "logs", "from-velero"), log.toString());
      const file = join(ark.home, "from-velero.tar.gz");
      await ark.ok("backup", "download", "from-velero", "-o", file);
      const key = "backups/from-velero/from-velero.tar.gz";
      assert.ok(readFileSync(file).equals(await exchange.readKey(key)));
    });

    it("verifies them, and says what it could not check", async (t) => {
      for (const name of ["from-velero", "velero-versions"]) {
        const report = JSON.parse(
          await exchange.ark.ok("backup", "verify", name, "-o", "json"),
        ) as {
          readonly ok: boolean;
          readonly hasManifest: boolean;
          readonly checked: { readonly objects: number };
          readonly notChecked: readonly string[];
        };
        assert.equal(report.ok, true);
        assert.equal(report.hasManifest, false);
        assert.equal(report.checked.objects, (await storedArchive(name)).objects.size);
        assert.match(report.notChecked.join("\n"), /hashes/);
        assert.match(report.notChecked.join("\n"), /index/);
        t.diagnostic(
          `${name}: ${report.checked.objects} objects; not checked: ${report.notChecked.join("; ")}`,
        );
      }
    });

    it("restores one whole, without marks", async (t) => {
      const { ark } = exchange;
      await exchange.wipe();
      const result = await ark.run(
        "restore",
        "create",
        "ark-restore",
        "--from-backup",
        "from-velero",
      );
      t.diagnostic(result.stdout);
      assert.equal(result.status, 0, result.stdout + result.stderr);
      const comparison = await exchange.compare(jobLabels);
      t.diagnostic(renderLeftOut(comparison));
      assert.deepEqual(comparison.differences, []);
      const claim = `/api/v1/namespaces/${exchange.namespace}/persistentvolumeclaims/data`;
      const isBound = async (): Promise<boolean> => {
        const { status } = JSON.parse((await exchange.client.demand("GET", claim)).toString());
        return status.phase === "Bound";
      };
      await waitFor("the restored claim to be bound to its volume", isBound, {
        timeoutMs: 240_000,
      });
    });

    it("restores one with each object in several versions, under another namespace", async () => {
      const { ark, plainNamespace, client } = exchange;
      const archive = await storedArchive("velero-versions");
      assert.ok(archive.versioned > archive.objects.size, "no object in a second version");
      const output = await ark.ok(
        ...["restore", "create", "--from-backup", "velero-versions"],
        ...["--include-namespaces", plainNamespace],
        ...["--namespace-mappings", `${plainNamespace}:copied-by-ark`],
      );
      assert.match(output, /failed 0/);
      const path = "/api/v1/namespaces/copied-by-ark/configmaps/two";
      const { data } = JSON.parse((await client.demand("GET", path)).toString());
      assert.deepEqual(data, { name: "two" });
    });

    it("names a restore of Velero's, whose log is all that the bucket has of it", async () => {
      const { ark } = exchange;
      assert.match(await ark.ok("restore", "get"), /^velero-own +- +Unknown /m);
      const described = await ark.ok("restore", "describe", "velero-own");
      assert.match(described, /no record of ark-ts: it is Velero's/);
      const stored = await exchange.readKey("restores/velero-own/restore-velero-own-logs.gz");
      const log = await ark.ok("restore", "logs", "velero-own");
      assert.equal(log, gunzipSync(stored).toString());
    });

    it("deletes one, and Velero forgets it", async () => {
      const { ark, velero, listKeys } = exchange;
      await ark.ok("backup", "delete", "from-velero", "--confirm");
      assert.deepEqual(await listKeys("backups/from-velero/"), []);
      await velero.sync([]);
      const isForgotten = async (): Promise<boolean> =>
        !(await velero.ok("backup", "get")).includes("from-velero");
      await waitFor("Velero to forget the backup", isForgotten, { timeoutMs: 240_000 });
    });
  });

  describe("beside each other, both", () => {
    it("refuse a name that the other has taken, and leave its files alone", async () => {
      const { ark, velero, plainNamespace, listKeys, readKey } = exchange;
      const flags = ["--include-namespaces", plainNamespace];
      await ark.ok("backup", "create", "held-by-ark", ...flags);
      await velero.ok("backup", "create", "held-by-velero", ...flags, "--wait");
      const files = async (): Promise<readonly string[]> => {
        const keys = ["held-by-velero", "held-by-ark"].map((one) => listKeys(`backups/${one}/`));
        const texts = (await Promise.all(keys))
          .flat()
          .map(async (key) => `${key} ${(await readKey(key)).toString("hex")}`);
        return Promise.all(texts);
      };
      const former = await files();
      const ours = await ark.run("backup", "create", "held-by-velero");
      assert.equal(ours.status, 1);
      assert.match(ours.stderr, /ARK_NAME_TAKEN/);
      const theirs = await velero.run("backup", "create", "held-by-ark", "--wait");
      assert.match(theirs.stdout + theirs.stderr, /status: Failed|already exists/);
      assert.deepEqual(await files(), former);
    });
  });
});
