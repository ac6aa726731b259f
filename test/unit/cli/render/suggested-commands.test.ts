import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { leavesOf } from "../../../../src/cli/command-spec.ts";
import { commandTree } from "../../../../src/cli/command-tree.ts";
import { suggestAtPlace } from "../../../../src/cli/render/suggested-commands.ts";

describe("suggestAtPlace()", () => {
  const text = "see ark-ts backup describe b --details; or ark-ts restore create --from-backup b";

  it("adds the place after the verb, quoted for a shell where it must be", () => {
    assert.equal(
      suggestAtPlace(text, ["backup", "get", "--store", "s3://b?region=x&y=it's"]),
      `see ark-ts backup describe --store 's3://b?region=x&y=it'\\''s' b --details; or ark-ts restore create --store 's3://b?region=x&y=it'\\''s' --from-backup b`,
    );
    assert.match(suggestAtPlace(text, ["--storage-location=lab"]), /describe --store lab b/);
  });

  it("adds it to what takes a restore back or wakes it, and to a backup by plan", () => {
    for (const command of ["restore undo", "restore activate", "backup create"]) {
      assert.equal(
        suggestAtPlace(`ark-ts ${command} r --plan p.json`, ["--store", "lab"]),
        `ark-ts ${command} --store lab r --plan p.json`,
      );
    }
  });

  it("leaves a command alone that was typed before and says itself where it works", () => {
    const begun = "run what began it: ark-ts restore create r --store lab --context a";
    assert.equal(
      suggestAtPlace(`${begun}; or ark-ts restore discard r`, ["--store", "lab", "--as", "me"]),
      `${begun}; or ark-ts restore discard --store lab --as me r`,
    );
  });

  it("does not take the settings of a provider for a folder", () => {
    const next = "ark-ts backup-location test a";
    const set = ["backup-location", "set", "a", "--config-dir", "/c"];
    assert.equal(
      suggestAtPlace(next, [...set, "--config", "root=/x", "--config=a=b"]),
      "ark-ts backup-location test --config-dir /c a",
    );
    assert.match(suggestAtPlace(text, ["--config", "/c"]), /describe --config-dir \/c b/);
  });

  it("adds the mode that was typed, without which a server would be asked", () => {
    assert.equal(
      suggestAtPlace("ark-ts restore undo r", ["--store", "lab", "--mode=standalone"]),
      "ark-ts restore undo --store lab --mode standalone r",
    );
  });

  it("takes the last of several, as the command does", () => {
    assert.match(suggestAtPlace(text, ["--store", "a", "--store=z"]), /describe --store z b/);
  });

  it("leaves the text alone where no place was typed", () => {
    for (const argv of [[], ["backup", "get"], ["--store"], ["--", "--store", "x"]]) {
      assert.equal(suggestAtPlace(text, argv), text);
    }
  });

  it("adds cluster and user too, as often as they were typed", () => {
    const argv = ["--kubeconfig=k", "--kubecontext", "lab", "--as=me", "--as-group=a"];
    assert.equal(
      suggestAtPlace("ark-ts restore undo r", [...argv, "--as-group", "b c", "--config", "d"]),
      "ark-ts restore undo --kubeconfig k --context lab --as me --as-group a --as-group 'b c' --config-dir d r",
    );
  });

  const nouns = [
    "backup",
    "restore",
    "diff",
    "backup-location",
    "mode",
    "install",
    "uninstall",
    "schedule",
    "snapshot-location",
  ];
  const typed = [
    "storage-location",
    "kubeconfig",
    "context",
    "as",
    "as-group",
    "config-dir",
    "mode",
  ];
  for (const { words, leaf } of leavesOf(commandTree)) {
    if (words.join(" ") !== leaf.path.join(" ") || !nouns.includes(words[0] ?? "")) continue;
    const takes = typed.filter((name) => leaf.flags.some((flag) => flag.name === name));
    it(`adds to "ark-ts ${words.join(" ")}" all that it takes of these`, () => {
      const rest = "x --plan p";
      const told = suggestAtPlace(
        `ark-ts ${words.join(" ")} ${rest}`,
        typed.map((name) => `--${name}=v`),
      );
      const flags = takes.map((name) => (name === "storage-location" ? "store" : name));
      const added = flags.map((name) => `--${name} v`).join(" ");
      assert.equal(told, `ark-ts ${words.join(" ")} ${added} ${rest}`);
    });
  }

  it("adds nothing that the command itself says otherwise", () => {
    const thaw =
      "to thaw: ark-ts backup thaw b --mode standalone --storage-location <x>\nark-ts backup get";
    assert.equal(
      suggestAtPlace(thaw, ["--mode", "server", "--store=y", "--context", "lab"]),
      "to thaw: ark-ts backup thaw --context lab b --mode standalone --storage-location <x>\nark-ts backup get --store y --context lab --mode server",
    );
  });

  it("leaves commands alone that take no place", () => {
    const other =
      "ark-ts backup-location test lab; ark-ts mode set auto; ark-ts backup create from cron; an ark-ts difference";
    assert.equal(suggestAtPlace(other, ["--store", "x"]), other);
  });
});
