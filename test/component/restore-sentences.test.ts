import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import type { RestoreSpec } from "../../src/api/restore.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { kindOf } from "../support/kinds.ts";
import { storeBackup } from "../support/stored-backup.ts";
import { createRestoreWorld, namespaceNamed, type Plain, plain } from "./restore-world.ts";

const configMap = (place: string, data: object = { key: "value" }) =>
  plain("v1", "ConfigMap", place, { data });
const widget = plain("demo.example/v1", "Widget", "shop/w");
const definition = plain(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "widgets.demo.example",
  {
    spec: {
      group: "demo.example",
      names: { plural: "widgets", kind: "Widget", singular: "widget" },
      scope: "Namespaced",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object" } },
        },
      ],
    },
  },
);

describe("runRestore() of a kind that is not served", () => {
  const adviceOf = async (objects: readonly Plain[], spec: RestoreSpec) => {
    const world = createRestoreWorld();
    await world.backUp(objects);
    const report = await world.restore(spec);
    assert.deepEqual(
      report.findings.map(({ code }) => code),
      ["ARK_KIND_NOT_SERVED"],
    );
    return report.findings[0]!.advice ?? "";
  };

  it("says that the backup has no definition of it, and how to get one", async () => {
    const advice = await adviceOf([widget], {});
    assert.match(advice, /^backup "b1" has no definition of widgets\.demo\.example: install /);
    assert.doesNotMatch(advice, /--include-cluster-resources/);
  });

  it("points to the definition that the backup holds", async () => {
    const advice = await adviceOf([definition, widget], { includeClusterResources: false });
    assert.match(advice, /which the backup holds, with --include-cluster-resources/);
  });

  it("names the filter that leaves the definition out", async () => {
    const advice = await adviceOf([definition, widget], {
      excludedResources: ["customresourcedefinitions"],
    });
    assert.match(advice, /which the backup holds: the filters for kinds leave out/);
  });
});

describe("runRestore() of a Service whose node port is taken", () => {
  const service = (place: string) =>
    plain("v1", "Service", place, {
      metadata: {
        annotations: {
          "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({
            spec: { ports: [{ name: "http", nodePort: 30080 }] },
          }),
        },
      },
      spec: { type: "NodePort", ports: [{ name: "http", port: 80, nodePort: 30080 }] },
    });

  async function clash(spec: RestoreSpec = {}) {
    const world = createRestoreWorld({
      admission: ({ object }) => {
        if (object["kind"] !== "Service") return object;
        throw new ApiStatus(
          422,
          "Invalid",
          'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
        );
      },
    });
    world.server.seed(namespaceNamed("front") as never);
    world.server.seed(service("front/old") as never);
    await world.backUp([service("shop/web")]);
    const report = await world.restore({ ...spec, namespaceMapping: { shop: "copy" } });
    const [finding] = report.findings;
    assert.equal(finding?.code, "ARK_API_INVALID");
    return { world, finding: finding! };
  }

  it("names the Service that has it, and what can be done", async () => {
    const { world, finding } = await clash();
    assert.match(finding.message, /already allocated; it is held by Service "front\/old"$/);
    assert.match(finding.advice ?? "", /^free node port 30080 at Service "front\/old" and restore/);
    assert.match(
      finding.advice ?? "",
      /ark-ts backup cat b1 services\/shop\/web, without its nodeP/,
    );
    const lists = world.seen.filter(({ path }) => /\/api\/v1\/services/.test(path));
    assert.equal(lists.length, 1);
  });

  it("suggests to leave out --preserve-nodeports where that was asked", async () => {
    const { finding } = await clash({ preserveNodePorts: true });
    assert.match(finding.advice ?? "", /leave out --preserve-nodeports/);
  });
});

describe("runRestore() of what the API server refuses, printing a whole object", () => {
  const printed = `core.PodTemplateSpec{Spec:core.PodSpec{Containers:[]core.Container{${'core.Container{Name:"c: d"}, '.repeat(60)}}}}`;

  it("names field and reason, and keeps the whole answer in the log", async () => {
    const refusal = `Job.batch "a" is invalid: spec.template: Invalid value: ${printed}: field is immutable`;
    const world = createRestoreWorld({
      admission: ({ object }) => {
        if (object["kind"] !== "ConfigMap") return object;
        throw new ApiStatus(422, "Invalid", refusal);
      },
    });
    await world.backUp([configMap("shop/a")]);
    const report = await world.restore();
    assert.deepEqual(
      report.findings.map(({ message }) => message),
      [
        'ConfigMap "shop/a" could not be restored: Job.batch "a" is invalid: spec.template: field is immutable',
      ],
    );
    const log = gunzipSync(world.store.bytes("restores/r1/restore-r1-logs.gz")).toString();
    assert.ok(log.includes(JSON.stringify(refusal).slice(1, -1)), log);
  });
});

describe("runRestore() of bytes that are another object than their place says", () => {
  it("refuses the object, names it, and restores the others", async () => {
    const world = createRestoreWorld();
    const bytes = (object: Plain) => Buffer.from(JSON.stringify(object));
    await storeBackup(world.store, {
      name: "b1",
      kinds: [
        {
          kind: kindOf("configmaps", { kind: "ConfigMap" }),
          objects: [
            { namespace: "shop", name: "a", bytes: bytes(configMap("shop/other")) },
            { namespace: "shop", name: "b", bytes: bytes(configMap("vault/b")) },
            { namespace: "shop", name: "c", bytes: bytes(configMap("shop/c")) },
          ],
        },
        {
          kind: kindOf("namespaces", { kind: "Namespace", cluster: true }),
          objects: [
            { name: "shop", bytes: bytes(namespaceNamed("vault", { labels: { secret: "yes" } })) },
          ],
        },
      ],
    });
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(
      report.findings.map(({ code, resource, name }) => [code, resource, name]),
      [
        ["ARK_BACKUP_DAMAGED", "namespaces", "shop"],
        ["ARK_BACKUP_DAMAGED", "configmaps", "a"],
        ["ARK_BACKUP_DAMAGED", "configmaps", "b"],
      ],
    );
    assert.match(report.findings[1]!.message, /its name is "other", where its place says "a"/);
    assert.match(
      report.findings[2]!.message,
      /its namespace is "vault", where its place says "shop"/,
    );
    for (const place of ["shop/a", "shop/other", "shop/b", "vault/b"]) {
      assert.equal(await world.live("configmaps", place), undefined, place);
    }
    assert.notEqual(await world.live("configmaps", "shop/c"), undefined);
    const namespace = await world.live("namespaces", "shop");
    assert.doesNotMatch(JSON.stringify(namespace), /secret/);
  });
});

describe("runRestore() and the count of restored items", () => {
  it("counts what was created, updated or equal, not what failed or differs", async () => {
    const world = createRestoreWorld({
      admission: ({ object }) => {
        const { name } = object["metadata"] as unknown as { name: string };
        if (name === "bad") throw new ApiStatus(422, "Invalid", "no");
        return object;
      },
    });
    world.server.seed(namespaceNamed("shop") as never);
    world.server.seed(configMap("shop/equal") as never);
    world.server.seed(configMap("shop/differs", { key: "other" }) as never);
    await world.backUp(["equal", "differs", "new", "bad"].map((name) => configMap(`shop/${name}`)));
    const report = await world.restore();
    assert.deepEqual([report.created, report.skipped, report.failed], [1, 2, 1]);
    assert.deepEqual(report.restore.status.progress, { totalItems: 4, itemsRestored: 2 });
  });

  it("says whether it was recorded", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a")]);
    assert.equal((await world.restore()).recorded, true);
    world.store.put = async () => {
      throw new Error("full");
    };
    const report = await world.restore({}, { name: "r2" });
    assert.equal(report.recorded, false);
    assert.match(report.findings.at(-1)!.advice ?? "", /all there is/);
  });
});
