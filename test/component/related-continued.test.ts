import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../src/api/backup.ts";
import { hasCode } from "../../src/lib/errors.ts";
import type { Faults } from "../support/api-server/faults.ts";
import { bound, createRelatedWorld, fillShop, type RelatedWorld } from "./related-world.ts";

/** A member for every few objects, a part for every few members. */
const limits = { memberBytes: 2000, partBytes: 400 };
const pods = 40;

/** The last look before a kind is listed for good has a limit of 1. */
const isListOf = (resource: string, call: Parameters<Faults>[0]): boolean =>
  call.method === "GET" &&
  call.path.endsWith(`/${resource}`) &&
  call.query.get("limit") !== "1" &&
  call.query.get("limit") !== null;

/** Each pod has a claim, a volume and a priority class of its own; one claim is opted out. */
function fill(): RelatedWorld {
  const world = createRelatedWorld();
  fillShop(world);
  for (let index = 0; index < pods; index++) {
    const claimName = `claim-${index}`;
    const volumes = [{ name: "v", persistentVolumeClaim: { claimName } }];
    const labels = { app: "web", filler: `f-${(index * 7919).toString(36)}` };
    const spec = { volumes, priorityClassName: `class-${index}` };
    world.add(
      "v1",
      "Pod",
      `shop/many-${index}`,
      { spec, status: { phase: "Running" } },
      { labels },
    );
    const optedOut = index === 1 ? { labels: { "velero.io/exclude-from-backup": "true" } } : {};
    world.add("v1", "PersistentVolumeClaim", `shop/${claimName}`, bound(`vol-${index}`), optedOut);
    world.add("v1", "PersistentVolume", `vol-${index}`, { spec: {} });
    world.add("scheduling.k8s.io/v1", "PriorityClass", `class-${index}`, { value: index });
    world.add("demo.example/v1", "Widget", `shop/w-${index}`, { spec: {} }, { labels });
    world.add("v1", "ServiceAccount", `shop/sa-${index}`, {}, { labels });
  }
  const reached = { labels: { app: "web" } };
  const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "reached" } }];
  const status = { phase: "Running" };
  world.add("v1", "PersistentVolumeClaim", "shop/reached", bound("vol-0"), reached);
  world.add("v1", "Pod", "shop/by-its-claim", { spec: { volumes, nodeName: "n" }, status });
  return world;
}

const specs: Readonly<Record<string, BackupSpec>> = {
  "of a namespace": { includedNamespaces: ["shop"] },
  "by a label": { labelSelector: { matchLabels: { app: "web" } } },
};
const targets = [
  "persistentvolumeclaims",
  "persistentvolumes",
  "priorityclasses",
  "clusterrolebindings",
  "clusterroles",
  "customresourcedefinitions",
];

describe("a backup that stops between a kind and those it refers to", () => {
  for (const [how, spec] of Object.entries(specs)) {
    for (const target of targets) {
      it(`${how}, at ${target}, takes the same items when it goes on`, async () => {
        const undisturbed = fill();
        const { volumes } = await undisturbed.take(spec, limits);
        const world = fill();
        const noted = world.server.faults;
        // With a label, claims are looked at before the pods as well.
        let passed = "labelSelector" in spec && target === "persistentvolumeclaims" ? 0 : 1;
        world.server.faults = (call) =>
          isListOf(target, call) && passed++ > 0 ? { status: 401 } : noted?.(call);
        await assert.rejects(world.take(spec, limits), (error) =>
          hasCode(error, "ARK_API_UNAUTHORIZED"),
        );
        world.server.faults = noted;
        const report = await world.take(spec, limits);
        assert.ok((report.continued?.objects ?? 0) > pods / 2, "the pods were not taken again");
        const names = await world.names();
        assert.deepEqual(names, await undisturbed.names());
        assert.ok(names.includes("pods shop/by-its-claim"));
        const sorted = (list: readonly object[]) => list.map((one) => JSON.stringify(one)).sort();
        assert.ok(volumes.length > 0);
        assert.deepEqual(sorted(report.volumes), sorted(volumes));
        assert.deepEqual(
          report.findings.filter(({ code }) => code !== "ARK_VOLUME_UNPROTECTED"),
          [],
        );
      });
    }
  }
});
