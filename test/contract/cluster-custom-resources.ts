import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type Answered,
  applyPatch,
  type Client,
  closeClient,
  eventually,
  mergePatch,
  type OpenCluster,
  openClient,
  uniqueName,
} from "./cluster-under-test.ts";

export const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

function version(name: string, storage: boolean, subresources: Answered): Answered {
  const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return { name, served: true, storage, schema: { openAPIV3Schema }, subresources };
}

export function definition(group: string): Answered {
  const paths = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind: "Widget", plural: "widgets", shortNames: ["wd"], categories: ["all"] },
      versions: [
        version("v1beta1", false, { status: {} }),
        version("v1", true, { status: {}, scale: paths }),
      ],
    },
  };
}

export function describeCustomResources(open: OpenCluster): void {
  describe("custom resources", () => {
    const group = `${uniqueName("contract")}.example`;
    let client: Client;
    let path = "";
    const widget = (name: string, rest: Answered = {}) => ({
      apiVersion: `${group}/v1`,
      kind: "Widget",
      metadata: { name },
      ...rest,
    });

    before(async () => {
      client = await openClient(open);
      path = `/apis/${group}/v1/namespaces/${client.namespace}/widgets`;
      const made = await client.expect(201, "POST", definitions, definition(group));
      assert.deepEqual(made.spec.conversion, { strategy: "None" });
      assert.equal(made.spec.names.listKind, "WidgetList");
      assert.deepEqual(made.status.storedVersions, ["v1"]);
      await eventually(
        () => client.ask("POST", `${path}?dryRun=All`, widget("probe")),
        (told) => told.status === 201,
        "the kind of a new definition",
      );
    });
    after(async () => {
      await client.ask("DELETE", `${definitions}/widgets.${group}`);
      await closeClient(client);
    });

    it("a definition gets established, and its versions appear in discovery", async () => {
      const is = await eventually(
        () => client.expect(200, "GET", `${definitions}/widgets.${group}`),
        (crd) => crd.status.conditions?.some((c: Answered) => c.type === "Established"),
        "the condition Established",
      );
      assert.deepEqual(
        is.status.conditions.map((c: Answered) => `${c.type}=${c.status}`),
        ["NamesAccepted=True", "Established=True"],
      );
      assert.equal(is.status.acceptedNames.kind, "Widget");
      const found = await client.expect(200, "GET", `/apis/${group}`);
      assert.deepEqual(
        found.versions.map((v: Answered) => v.version),
        ["v1", "v1beta1"],
      );
      const list = await client.expect(200, "GET", `/apis/${group}/v1`);
      assert.deepEqual(
        list.resources.map((r: Answered) => r.name),
        ["widgets", "widgets/status", "widgets/scale"],
      );
    });

    it("objects are written with sorted keys and whole numbers beyond 2^53 keep their digits", async () => {
      const body = `{"kind":"Widget","apiVersion":"${group}/v1","metadata":{"name":"sorted","labels":{"z":"1","a":"2"}},"spec":{"z":{"b":1,"a":[]},"big":9007199254740993,"a":"<é>"},"Zed":true}`;
      await client.expect(201, "POST", path, body);
      const { text } = await client.ask("GET", `${path}/sorted`);
      assert.ok(text.startsWith(`{"Zed":true,"apiVersion":"${group}/v1","kind":"Widget",`), text);
      assert.ok(text.includes('"labels":{"a":"2","z":"1"}'), text);
      const spec = '"spec":{"a":"\\u003cé\\u003e","big":9007199254740993,"z":{"a":[],"b":1}}}\n';
      assert.ok(text.endsWith(spec), text);
    });

    it("list items carry kind and apiVersion and are the GET, byte by byte", async () => {
      await client.expect(201, "POST", path, widget("item", { spec: { b: 1, a: 2 } }));
      const list = await client.ask("GET", `${path}?fieldSelector=metadata.name%3Ditem`);
      assert.ok(list.text.startsWith(`{"apiVersion":"${group}/v1","items":[`), list.text);
      assert.equal(list.json.kind, "WidgetList");
      const start = list.text.indexOf('"items":[') + '"items":['.length;
      const item = list.text.slice(start, list.text.indexOf('],"kind":"WidgetList"'));
      assert.equal(`${item}\n`, (await client.ask("GET", `${path}/item`)).text);
      const page = await client.expect(200, "GET", `${path}?limit=1`);
      assert.notEqual(page.metadata.continue, "");
      assert.equal(list.json.metadata.continue, "");
    });

    it("every served version shows the object under its own apiVersion", async () => {
      await client.expect(201, "POST", path, widget("both", { spec: { x: 1 } }));
      const other = path.replace("/v1/", "/v1beta1/");
      const is = await client.expect(200, "GET", `${other}/both`);
      assert.equal(is.apiVersion, `${group}/v1beta1`);
      const list = await client.expect(200, "GET", other);
      for (const item of list.items) assert.equal(item.apiVersion, `${group}/v1beta1`);
      assert.equal((await client.expect(200, "GET", `${path}/both`)).apiVersion, `${group}/v1`);
    });

    it("status is written by its subresource only, spec by the object only", async () => {
      await client.expect(201, "POST", path, widget("state", { spec: { a: 1 }, status: { x: 1 } }));
      const url = `${path}/state`;
      const was = await client.expect(200, "GET", url);
      assert.equal(was.status, undefined);
      assert.equal(was.metadata.generation, 1);
      const both = { spec: { a: 2 }, status: { x: 2 } };
      const first = await client.expect(200, "PATCH", `${url}/status`, both, mergePatch);
      assert.deepEqual([first.spec, first.status], [{ a: 1 }, { x: 2 }]);
      assert.equal(first.metadata.generation, 1);
      const change = { spec: { a: 2 }, status: { x: 3 } };
      const second = await client.expect(200, "PATCH", url, change, mergePatch);
      assert.deepEqual([second.spec, second.status], [{ a: 2 }, { x: 2 }]);
      assert.equal(second.metadata.generation, 2);
      const subresources = second.metadata.managedFields.map((e: Answered) => e.subresource ?? "");
      assert.deepEqual(subresources.sort(), ["", "status"]);
    });

    it("scale shows and sets the replicas", async () => {
      const state = { spec: { replicas: 3 } };
      await client.expect(201, "POST", path, widget("scaled", state));
      const url = `${path}/scaled`;
      const is = await client.expect(200, "GET", `${url}/scale`);
      assert.equal(is.kind, "Scale");
      assert.deepEqual([is.spec, is.status], [{ replicas: 3 }, { replicas: 0 }]);
      const seven = { spec: { replicas: 7 } };
      await client.expect(200, "PATCH", `${url}/scale`, seven, mergePatch);
      assert.deepEqual((await client.expect(200, "GET", url)).spec, { replicas: 7 });
    });

    it("kind, apiVersion and, for a replace, resourceVersion must be given", async () => {
      const { kind: _kind, ...kindless } = widget("x");
      assert.equal((await client.expect(400, "POST", path, kindless)).reason, "BadRequest");
      const wrong = { ...widget("x"), apiVersion: `${group}/v2` };
      assert.equal((await client.expect(400, "POST", path, wrong)).reason, "BadRequest");
      await client.expect(201, "POST", path, widget("strict"));
      const refused = await client.expect(422, "PUT", `${path}/strict`, widget("strict"));
      assert.equal(refused.details.causes[0].field, "metadata.resourceVersion");
      const strategic = { "content-type": "application/strategic-merge-patch+json" };
      await client.expect(415, "PATCH", `${path}/strict`, {}, strategic);
    });

    it("apply creates custom resources too", async () => {
      const url = `${path}/applied?fieldManager=one`;
      const is = await client.expect(201, "PATCH", url, widget("applied"), applyPatch);
      assert.equal(is.metadata.name, "applied");
    });

    it("a definition being deleted takes its objects along, and waits for finalizers", async () => {
      const gone = `${uniqueName("contract")}.example`;
      const home = `/apis/${gone}/v1/namespaces/${client.namespace}/widgets`;
      const held = { ...widget("held"), apiVersion: `${gone}/v1` };
      await client.expect(201, "POST", definitions, definition(gone));
      await eventually(
        () => client.ask("POST", `${home}?dryRun=All`, held),
        (told) => told.status === 201,
        "the kind of a new definition",
      );
      const metadata = { name: "held", finalizers: ["example.com/a"] };
      await client.expect(201, "POST", home, { ...held, metadata });
      const url = `${definitions}/widgets.${gone}`;
      const marked = await client.expect(200, "DELETE", url);
      assert.deepEqual(marked.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
      await eventually(
        () => client.expect(200, "GET", `${home}/held`),
        (object) => object.metadata.deletionTimestamp !== undefined,
        "the deletion of the objects of a definition",
      );
      const late = { ...held, metadata: { name: "late" } };
      await eventually(
        () => client.ask("POST", `${home}?dryRun=All`, late),
        (told) => told.status === 403,
        "the end of creates",
      );
      const release = { metadata: { finalizers: null } };
      await client.expect(200, "PATCH", `${home}/held`, release, mergePatch);
      for (const path of [url, `/apis/${gone}/v1`]) {
        await eventually(
          () => client.ask("GET", path),
          (told) => told.status === 404,
          `the end of ${path}`,
        );
      }
    });
  });
}
