import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { loadAll } from "js-yaml";
import type { Manifest } from "../../src/install/manifests/manifest.ts";
import { serverManifests } from "../../src/install/manifests/server-manifests.ts";
import {
  defaultResources,
  type ServerRequest,
  serverRequest,
} from "../../src/install/manifests/server-request.ts";
import { type CommandResult, runCommand } from "../support/run-command.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const image = "registry.example/ark-ts:1";

async function template(namespace: string, values: readonly string[]): Promise<CommandResult> {
  const sets = values.flatMap((value) => ["--set", value]);
  const args = ["template", "ark-ts", "deploy/helm/ark-ts", "--namespace", namespace, ...sets];
  return await runCommand(await ensureBinary("helm"), args, {});
}

async function rendered(
  namespace: string,
  values: readonly string[],
): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await template(namespace, values);
  assert.equal(status, 0, stderr);
  return byPath(loadAll(stdout) as Manifest[]);
}

/** What `ark-ts install` writes, but the namespace: Helm makes it by itself. */
function written(asked: Partial<ServerRequest>): Record<string, unknown> {
  const manifests = serverManifests(serverRequest({ image, version, ...asked }));
  return byPath(manifests.filter(({ kind }) => kind !== "Namespace"));
}

function byPath(manifests: readonly Manifest[]): Record<string, unknown> {
  return Object.fromEntries(manifests.map((one) => [`${one.kind} ${one.metadata.name}`, one]));
}

describe("the Helm chart, rendered by Helm", { skip: await whyNoTestbed() }, () => {
  it("gives what ark-ts install writes, with its defaults", async () => {
    assert.deepEqual(await rendered("ark-ts", [`image=${image}`]), written({}));
  });

  it("gives it with every value set, and in another namespace", async () => {
    const values = [
      ...[`image=${image}`, "replicas=3", "serverArgs={--log-level=debug,--log-format=json}"],
      ...["resources.limits.memory=2Gi", "serviceAccountAnnotations.role=r"],
    ];
    const asked = {
      namespace: "backups",
      replicas: 3,
      serverArgs: ["--log-level=debug", "--log-format=json"],
      resources: { ...defaultResources, memoryLimit: "2Gi" },
      serviceAccountAnnotations: { role: "r" },
    };
    assert.deepEqual(await rendered("backups", values), written(asked));
  });

  it("refuses to be rendered without an image, and says what is missing", async () => {
    const { status, stderr } = await template("ark-ts", []);
    assert.notEqual(status, 0);
    assert.match(stderr, /the server's image, as the nodes pull it/);
  });
});
