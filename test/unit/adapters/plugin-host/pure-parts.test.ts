import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLineSplitter } from "../../../../src/adapters/plugin-host/line-splitter.ts";
import { sortListing } from "../../../../src/adapters/plugin-host/list-plugins.ts";
import {
  pluginArguments,
  pluginEnvironment,
} from "../../../../src/adapters/plugin-host/plugin-environment.ts";
import { createLogReader } from "../../../../src/adapters/plugin-host/plugin-log-lines.ts";
import { hostOptions } from "../../../support/plugin-host-options.ts";

describe("pluginEnvironment()", () => {
  it("passes credentials on, and nothing that changes the protocol or is for ark-ts", () => {
    const own = {
      AWS_PROFILE: "p",
      PLUGIN_CLIENT_CERT: "pem",
      PLUGIN_MULTIPLEX_GRPC: "true",
      NODE_OPTIONS: "--inspect",
      ARK_TS_LOCATION: "x",
      TMPDIR: "/elsewhere",
    };
    const env = pluginEnvironment({ env: own }, "/tmp/own");
    assert.deepEqual(env, {
      AWS_PROFILE: "p",
      VELERO_PLUGIN: "hello",
      PLUGIN_PROTOCOL_VERSIONS: "2",
      PLUGIN_MIN_PORT: "10000",
      PLUGIN_MAX_PORT: "25000",
      PLUGIN_UNIX_SOCKET_DIR: "/tmp/own",
      TMPDIR: "/tmp/own",
    });
  });

  it("says in which namespace the plugins' ConfigMaps are, else leaves that to the user", () => {
    const own = { VELERO_NAMESPACE: "mine" };
    const given = pluginEnvironment({ env: own }, "/tmp/own");
    assert.equal(given["VELERO_NAMESPACE"], "mine");
    const options = { env: own, veleroNamespace: "ark-ts" };
    assert.equal(pluginEnvironment(options, "/tmp/own")["VELERO_NAMESPACE"], "ark-ts");
  });
});

describe("pluginArguments() (plugins.md g.1, test 11)", () => {
  it("passes a level that logrus knows, and features, as --flag=value", () => {
    assert.deepEqual(pluginArguments(["run-plugins"], hostOptions()), [
      "run-plugins",
      "--log-level=info",
    ]);
    const options = hostOptions({}, { logLevel: "warning", features: ["EnableCSI", "B"] });
    assert.deepEqual(pluginArguments([], options), [
      "--log-level=warning",
      "--features=EnableCSI,B",
    ]);
  });
});

describe("createLogReader()", () => {
  it("reads the JSON lines of Velero's plugins", () => {
    const line = JSON.stringify({
      "@message": "uploaded",
      "@level": "warn",
      "@logSourceSetBy": "plugin",
      level: "warning",
      time: "now",
      bucket: "b",
      logSource: "store.go:12",
    });
    assert.deepEqual(createLogReader()(line), {
      level: "warn",
      text: "uploaded",
      fields: { bucket: "b", logSource: "store.go:12" },
    });
  });

  it("takes the level from a prefix, and else debug", () => {
    const read = createLogReader();
    assert.deepEqual(read("[WARN]  slow"), { level: "warn", text: "slow", fields: {} });
    assert.deepEqual(read("plain"), { level: "debug", text: "plain", fields: {} });
    assert.deepEqual(read("{broken"), { level: "debug", text: "{broken", fields: {} });
  });

  it("takes all that follows a panic as an error", () => {
    const read = createLogReader();
    read("[INFO] fine");
    const levels = ["panic: boom", "", "goroutine 1 [running]:"].map((line) => read(line).level);
    assert.deepEqual(levels, ["error", "error", "error"]);
  });
});

describe("createLineSplitter()", () => {
  it("cuts at newlines wherever the text breaks, and long lines into pieces", () => {
    const lines: string[] = [];
    const splitter = createLineSplitter((line) => lines.push(line));
    for (const text of ["a", "b\nc\r", "\n", "d"]) splitter.push(text);
    splitter.end();
    assert.deepEqual(lines, ["ab", "c", "d"]);
    splitter.push("x".repeat(150_000));
    assert.deepEqual(
      lines.slice(3).map((line) => line.length),
      [65_536, 65_536],
    );
  });
});

describe("sortListing() (plugins.md g.1, test 13)", () => {
  it("passes over kinds it has no use for, bad names and repetitions, and says so", () => {
    const listing = sortListing([
      { kind: "PluginLister", name: "" },
      { kind: "ObjectStore", name: "acme.io/s" },
      { kind: "ObjectStore", name: "acme.io/s" },
      { kind: "ItemSnapshotter", name: "acme.io/i" },
      { kind: "BackupItemAction", name: "nameless" },
      { kind: "BackupItemActionV2", name: "acme.io/b" },
    ]);
    assert.deepEqual(listing.plugins, [
      { kind: "ObjectStore", name: "acme.io/s" },
      { kind: "BackupItemActionV2", name: "acme.io/b" },
    ]);
    assert.deepEqual(listing.passedOver.length, 3);
    assert.match(listing.passedOver.join("\n"), /ItemSnapshotter[\s\S]*nameless/);
  });
});
