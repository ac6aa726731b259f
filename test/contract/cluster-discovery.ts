import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type Answered,
  type Client,
  closeClient,
  eventually,
  type OpenCluster,
  openClient,
  uniqueName,
} from "./cluster-under-test.ts";

const aggregated = {
  accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
};

/** Every group, version and resource of an aggregated document, one line each. */
export function flatten(document: Answered): string[] {
  return document.items.flatMap((group: Answered) =>
    group.versions.flatMap((version: Answered) =>
      (version.resources ?? []).flatMap((resource: Answered) => {
        const where = `${group.metadata.name ?? ""}/${version.version}`;
        const lines = [describeResource(where, resource.resource, resource, resource.scope)];
        for (const sub of resource.subresources ?? []) {
          const name = `${resource.resource}/${sub.subresource}`;
          lines.push(describeResource(where, name, sub, resource.scope));
        }
        return lines;
      }),
    ),
  );
}

function describeResource(where: string, name: string, said: Answered, scope: string): string {
  const verbs = [...said.verbs].sort().join(",");
  const names = [...(said.shortNames ?? [])].sort().join(",");
  const categories = [...(said.categories ?? [])].sort().join(",");
  return [where, name, said.responseKind.kind, scope, verbs, names, categories].join(" ");
}

function flattenPlain(where: string, list: Answered): string[] {
  return list.resources.map((resource: Answered) =>
    describeResource(
      where,
      resource.name,
      { ...resource, responseKind: resource },
      resource.namespaced ? "Namespaced" : "Cluster",
    ),
  );
}

/** The whole aggregated discovery, core group first. */
export async function discoverAll(client: Client): Promise<string[]> {
  const core = await client.ask("GET", "/api", undefined, aggregated);
  const groups = await client.ask("GET", "/apis", undefined, aggregated);
  return [...flatten(core.json), ...flatten(groups.json)];
}

export function describeDiscovery(open: OpenCluster): void {
  describe("discovery", () => {
    let client: Client;
    before(async () => {
      client = await openClient(open);
    });
    after(() => closeClient(client));

    it("answers the aggregated document under its own content type", async () => {
      for (const path of ["/api", "/apis"]) {
        const told = await client.ask("GET", path, undefined, aggregated);
        assert.equal(told.status, 200);
        assert.equal(
          told.headers["content-type"],
          "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        );
        assert.equal(told.json.kind, "APIGroupDiscoveryList");
        assert.equal(told.json.apiVersion, "apidiscovery.k8s.io/v2");
      }
    });

    it("names kinds with scope, verbs, short names, categories and subresources", async () => {
      const lines = await discoverAll(client);
      const all = "create,delete,deletecollection,get,list,patch,update,watch";
      const some = "get,patch,update";
      for (const line of [
        `/v1 configmaps ConfigMap Namespaced ${all} cm `,
        `/v1 pods Pod Namespaced ${all} po all`,
        `apps/v1 deployments Deployment Namespaced ${all} deploy all`,
        `apps/v1 deployments/status Deployment Namespaced ${some}  `,
        `apps/v1 deployments/scale Scale Namespaced ${some}  `,
        `rbac.authorization.k8s.io/v1 clusterroles ClusterRole Cluster ${all}  `,
      ]) {
        assert.ok(lines.includes(line), line);
      }
    });

    it("leaves group and version of a built-in response kind empty", async () => {
      const told = await client.ask("GET", "/apis", undefined, aggregated);
      const apps = told.json.items.find((item: Answered) => item.metadata.name === "apps");
      const found = apps.versions[0].resources.find((r: Answered) => r.resource === "deployments");
      assert.deepEqual(found.responseKind, { group: "", version: "", kind: "Deployment" });
      assert.equal(apps.versions[0].freshness, "Current");
    });

    it("says the same without aggregation", async () => {
      const lines = flattenPlain("/v1", await client.expect(200, "GET", "/api/v1"));
      const groups = await client.expect(200, "GET", "/apis");
      assert.equal(groups.kind, "APIGroupList");
      for (const group of groups.groups) {
        for (const { groupVersion } of group.versions) {
          if (groupVersion.includes("contract-")) continue;
          const list = await client.expect(200, "GET", `/apis/${groupVersion}`);
          assert.equal(list.groupVersion, groupVersion);
          lines.push(...flattenPlain(groupVersion, list));
        }
      }
      const plain = lines.filter((line) => !line.includes("contract-")).sort();
      const wanted = (await discoverAll(client)).filter((line) => !line.includes("contract-"));
      assert.deepEqual(plain, wanted.sort());
    });

    it("lists the preferred version of a group first", async () => {
      const groups = await client.expect(200, "GET", "/apis");
      const scaling = groups.groups.find((group: Answered) => group.name === "autoscaling");
      assert.equal(scaling.preferredVersion.groupVersion, "autoscaling/v2");
      const versions = scaling.versions.map((version: Answered) => version.version);
      assert.deepEqual(versions, ["v2", "v1"]);
      const one = await client.expect(200, "GET", "/apis/autoscaling");
      assert.deepEqual(one.versions, scaling.versions);
    });

    it("tells core versions, server version and readiness", async () => {
      assert.deepEqual((await client.expect(200, "GET", "/api")).versions, ["v1"]);
      const version = await client.expect(200, "GET", "/version");
      assert.equal(version.major, "1");
      assert.match(version.gitVersion, /^v1\.\d+\.\d+/);
      assert.equal((await client.ask("GET", "/readyz")).text, "ok");
    });

    it("answers 404 for what is not served", async () => {
      const unknown = await client.expect(404, "GET", `${client.home}/nonsense`);
      assert.equal(unknown.reason, "NotFound");
      assert.equal((await client.ask("GET", "/apis/no.such.group/v1")).status, 404);
      assert.equal((await client.ask("GET", "/nonsense")).status, 404);
    });

    it("calls a group whose service is down stale, and answers 503 for it", async () => {
      const group = `${uniqueName("contract")}.example`;
      const service = { name: "nobody", namespace: client.namespace };
      const spec = { group, version: "v1", service, groupPriorityMinimum: 10, versionPriority: 10 };
      const path = "/apis/apiregistration.k8s.io/v1/apiservices";
      const metadata = { name: `v1.${group}` };
      await client.expect(201, "POST", path, { metadata, spec });
      try {
        const versions = await eventually(
          async () => {
            const told = await client.ask("GET", "/apis", undefined, aggregated);
            return told.json.items.find((item: Answered) => item.metadata.name === group)?.versions;
          },
          (found) => found !== undefined,
          "the group in discovery",
        );
        assert.deepEqual(versions, [{ version: "v1", freshness: "Stale" }]);
        assert.equal((await client.ask("GET", `/apis/${group}/v1`)).status, 503);
        assert.equal((await client.ask("GET", `/apis/${group}/v1/things?limit=1`)).status, 503);
      } finally {
        await client.ask("DELETE", `${path}/v1.${group}`);
      }
    });
  });
}
