/** Who does the work of a command, and that none does it here where a server should. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { leavesOf } from "../../src/cli/command-spec.ts";
import { commandTree } from "../../src/cli/command-tree.ts";
import { commandForms } from "../../src/cli/server-mode/command-forms.ts";
import { type CommandWorld, commandWorld } from "../support/command-world.ts";

const leaves = [
  ...new Map([...leavesOf(commandTree)].map(({ leaf }) => [leaf.path.join(" "), leaf])).entries(),
];

describe("the table of commands and modes", () => {
  it("has every command, and no other", () => {
    assert.deepEqual(Object.keys(commandForms).sort(), leaves.map(([path]) => path).sort());
  });

  it("names only flags that the command has", () => {
    for (const [path, leaf] of leaves) {
      const form = commandForms[path];
      if (form?.form !== "both") continue;
      const known = leaf.flags.map(({ name }) => name);
      const named = Object.keys({ ...form.standaloneFlags, ...form.serverFlags });
      assert.deepEqual(
        named.filter((name) => !known.includes(name)),
        [],
        path,
      );
    }
  });
});

describe("in server mode", () => {
  let world: CommandWorld;
  before(async () => {
    world = await commandWorld();
  });
  after(() => world.close());

  for (const [path, leaf] of leaves) {
    const form = commandForms[path];
    if (form?.form !== "standalone") continue;
    it(`ark-ts ${path} refuses, names --mode standalone, and touches nothing here`, async () => {
      const args = (leaf.args ?? []).filter(({ required }) => required).map(sampleArg);
      const asked = ["from-backup", "all"].filter((name) =>
        leaf.flags.some((flag) => flag.name === name),
      );
      const sample = asked.map((name) => (name === "all" ? "--all" : `--${name}=sample`));
      const { status, err } = await world.ark([...leaf.path, ...args, ...sample]);
      assert.equal(status, 2, err);
      assert.match(err, new RegExp(`ark-ts ${path} has no server form`));
      assert.match(err, /--mode standalone/);
      assert.deepEqual(filesOf(world.home), ["kubeconfig"]);
    });
  }

  it("backup get lists the server's Backups, and says where", async () => {
    world.seed("Backup", "nightly", {
      spec: { storageLocation: "default" },
      status: { phase: "Completed", errors: 0, progress: { itemsBackedUp: 1200 } },
    });
    const { status, out, err } = await world.ark(["backup", "get"]);
    assert.equal(status, 0, err);
    assert.match(err, /^server: ark-ts-0 leads in namespace ark-ts of context x$/m);
    assert.match(out, /^NAME +STATUS .*\nnightly +Completed .* default +1,200/);
  });

  it("a backup of another name is not found, and the closest match is named", async () => {
    const { status, err } = await world.ark(["backup", "get", "nightli"]);
    assert.equal(status, 1);
    assert.match(err, /there is no backup "nightli" in namespace ark-ts of context x/);
    assert.match(err, /did you mean nightly\?/);
  });

  it("-o json prints the resource as it stands", async () => {
    const { out } = await world.ark(["backup", "get", "nightly", "-o", "json"]);
    assert.deepEqual(JSON.parse(out), await world.read(backupKind, "nightly"));
  });

  it("--storage-location is refused where it would have no effect", async () => {
    const { status, err } = await world.ark(["backup", "get", "--store", "file:///tmp/x"]);
    assert.equal(status, 2);
    assert.match(err, /--storage-location has no effect in server mode/);
    assert.match(err, /leave it out, or have this command do the work itself: --mode standalone/);
  });

  it("a namespace without a server says how one is set up", async () => {
    const { status, err } = await world.ark(["backup", "get", "-n", "other", "--mode", "server"]);
    assert.equal(status, 0, err);
    assert.match(err, /server: as --mode says; namespace other/);
  });
});

describe("with the kinds and without a Lease", () => {
  it("commands are standalone", async () => {
    const world = await commandWorld({ lease: false });
    try {
      const { err } = await world.ark(["backup", "get"]);
      assert.match(err, /^standalone: no ark-ts server in context x$/m);
    } finally {
      await world.close();
    }
  });
});

function filesOf(folder: string): readonly string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map(({ name }) => name);
}

/** Something that a command takes for its argument. */
function sampleArg({ name }: { readonly name: string }): string {
  return name === "OBJECT" ? "secrets/shop/tls" : "sample";
}
