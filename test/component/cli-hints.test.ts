/** What commands suggest to be typed next looks in the place that was named. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { createApiServer } from "../support/api-server/api-server.ts";
import type { Listener } from "../support/api-server/listen.ts";
import { freshHome, goneOwner, recordOf } from "../unit/cli/fresh-home.ts";
import { kubeconfigFor } from "./shop-with-volumes.ts";

describe("a command that is suggested by ark-ts restore plan", () => {
  const { run } = freshHome();
  const folder = mkdtempSync(join(tmpdir(), "ark-hints-"));
  const at = ["--kubeconfig", join(folder, "kubeconfig"), "--store", join(folder, "store")];
  const server = createApiServer();
  let listener: Listener;
  before(async () => {
    const place = { name: "kept", namespace: "shop" };
    const status = { phase: "Active" };
    server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" }, status });
    server.seed({ apiVersion: "v1", kind: "ConfigMap", metadata: place });
    listener = await server.listen();
    writeFileSync(join(folder, "kubeconfig"), kubeconfigFor(listener.url));
    const { status: done, err } = await run("backup", "create", "b", ...at);
    assert.equal(done, 0, err);
  });
  after(async () => {
    await listener.close();
    rmSync(folder, { recursive: true });
  });
  const carried = `--store ${join(folder, "store")} --kubeconfig ${join(folder, "kubeconfig")}`;
  const plan = (...words: readonly string[]) =>
    run("restore", "plan", "--from-backup", "b", ...words, ...at);

  it("names the place, and the plan that is kept", async () => {
    const { out } = await plan();
    const id = /^plan (\S+) for/.exec(out)?.[1];
    const command = `ark-ts restore create ${carried} NAME --plan ${id}`;
    assert.ok(out.endsWith(`\nto run exactly this: ${command}\n`), out);
  });

  it("is one that a shell takes, where the file's name has blanks, and that runs", async () => {
    const file = join(folder, "my plan.json");
    const { out } = await plan("-o", file);
    assert.ok(out.endsWith(` NAME --plan '${file}'\n`), out);
    const { status, err } = await run("restore", "create", "r", "--plan", file, ...at);
    assert.equal(status, 0, err);
  });

  it("carries what was typed in every advice of every command of a restore", async () => {
    const saved = join(folder, "here.json");
    const velero = join(folder, "store/restores/velero");
    mkdirSync(velero, { recursive: true });
    writeFileSync(join(velero, "restore-velero-logs.gz"), gzipSync("log\n"));
    const records = join(folder, "store/metadata/ark-ts/restores/cut");
    mkdirSync(records, { recursive: true });
    writeFileSync(join(records, "1"), recordOf(goneOwner, { backupName: "b" }));
    await fetch(`${listener.url}/api/v1/namespaces/shop/configmaps/kept`, { method: "DELETE" });
    const from = ["--from-backup", "b"];
    const lines: readonly (readonly string[])[] = [
      ["restore", "plan", ...from],
      ["restore", "plan", ...from, "-o", saved],
      ["restore", "plan", ...from, "--include-objects", "configmaps/shop/none"],
      ["restore", "plan", "--include-namespaces", "shop"],
      ["restore", "create", "p", ...from, "--prune"],
      ["restore", "create", "p", "--plan", "no.json"],
      ["restore", "create", "p", "--plan", saved, "--include-namespaces", "shop"],
      ["restore", "create", "p", ...from, "--include-objects", "configmaps/shop/none"],
      ["restore", "create", "made", ...from],
      ["restore", "object", "configmaps/shop/kept"],
      ["restore", "object", "configmaps/shop/none", ...from],
      ["restore", "get"],
      ["restore", "describe"],
      ["restore", "describe", "none"],
      ["restore", "logs", "cut"],
      ["restore", "activate", "made"],
      ["restore", "activate", "none"],
      ["restore", "undo", "cut"],
      ["restore", "undo", "none"],
      ["restore", "discard", "made"],
      ["restore", "discard", "none"],
      ["diff", "none"],
      ["diff", "b", "configmaps/shop/none"],
    ];
    const silent: string[] = [];
    const bare: string[] = [];
    for (const line of lines) {
      const { out, err } = await run(...line, ...at);
      const told =
        `${out}${err}`.match(/\bark-ts (?:backup|restore|diff)\b(?:(?!ark-ts ).)*/g) ?? [];
      if (told.length === 0) silent.push(`${line.join(" ")}: ${err}`);
      bare.push(...told.filter((advice) => !advice.includes(carried)));
    }
    assert.deepEqual(bare, []);
    assert.deepEqual(silent, []);
  });
});
