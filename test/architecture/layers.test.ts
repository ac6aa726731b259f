import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { posix } from "node:path";
import { describe, it } from "node:test";
import { importsOf } from "./imports-of.ts";

/** Who may import whom below src/. Absent means forbidden; a layer always sees itself. */
const useCase = ["lib", "api", "domain", "format", "ports", "catalog"];
const everything = [
  ...useCase,
  "hooks",
  "operations",
  "backup",
  "restore",
  "volumes",
  "retention",
  "install",
  "adapters",
  "runtime",
  "controllers",
  "plugin-sdk",
  "plugin-wire",
];
const allowed: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  api: ["lib"],
  domain: ["lib", "api"],
  format: ["lib", "api"],
  ports: ["lib", "api", "domain"],
  "plugin-wire": ["lib"],
  catalog: ["lib", "api", "domain", "format", "ports"],
  hooks: useCase,
  operations: useCase,
  backup: [...useCase, "hooks", "operations", "volumes"],
  restore: [...useCase, "hooks", "operations", "volumes"],
  volumes: useCase,
  retention: useCase,
  install: useCase,
  adapters: ["lib", "api", "domain", "ports", "plugin-wire", "plugin-sdk"],
  runtime: ["lib", "api", "ports"],
  controllers: [...useCase, "backup", "restore", "volumes", "retention", "install", "runtime"],
  "plugin-sdk": ["lib", "ports", "plugin-wire"],
  server: everything,
  "node-agent": everything,
  // The command `ark-ts server` is how that process is begun.
  cli: [...everything, "server"],
};

/** Modules that do I/O; pure layers may not have them. */
const worldModules = new Set(
  [
    "fs",
    "fs/promises",
    "net",
    "tls",
    "http",
    "https",
    "http2",
    "child_process",
    "dgram",
    "dns",
    "os",
  ].map((name) => `node:${name}`),
);
const pureLayers = new Set(["lib", "api", "domain", "format", "ports"]);

/** Vendor libraries and the only places that may have them. */
const vendorHomes: Readonly<Record<string, string | readonly string[]>> = {
  "@kubernetes/client-node": "src/adapters/kube/credentials/",
  "@aws-sdk/client-ec2": "plugins/volume-snapshotter-aws/",
  "@aws-sdk/client-s3": "plugins/object-store-s3/",
  "@azure/storage-blob": "plugins/object-store-azure/",
  "@aws-sdk/credential-provider-ini": "plugins/shared-aws/",
  "@smithy/node-http-handler": "plugins/shared-aws/",
  "google-auth-library": "plugins/shared-google/",
  undici: ["src/adapters/kube/", "plugins/shared-google/"],
  commander: "src/cli/",
  "@grpc/grpc-js": "src/plugin-wire/",
};

const sources = globSync("{src,plugins,cmd}/**/*.ts").sort();

function layerOf(path: string): string {
  const parts = path.split("/");
  return parts[0] === "src" ? (parts[1] as string) : (parts[0] as string);
}

describe("layers", () => {
  for (const file of sources) {
    it(`${file} imports only what its layer may see`, () => {
      const layer = layerOf(file);
      for (const target of importsOf(readFileSync(file, "utf8"))) {
        if (target.startsWith(".")) checkRelative(file, layer, target);
        else checkPackage(file, layer, target);
      }
    });
  }
});

function checkRelative(file: string, layer: string, target: string): void {
  const resolved = posix.join(posix.dirname(file), target);
  const seen = layerOf(resolved);
  assert.ok(!resolved.startsWith("cmd/") || layer === "cmd", `${file}: cmd/ is imported by nobody`);
  assert.ok(!resolved.startsWith("test/"), `${file}: product code imports test code ${target}`);
  if (layer === "cmd") {
    assert.ok(["cli", "server", "node-agent"].includes(seen), `${file}: cmd imports ${target}`);
    return;
  }
  if (layer === "plugins") {
    const own = file.split("/").slice(0, 2).join("/");
    const inOwn = resolved.startsWith(`${own}/`);
    const isRegistry = file === "plugins/registry.ts" && resolved.startsWith("plugins/");
    const isShared = resolved.startsWith("plugins/shared-");
    assert.ok(
      inOwn || isRegistry || isShared || seen === "plugin-sdk",
      `${file}: plugins see the SDK, and what plugins of one vendor share, not ${target}`,
    );
    return;
  }
  if (seen === "plugins") {
    assert.ok(
      ["cli", "server", "node-agent"].includes(layer) && resolved === "plugins/registry.ts",
      `${file}: only composition roots see plugins, and only their registry`,
    );
    return;
  }
  const list = allowed[layer];
  assert.ok(list, `${file}: folder src/${layer} is not in the matrix`);
  assert.ok(
    seen === layer || list.includes(seen),
    `${file}: ${layer} may not import ${seen} (${target})`,
  );
  if (layer === "adapters") {
    const family = (path: string) => path.split("/").slice(0, 3).join("/");
    if (seen === "adapters") {
      assert.equal(family(resolved), family(file), `${file}: adapters see only their own folder`);
    }
  }
}

function checkPackage(file: string, layer: string, target: string): void {
  const bare = target.replace(/^node:/, "");
  if (builtinModules.includes(bare)) {
    assert.ok(target.startsWith("node:"), `${file}: write node:${bare}`);
    assert.ok(
      !(pureLayers.has(layer) && worldModules.has(target)),
      `${file}: ${layer} does no I/O (${target})`,
    );
    return;
  }
  for (const [vendor, home] of Object.entries(vendorHomes)) {
    if (target === vendor || target.startsWith(`${vendor}/`)) {
      const homes = [home].flat();
      const isHome = homes.some((folder) => file.startsWith(folder));
      assert.ok(isHome, `${file}: ${vendor} belongs to ${homes.join(" and ")}`);
    }
  }
}
