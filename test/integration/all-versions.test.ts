import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { groupResource } from "../../src/api/resource-kind.ts";
import { openBackup } from "../../src/catalog/open-backup.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { allGenres, type Bands, bandNames, bandsResource, createBands } from "../support/bands.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { field, openRestoreCluster, type RestoreCluster } from "./restore-cluster.ts";

const namespace = "versions";
const spec = { includedNamespaces: [namespace] };

describe("all versions of kinds on a real API server", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let world: RestoreCluster;
  let bands: Bands;
  const { signal } = new AbortController();
  /** Discovery learns of a definition a little later than the paths that it serves. */
  const serve = async (versions: readonly string[]): Promise<void> => {
    await bands.serve(versions);
    await world.until(`discovery has ${versions}, and no other`, async () => {
      const { kinds } = await world.cluster.discover({ signal });
      const known = kinds.filter((kind) => groupResource(kind) === bandsResource);
      return `${known.map(({ version }) => version).sort()}` === `${[...versions].sort()}`;
    });
  };

  before(async () => {
    plane = await startControlPlane();
    world = await openRestoreCluster(plane.kubeconfig);
    bands = await createBands(world.client, namespace);
    await serve(["v1", "v1beta1", "v2alpha1"]);
    await bands.fill("v1");
    const autoscaler = {
      metadata: { name: "web" },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      },
    };
    const autoscalers = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
    await world.apply(autoscalers, autoscaler);
    await world.until("its controller has said that there is nothing to scale", async () => {
      return field(await world.get(`${autoscalers}/web`), "status", "conditions") !== undefined;
    });
    await world.backUp("b", spec, { allApiVersions: true });
  });
  after(async () => {
    await world?.close();
    await plane?.stop();
  });

  it("holds the bytes of a raw GET in each version, at one revision", async () => {
    const backup = await openBackup(world.store, "b", { signal });
    const found: string[] = [];
    const wanted = ({ folder }: { readonly folder?: string }): boolean => folder !== undefined;
    for await (const { line, bytes } of backup.everyVersion().entries(wanted, signal)) {
      const [plural = ""] = line.resource.split(".");
      const path = `/apis/${line.version}/namespaces/${namespace}/${plural}/${line.name}`;
      assert.equal(bytes.toString(), (await world.client.demand("GET", path)).toString().trimEnd());
      found.push(`${line.version} ${line.name}`);
    }
    assert.deepEqual(found.sort(), [
      "autoscaling/v1 web",
      ...["v1beta1", "v2alpha1"].flatMap((one) =>
        bandNames.map((n) => `music.example/${one} ${n}`),
      ),
    ]);
    const { kinds = [], versions = [] } = backup.manifest ?? {};
    assert.deepEqual(
      [...kinds, ...versions].filter(({ cut }) => cut !== 0),
      [],
    );
    const report = await verifyBackup(world.store, "b", { level: "objects", signal });
    assert.deepEqual(report.damages, []);
  });

  it("restores into a cluster that serves another version, by the rules", async () => {
    await serve(["v2", "v2alpha1", "v1beta1"]);
    const report = await world.restore("r-common", { backupName: "b", ...spec });
    assert.deepEqual(await bands.genres("v2"), allGenres);
    const chosen = report.versions?.find(({ resource }) => resource === bandsResource);
    assert.deepEqual(chosen, {
      resource: bandsResource,
      version: "v1beta1",
      preferred: "v1",
      rule: "common",
    });
    assert.equal(report.failed, 0, JSON.stringify(report.findings));
  });

  it("restores what the ConfigMap wants first", async () => {
    await serve(["v2", "v2alpha1", "v1beta1"]);
    await world.apply("/api/v1/namespaces", { metadata: { name: "ark-ts" } });
    await world.apply("/api/v1/namespaces/ark-ts/configmaps", {
      metadata: { name: "enableapigroupversions" },
      data: { restoreResourcesVersionPriority: `${bandsResource} = v3,v2alpha1\n` },
    });
    const report = await world.restore("r-wanted", { backupName: "b", ...spec });
    const chosen = report.versions?.find(({ resource }) => resource === bandsResource);
    assert.deepEqual([chosen?.version, chosen?.rule], ["v2alpha1", "priorities"]);
    assert.deepEqual(await bands.genres("v2alpha1"), allGenres);
    assert.equal(report.failed, 0, JSON.stringify(report.findings));
  });

  it("says what each side has where there is no version in common", async () => {
    await serve(["v3", "v4"]);
    const report = await world.restore("r-none", { backupName: "b", ...spec });
    const finding = report.findings.find(({ code }) => code === "ARK_VERSION_NOT_COMMON");
    assert.match(finding?.message ?? "", /v1, v1beta1, v2alpha1.*v4, music\.example\/v3/);
    assert.equal(report.failed, bandNames.length);
  });
});
