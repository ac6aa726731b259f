import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { commandTree } from "../../../src/cli/command-tree.ts";
import { bashCompletion } from "../../../src/cli/completion/bash.ts";
import { zshCompletion } from "../../../src/cli/completion/zsh.ts";

/** What bash offers for the words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const line = ["ark-ts", ...words].map((word) => `'${word}'`).join(" ");
  const script = `${bashCompletion(commandTree)}
COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _ark_ts; printf '%s\\n' "\${COMPREPLY[@]}"`;
  // As input, not as an argument: an argument may have 128 KiB.
  const output = execFileSync("bash", ["--noprofile", "--norc", "-s"], {
    encoding: "utf8",
    input: script,
  });
  return output.split("\n").filter((word) => word !== "");
}

describe("bashCompletion()", () => {
  it("offers commands, also below aliases and flags with values", () => {
    assert.ok(offered("").includes("backup"));
    assert.deepEqual(offered("ba"), ["backup", "backup-location"]);
    assert.deepEqual(offered("location", "t"), ["test"]);
    assert.deepEqual(offered("get", "r"), ["restores"]);
    assert.deepEqual(offered("completion", ""), ["bash", "zsh"]);
  });

  it("offers the flags of the command, and the choices of a flag", () => {
    assert.deepEqual(offered("backup", "create", "x", "--include-c"), [
      "--include-cluster-scoped-resources",
      "--include-cluster-resources",
    ]);
    assert.deepEqual(offered("backup", "get", "-o", ""), ["table", "json", "yaml", "name"]);
    assert.deepEqual(offered("restore", "create", "--existing-resource-policy", "u"), ["update"]);
    assert.deepEqual(offered("backup", "get", "--storage-location", ""), []);
  });
});

describe("zshCompletion()", () => {
  it("names every command and flag of the tree", () => {
    const script = zshCompletion(commandTree);
    assert.match(script, /^#compdef ark-ts\n/);
    for (const text of [
      "'backup create')",
      "--include-namespaces=",
      "'*-o+[",
      "(none update recreate)",
    ]) {
      assert.ok(script.includes(text), text);
    }
  });

  it("asks the command for names, where the line says they are", () => {
    const script = zshCompletion(commandTree);
    for (const text of [
      "command ark-ts __names $1 ",
      "'*--from-backup=[the backup to restore (required)]:value: _ark_ts_names backups'",
      "'1:name: _ark_ts_names backups'",
      "'*:name: _ark_ts_names restores'",
      ":value: _ark_ts_names locations'",
      "--storage-location|--store|--config-dir|--config)",
    ]) {
      assert.ok(script.includes(text), text);
    }
    assert.ok(!script.includes("__names:"), "the command itself is offered to nobody");
  });

  it("has balanced quotes on every line of flags", () => {
    for (const line of zshCompletion(commandTree).split("\n")) {
      const quotes = line.replaceAll("'\\''", "").split("'").length - 1;
      assert.equal(quotes % 2, 0, line);
    }
  });
});
