/** What `restore get` and `restore describe` tell of what was done about a restore since it ended. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { restoreRecordKey } from "../../src/format/keys.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import type { Listener } from "../support/api-server/listen.ts";
import { freshHome, goneOwner, hereOwner, recordOf } from "../unit/cli/fresh-home.ts";
import { kubeconfigFor } from "./shop-with-volumes.ts";

const idle = new AbortController().signal;
const deployments = "/apis/apps/v1/namespaces/shop/deployments";

describe("a restore that has ended", () => {
  const { run, questionOf, store } = freshHome();
  const folder = mkdtempSync(join(tmpdir(), "ark-since-"));
  const at = ["--kubeconfig", join(folder, "kubeconfig")];
  const server = createApiServer();
  let listener: Listener;
  const ok = async (...words: readonly string[]): Promise<string> => {
    const { status, out, err } = await run(...words, ...at);
    assert.equal(status, 0, err);
    return out;
  };
  const call = async (method: string, path: string, body?: object): Promise<void> => {
    const headers = { "content-type": "application/merge-patch+json" };
    const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
    const answer = await fetch(`${listener.url}${path}`, { method, ...sent });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  };
  const removeAll = async (): Promise<void> => {
    for (const name of ["api", "web"]) await call("DELETE", `${deployments}/${name}`);
  };
  before(async () => {
    const status = { phase: "Active" };
    server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" }, status });
    const deletionTimestamp = "2026-11-20T02:00:00Z";
    const leaving = { name: "leaving", deletionTimestamp, finalizers: ["demo.example/hold"] };
    const going = { phase: "Terminating" };
    server.seed({ apiVersion: "v1", kind: "Namespace", metadata: leaving, status: going });
    for (const name of ["api", "web"]) {
      const metadata = { name, namespace: "shop" };
      server.seed({ apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas: 2 } });
    }
    listener = await server.listen();
    writeFileSync(join(folder, "kubeconfig"), kubeconfigFor(listener.url));
    await ok("backup", "create", "b");
  });
  after(async () => {
    await listener.close();
    rmSync(folder, { recursive: true });
  });

  it("says nothing of this while there is nothing to say", async () => {
    await ok("restore", "create", "plain", "--from-backup", "b");
    assert.doesNotMatch(await ok("restore", "get"), /SINCE/);
    assert.doesNotMatch(await ok("restore", "describe", "plain"), /Undone|Activated/);
  });

  it("tells whether it is at rest, and that it was activated", async () => {
    await removeAll();
    await ok("restore", "create", "rest", "--from-backup", "b", "--passive");
    assert.match(await ok("restore", "get"), /^rest .* passive$/m);
    assert.match(await ok("restore", "describe", "rest"), /^Activated: +no; .*activate.* rest$/m);
    server.faults = ({ path }) => (path.includes("/deployments/") ? { status: 403 } : undefined);
    const vain = await run("restore", "activate", "rest", ...at);
    server.faults = undefined;
    assert.equal(vain.status, 1, vain.out);
    assert.match(await ok("restore", "get"), /^rest .* not activated$/m);
    const tried = /^Activated: +no; it was tried .*: 2 failed; to try again: .*activate.* rest$/m;
    assert.match(await ok("restore", "describe", "rest"), tried);
    const idle = JSON.parse(await ok("restore", "get", "rest", "-o", "json"));
    assert.equal(idle.metadata.annotations["ark-ts.dev/activated"], "");
    await ok("restore", "activate", "rest");
    assert.match(await ok("restore", "get"), /^rest .* activated$/m);
    assert.match(await ok("restore", "describe", "rest"), /^Activated: .*: 2 objects at work$/m);
    const one = JSON.parse(await ok("restore", "get", "rest", "-o", "json"));
    assert.match(one.metadata.annotations["ark-ts.dev/activated"], /^\d{4}-.*Z$/);
    const { passive } = JSON.parse(await ok("restore", "describe", "rest", "-o", "json"));
    const { endedAt: _, ...counts } = passive.activation;
    assert.deepEqual(counts, { active: 2, gone: 0, failed: 0 });
  });

  it("tells that it was undone in part, and by a second time wholly", async () => {
    await removeAll();
    await ok("restore", "create", "back", "--from-backup", "b");
    await call("PATCH", `${deployments}/web`, { spec: { replicas: 5 } });
    const partly = await run("restore", "undo", "back", "--confirm", ...at);
    assert.equal(partly.status, 3, partly.err);
    assert.match(await ok("restore", "get"), /^back .* undone in part$/m);
    const told =
      /^Undone: +in part, .*: 1 object taken back, 1 object not; to go on: .*undo.* back$/m;
    assert.match(await ok("restore", "describe", "back"), told);
    await ok("restore", "undo", "back", "--confirm", "--changed-too");
    assert.match(await ok("restore", "get"), /^back .* undone$/m);
    assert.match(await ok("restore", "describe", "back"), /^Undone: .*: 2 objects taken back$/m);
    const one = JSON.parse(await ok("restore", "get", "back", "-o", "json"));
    assert.equal(one.metadata.annotations["ark-ts.dev/undone"], "whole");
    const { undo } = JSON.parse(await ok("restore", "describe", "back", "-o", "json"));
    assert.deepEqual([undo.extent, undo.undone, undo.left], ["whole", 2, 0]);
  });

  it("tells that an undo was cut off, or goes on, and is not deleted meanwhile", async () => {
    const key = "restores/back/ark-undo-9.json";
    const begun = { restore: "back", startedAt: "2026-11-20T02:00:00Z", outcomes: [] };
    const put = async (owner: object): Promise<void> => {
      const text = JSON.stringify({ ...begun, phase: "InProgress", owner });
      await store.put(key, Buffer.from(text), { signal: idle });
    };
    await put(goneOwner);
    assert.match(await ok("restore", "get"), /^back .* undo interrupted$/m);
    const told = /^Undo: +cut off; begun .*; to go on: .*restore undo .*back$/m;
    assert.match(await ok("restore", "describe", "back"), told);
    const one = JSON.parse(await ok("restore", "get", "back", "-o", "json"));
    assert.equal(one.metadata.annotations["ark-ts.dev/undone"], "interrupted");
    await put(hereOwner);
    assert.match(await ok("restore", "get"), /^back .* being undone$/m);
    assert.match(await ok("restore", "describe", "back"), /^Undo: +is being undone, since /m);
    for (const verb of ["delete", "undo"]) {
      const { status, err } = await run("restore", verb, "back", "--confirm", ...at);
      assert.equal(status, 1);
      assert.match(err, /restore "back" is being undone by[\s\S]*ARK_NAME_IN_USE/);
    }
    await store.remove(key, { signal: idle });
  });

  it("is undone within the time that was set for what does not go away", async () => {
    await ok("restore", "create", "base", "--from-backup", "b");
    await call("PATCH", `${deployments}/web`, { spec: { replicas: 7 } });
    const recreate = ["--existing-resource-policy", "recreate"];
    await ok("restore", "create", "anew", "--from-backup", "b", ...recreate);
    await call("PATCH", `${deployments}/web`, { metadata: { finalizers: ["demo.example/hold"] } });
    const undo = ["restore", "undo", "anew", "--confirm", "--changed-too", "--wait-limits"];
    const wrong = await run(...undo, "namespace-terminating=1m", ...at);
    assert.equal(wrong.status, 2);
    assert.match(wrong.err, /there is no such wait[\s\S]*one of: object-terminating$/m);
    const { status, out } = await run(...undo, "object-terminating=1ms", ...at);
    assert.equal(status, 3, out);
    assert.match(out, /^ +(?:left|failed) +Deployment shop\/web: .*being deleted/m);
    await call("PATCH", `${deployments}/web`, { metadata: { finalizers: null } });
    await ok("restore", "delete", "base", "anew", "--lose-missing", "--confirm");
    const object = ["restore", "object", "deployments.apps/shop/web", "--from-backup", "b"];
    const to = ["--to-namespace", "leaving", "--wait-limits", "namespace-terminating=1ms"];
    const late = await run(...object, ...to, ...at);
    assert.equal(late.status, 3, late.err);
    assert.match(late.out, /ARK_NAMESPACE_TERMINATING/);
    await ok("restore", "delete", "--all", "--confirm");
  });

  it("is deleted when that is confirmed, and its name is free again", async () => {
    await ok("restore", "create", "plain", "--from-backup", "b");
    const asked = await run("restore", "delete", "plain", ...at);
    assert.equal(asked.status, 2, asked.out);
    assert.match(asked.err, /add --confirm/);
    for (const name of ["rest", "back"]) await ok("restore", "create", name, "--from-backup", "b");
    const told = await ok("restore", "delete", "plain", "rest", "back", "--confirm");
    for (const name of ["plain", "rest", "back"]) {
      assert.match(told, new RegExp(`^restore ${name}: \\d+ files deleted$`, "m"));
    }
    assert.match(await ok("restore", "get"), /^no restores/);
    for await (const { key } of store.list("restores/", { signal: idle })) assert.fail(key);
    await ok("restore", "create", "plain", "--from-backup", "b");
    assert.match(await ok("restore", "get"), /^plain /m);
    await ok("restore", "delete", "--all", "--confirm");
  });

  it("says before it is deleted what cannot be done with it any more", async () => {
    await removeAll();
    await ok("restore", "create", "rest", "--from-backup", "b", "--passive");
    const question = await questionOf("restore", "delete", "rest", ...at);
    assert.match(
      question,
      /cannot be undone any more; what it made cannot be activated any more$/m,
    );
    await ok("restore", "activate", "rest");
    assert.doesNotMatch(await questionOf("restore", "delete", "rest", ...at), /activated/);
    await ok("restore", "undo", "rest", "--confirm", "--changed-too");
    assert.doesNotMatch(await questionOf("restore", "delete", "rest", ...at), /any more/);
    assert.match(await ok("restore", "get"), /^rest /m, "nothing is deleted where no is said");
  });

  it("is not activated before it has ended, and is told how it ends", async () => {
    const spec = { backupName: "b" };
    await store.put(restoreRecordKey("gone", 1), recordOf(goneOwner, spec), { signal: idle });
    const { status, err } = await run("restore", "activate", "gone", ...at);
    assert.equal(status, 1);
    assert.match(err, /restore "gone" has not ended: it was cut off\n/);
    assert.match(
      err,
      /run again, continues it; then activate it; .*ark-ts restore discard .*gone$/m,
    );
    await ok("restore", "discard", "gone", "--confirm");
  });

  it("is deleted neither while it runs nor when it was cut off", async () => {
    const spec = { backupName: "b" };
    await store.put(restoreRecordKey("now", 1), recordOf(hereOwner, spec), { signal: idle });
    await store.put(restoreRecordKey("cut", 1), recordOf(goneOwner, spec), { signal: idle });
    for (const [name, told] of [
      ["now", /is being run by/],
      ["cut", /has not ended: it was cut off[\s\S]*restore discard .*cut$/m],
    ] as const) {
      const { status, err } = await run("restore", "delete", name, "--confirm", ...at);
      assert.equal(status, 1);
      assert.match(err, told);
      assert.match(await ok("restore", "get"), new RegExp(`^${name} `, "m"));
    }
  });
});
