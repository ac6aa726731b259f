import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { listThaws } from "../../src/catalog/thaw-records.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import type { Listener } from "../support/api-server/listen.ts";
import { freshHome } from "../unit/cli/fresh-home.ts";
import { freezeAndThaw, idle, key } from "./hooks-world.ts";

describe("ark-ts backup thaw, and create with hooks", () => {
  const { store, run } = freshHome();
  const folder = mkdtempSync(join(tmpdir(), "ark-thaw-"));
  const frozen = new Set<string>();
  let thawWorks = false;
  const ran: string[] = [];
  const server = createApiServer({
    async containers({ pod, command: [word = ""] }, session) {
      ran.push(`${word} ${pod}`);
      if (word === "freeze") frozen.add(pod);
      if (word !== "thaw") return session.exit(0);
      if (thawWorks) frozen.delete(pod);
      else await session.stderr("\u001b[31mdevice busy\n");
      return session.exit(thawWorks ? 0 : 32);
    },
  });
  const kubeconfig = join(folder, "kubeconfig");
  let listener: Listener;
  const seedDb = (annotations: Readonly<Record<string, string>>) =>
    server.seed({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "db", namespace: "default", uid: "fixed", annotations },
      spec: { containers: [{ name: "main" }] },
      status: { phase: "Running" },
    });
  before(async () => {
    seedDb(freezeAndThaw);
    listener = await server.listen();
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: listener.url } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
  });
  after(async () => {
    await listener.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    ran.length = 0;
  });
  const ark = (...words: readonly string[]) => run("backup", ...words, "--kubeconfig", kubeconfig);

  it("a backup whose post hook fails is partially failed and says what to do", async () => {
    const { status, out } = await ark("create", "b1", "--include-namespaces", "default");
    assert.equal(status, 3);
    assert.match(out, /post hook "thaw".*exit code 32.*\[31mdevice busy/);
    assert.doesNotMatch(out, /\u001b/);
    assert.ok(out.includes(`ark-ts backup thaw --kubeconfig ${kubeconfig} b1`), out);
    assert.deepEqual([...frozen], ["db"]);
  });

  it("describe shows since when which pod may be frozen", async () => {
    const text = await ark("describe", "b1");
    assert.match(text.out, /HooksAttempted: +2\nHooksFailed: +1/);
    assert.match(text.out, /May be frozen: +default\/db, container main: thaw\n +since \d{4}-/);
    const { out } = await ark("describe", "b1", "-o", "json");
    const [one] = JSON.parse(out).mayBeFrozen;
    assert.deepEqual([one.namespace, one.pod, one.command], ["default", "db", ["thaw"]]);
  });

  it("tries again, and fails while it does", async () => {
    const { status, out } = await ark("thaw", "b1");
    assert.equal(status, 1);
    assert.match(out, /0 post hooks settled, 1 still owed\n {2}frozen +default\/db.*exit code 32/);
    assert.deepEqual(ran, ["thaw db"]);
  });

  it("thaws, and then nothing is owed", async () => {
    thawWorks = true;
    const { status, out } = await ark("thaw", "b1", "-o", "json");
    assert.equal(status, 0);
    assert.equal(JSON.parse(out).postHooks[0].state, "paid");
    assert.deepEqual([...frozen], []);
    const again = await ark("thaw", "b1");
    assert.deepEqual([again.status, again.out], [0, "backup b1 owes no post hooks to pods\n"]);
    assert.doesNotMatch((await ark("describe", "b1")).out, /May be frozen/);
  });

  it("runs what no annotation has only when it is agreed to", async () => {
    thawWorks = false;
    assert.equal((await ark("create", "b2", "--include-namespaces", "default")).status, 3);
    seedDb({ ...freezeAndThaw, [key("post", "command")]: "another" });
    thawWorks = true;
    ran.length = 0;
    const refused = await ark("thaw", "b2");
    assert.equal(refused.status, 2);
    assert.match(refused.err, /add --confirm/);
    assert.deepEqual(ran, []);
    const { status } = await ark("thaw", "b2", "--confirm");
    assert.equal(status, 0);
    assert.deepEqual(ran, ["thaw db"]);
  });

  it("runs the hooks of a file, which the backup then names; a file that says something else is refused", async () => {
    thawWorks = true;
    seedDb({});
    const file = join(folder, "hooks.yaml");
    const create = ["create", "b4", "--include-namespaces", "default", "--hooks-file", file];
    const hooks = (post: string) =>
      `resources:\n- name: db\n  pre:\n  - exec: {command: [freeze]}\n  ${post}:\n  - exec: {command: [thaw]}\n`;
    writeFileSync(file, hooks("postHooks"));
    const refused = await ark(...create);
    assert.equal(refused.status, 2);
    assert.match(refused.err, /hooks\.resources\[0\]\.postHooks is unknown; known are name, /);
    writeFileSync(file, hooks("post"));
    ran.length = 0;
    const { status, err } = await ark(...create);
    assert.equal(status, 0, err);
    assert.deepEqual(ran, ["freeze db", "thaw db"]);
    const { out } = await ark("describe", "b4", "-o", "json");
    assert.equal(JSON.parse(out).spec.hooks.resources[0].name, "db");
    const text = (await ark("describe", "b4")).out;
    assert.match(text, /Hooks:\n {2}Resources:\n {4}db:\n {6}Namespaces:\n {8}Included: +\*/);
    assert.match(text, /Pre Exec Hook:\n {8}Container:\n {8}Command: +freeze\n {8}On Error:/);
  });

  it("describe shows what is owed where nothing else is left under the name", async () => {
    thawWorks = false;
    seedDb(freezeAndThaw);
    assert.equal((await ark("create", "b5", "--include-namespaces", "default")).status, 3);
    assert.equal((await ark("delete", "b5", "--confirm")).status, 0);
    const text = await ark("describe", "b5");
    assert.equal(text.status, 0, text.err);
    assert.match(text.out, /^Backup: +none any more; its post hooks are still owed/m);
    assert.match(text.out, /May be frozen: +default\/db, container main: thaw\n/);
    assert.match((await ark("describe")).out, /^Name: +b5$/m);
    const { out } = await ark("describe", "b5", "-o", "json");
    assert.equal(JSON.parse(out).mayBeFrozen[0].pod, "db");
    thawWorks = true;
    assert.equal((await ark("thaw", "b5")).status, 0);
    assert.equal((await ark("describe", "b5")).status, 1);
  });

  it("--forget removes what is owed and runs nothing", async () => {
    const owed = async () => (await listThaws(store, idle, "b3")).thaws.length;
    thawWorks = false;
    seedDb(freezeAndThaw);
    await ark("create", "b3", "--include-namespaces", "default");
    assert.equal(await owed(), 1);
    ran.length = 0;
    const { status } = await ark("thaw", "b3", "--forget", "--confirm");
    assert.deepEqual([status, await owed(), ran], [0, 0, []]);
  });
});
