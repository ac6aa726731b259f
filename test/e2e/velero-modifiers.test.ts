/** The same resource modifiers given to Velero and to ark-ts: the same objects come of them. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { valueAt, withoutAll } from "../../src/lib/json-edit.ts";
import type { JsonObject } from "../../src/lib/json-text.ts";
import { type Exchange, openExchange } from "../support/exchange/exchange.ts";
import { isAtRest } from "../support/oracle/at-rest.ts";
import { readClusterState } from "../support/oracle/cluster-state.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { waitFor } from "../testbed/wait.ts";

const source = "modified";
const kinds = [
  "api/v1/configmaps",
  "api/v1/services",
  "api/v1/secrets",
  "apis/apps/v1/deployments",
  "apis/apps/v1/statefulsets",
];
const template = {
  metadata: { labels: { app: "web" } },
  spec: {
    containers: [
      { name: "a", image: "example.test/a:1", env: [{ name: "E1", value: "1" }] },
      { name: "b", image: "example.test/b:1" },
    ],
  },
};
const workload = { replicas: 0, selector: { matchLabels: { app: "web" } }, template };

/** What differs between any two restores. */
const changing: readonly (readonly string[])[] = [
  ["metadata", "uid"],
  ["metadata", "resourceVersion"],
  ["metadata", "creationTimestamp"],
  ["metadata", "generation"],
  ["metadata", "managedFields"],
  ["metadata", "namespace"],
  ["metadata", "labels", "velero.io/backup-name"],
  ["metadata", "labels", "velero.io/restore-name"],
  ["spec", "clusterIP"],
  ["spec", "clusterIPs"],
  ["status"],
];

/** `errors`: how many objects cannot be modified as asked. */
const files: readonly {
  readonly title: string;
  readonly rules: string;
  readonly errors: number;
  /** Where Velero counts otherwise. */
  readonly velero?: number;
}[] = [
  {
    title: "JSON patches with values of every sort",
    errors: 0,
    rules: `
- conditions: {groupResource: deployments.apps, resourceNameRegex: "^we", namespaces: ["mod*"]}
  patches:
  - {operation: replace, path: /spec/replicas, value: "0"}
  - {operation: add, path: /spec/paused, value: y}
  - {operation: add, path: /metadata/annotations, value: '{"example.test/x":"1"}'}
  - {operation: replace, path: /metadata/annotations/example.test~1x, value: "2x"}
  - {operation: add, path: /metadata/annotations/number, value: '"5"'}
  - {operation: copy, from: /spec/template/spec/containers/0/image, path: /metadata/annotations/copied}
  - {operation: move, from: /spec/template/spec/containers/1, path: /spec/template/spec/containers/0}`,
  },
  {
    title: "tests that hold and that fail, and conditions of values",
    errors: 0,
    rules: `
- conditions: {groupResource: configmaps, matches: [{path: /data/mode, value: blue}]}
  patches: [{operation: replace, path: /data/mode, value: green}]
- conditions: {groupResource: configmaps, matches: [{path: /data/absent/x, value: blue}]}
  patches: [{operation: add, path: /data/never, value: x}]
- conditions: {groupResource: configmaps, resourceNameRegex: other}
  patches:
  - {operation: add, path: /data/never, value: x}
  - {operation: test, path: /data/mode, value: blue}
- conditions: {groupResource: configmaps, matches: [{path: /data/mode, value: blue}]}
  patches: [{operation: add, path: /data/second, value: "true story"}]`,
  },
  {
    title: "patches that fail for one kind",
    errors: 2,
    rules: `
- conditions: {groupResource: "{deployments,statefulsets}.apps"}
  patches:
  - {operation: add, path: /metadata/labels/first, value: x}
  - {operation: remove, path: /spec/nothing}
- conditions: {groupResource: "*.apps", labelSelector: {matchExpressions: [{key: tier, operator: Exists}]}}
  mergePatches: [{patchData: 'metadata: {labels: {tier: back}}'}]`,
  },
  {
    title: "merge patches in YAML 1.1 and JSON",
    errors: 0,
    rules: `
- conditions: {groupResource: configmaps}
  mergePatches:
  - patchData: |
      data: {mode: null, "new": "off"}
      metadata: {labels: {added: "yes"}}
  - patchData: '{"data": {"size": "010"}}'
- conditions: {groupResource: "*.apps"}
  mergePatches: [{patchData: 'spec: {minReadySeconds: 010, revisionHistoryLimit: 0x3}'}]`,
  },
  {
    title: "strategic patches with directives",
    errors: 0,
    rules: `
- conditions: {groupResource: deployments.apps}
  strategicPatches:
  - patchData: |
      spec:
        strategy: {$retainKeys: [type], type: Recreate}
        template:
          spec:
            containers:
            - {name: a, env: [{name: E2, value: "2"}]}
            - {name: b, $patch: delete}
            - {name: new, image: "example.test/n:1"}
- conditions: {groupResource: services}
  strategicPatches: [{patchData: 'spec: {ports: [{port: 81, name: other}]}'}]`,
  },
  {
    // Velero sends the field, which the API server drops in silence.
    title: "strategic patches with a field that the kind has not",
    errors: 1,
    velero: 0,
    rules: `
- conditions: {groupResource: deployments.apps}
  strategicPatches: [{patchData: 'spec: {replica: 3}'}]
- conditions: {groupResource: "secrets"}
  strategicPatches: [{patchData: 'data: {k: bmV3}'}]`,
  },
];

describe("resource modifiers beside Velero 1.18.3", { skip: await whyNoTestbed() }, () => {
  let exchange: Exchange;
  const make = async (path: string, object: object): Promise<void> => {
    await exchange.client.demand("POST", `/${path}`, JSON.stringify(object));
  };
  const read = async (namespace: string): Promise<readonly JsonObject[]> => {
    const found: JsonObject[] = [];
    for (const path of kinds) {
      const at = path.lastIndexOf("/");
      const list = `/${path.slice(0, at)}/namespaces/${namespace}${path.slice(at)}`;
      const { items } = JSON.parse((await exchange.client.demand("GET", list)).toString()) as {
        readonly items: readonly JsonObject[];
      };
      // Who is the first to make it, the restore or its controller, is chance.
      const compared = items.filter(
        (item) => valueAt(item, ["metadata", "name"]) !== "kube-root-ca.crt",
      );
      found.push(...compared.map((item) => tidy(withoutAll(item, changing))));
    }
    return found;
  };

  const stateOf = (of: string) =>
    readClusterState(exchange.client, { includes: ({ namespace }) => namespace === of });

  before(async () => {
    exchange = await openExchange("mods");
    const put = (path: string, name: string, rest: object): Promise<void> =>
      make(path, { metadata: { name, labels: { tier: "front" } }, ...rest });
    await make("api/v1/namespaces", { metadata: { name: source } });
    const core = `api/v1/namespaces/${source}`;
    const apps = `apis/apps/v1/namespaces/${source}`;
    await put(`${core}/configmaps`, "settings", { data: { mode: "blue", size: "3" } });
    await put(`${core}/configmaps`, "other", { data: { mode: "red" } });
    await put(`${core}/secrets`, "key", { type: "Opaque", data: { k: "dmFsdWU=" } });
    const ports = [
      { name: "http", port: 80 },
      { name: "admin", port: 81 },
    ];
    await put(`${core}/services`, "web", { spec: { ports } });
    await put(`${apps}/deployments`, "web", { spec: workload });
    await put(`${apps}/statefulsets`, "db", { spec: { ...workload, serviceName: "web" } });
    await waitFor("controllers to have seen all", async () => isAtRest(await stateOf(source)), {
      timeoutMs: 240_000,
    });
    await exchange.velero.ok("backup", "create", "b", "--include-namespaces", source, "--wait");
  });
  after(() => exchange?.close());

  for (const [at, { title, rules, errors, ...velerosOwn }] of files.entries()) {
    it(`come to the same: ${title}`, async () => {
      const { ark, velero } = exchange;
      const name = `m${at}`;
      await make(`api/v1/namespaces/${velero.namespace}/configmaps`, {
        metadata: { name },
        data: { "rules.yaml": `version: v1\nresourceModifierRules:${rules}\n` },
      });
      const common = ["--from-backup", "b", "--namespace-mappings"];
      const flag = "--resource-modifier-configmap";
      await velero.run(
        "restore",
        "create",
        `v-${name}`,
        ...common,
        `${source}:v-${name}`,
        flag,
        name,
        "--wait",
      );
      await ark.run(
        "restore",
        "create",
        `a-${name}`,
        ...common,
        `${source}:a-${name}`,
        flag,
        `${velero.namespace}/${name}`,
      );
      assert.deepEqual(await read(`a-${name}`), await read(`v-${name}`));
      const { status } = JSON.parse(await velero.ok("restore", "get", `v-${name}`, "-o", "json"));
      const ours = JSON.parse(await ark.ok("restore", "get", `a-${name}`, "-o", "json"));
      const told = { velero: status.errors ?? 0, ark: ours.status.errors ?? 0 };
      const logs = await velero.ok("restore", "describe", `v-${name}`);
      assert.deepEqual(told, { velero: errors, ark: errors, ...velerosOwn }, logs);
    });
  }
});

/** What was emptied by taking the marks away says nothing. */
function tidy(object: JsonObject): JsonObject {
  const metadata = object["metadata"] as JsonObject;
  const labels = metadata["labels"] as JsonObject | undefined;
  const isEmpty = labels !== undefined && Object.keys(labels).length === 0;
  return isEmpty ? withoutAll(object, [["metadata", "labels"]]) : object;
}
