/** The cluster adapter, connected to a real API server, and short ways to use it in tests. */
import assert from "node:assert/strict";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { openServerAccess } from "../../src/adapters/kube/credentials/open-server-access.ts";
import type { ServerAccess } from "../../src/adapters/kube/credentials/server-access.ts";
import type { RawObject } from "../../src/api/raw-object.ts";
import { groupResource, type ResourceKind } from "../../src/api/resource-kind.ts";
import {
  ApiError,
  type Cluster,
  type ListPageEnd,
  type ListRequest,
} from "../../src/ports/cluster.ts";

export const clock = createSystemClock();
export const signal = AbortSignal.timeout(580_000);

export interface Connected {
  readonly cluster: Cluster;
  readonly access: ServerAccess;
  kind(name: string): Promise<ResourceKind>;
}

export async function connect(
  kubeconfig: string,
  options: { gzip?: boolean } = {},
): Promise<Connected> {
  const access = await openServerAccess({ kubeconfig, env: {}, homeDirectory: "/", clock });
  const cluster = connectCluster(access, clock, options);
  return {
    cluster,
    access,
    async kind(name) {
      const { kinds } = await cluster.discover({ signal });
      const found = kinds.find((each) => groupResource(each) === name && each.preferred);
      assert.ok(found, `${name} is not served`);
      return found;
    },
  };
}

/** The bytes of a GET, past the adapter. */
export async function rawGet(access: ServerAccess, path: string): Promise<Buffer> {
  const dispatcher = await access.dispatcher();
  const { statusCode, body } = await dispatcher.request({
    origin: access.serverUrl,
    path,
    method: "GET",
    headers: { ...(await access.headers()), accept: "application/json" },
  });
  const bytes = Buffer.from(await body.arrayBuffer());
  assert.equal(statusCode, 200, bytes.toString());
  return bytes;
}

export async function listAll(
  cluster: Cluster,
  request: ListRequest,
): Promise<{ items: RawObject[]; ends: ListPageEnd[] }> {
  const items: RawObject[] = [];
  const ends: ListPageEnd[] = [];
  let next: ListRequest | undefined = request;
  while (next !== undefined) {
    const page = await cluster.list(next, { signal });
    for await (const batch of page.items) items.push(...batch);
    const end = page.end();
    ends.push(end);
    const { exactResourceVersion: _exact, ...rest } = request;
    next =
      end.continueToken === undefined ? undefined : { ...rest, continueToken: end.continueToken };
  }
  return { items, ends };
}

export async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ApiError, String(error));
  return error;
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export function parsed(object: RawObject | undefined): Record<string, unknown> {
  assert.ok(object);
  return JSON.parse(object.bytes.toString()) as Record<string, unknown>;
}

export async function createNamespace(at: Connected, name: string): Promise<void> {
  const kind = await at.kind("namespaces");
  const body = json({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await at.cluster.create({ kind, namespace: "", name }, body, { signal });
}

export async function createConfigMap(
  at: Connected,
  namespace: string,
  name: string,
  data: Record<string, string>,
): Promise<RawObject> {
  const kind = await at.kind("configmaps");
  const body = json({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data });
  return at.cluster.create({ kind, namespace, name }, body, { signal });
}

export function widgetDefinition(group: string): Buffer {
  const schema = {
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
    properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  };
  return json({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
}
