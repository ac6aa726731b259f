/** A real aggregated API server over TLS with one namespaced kind. No code of the product is in it. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createAuthority, issueCertificate } from "../testbed/certificates.ts";

type Json = Record<string, unknown>;

export interface AggregatedServer {
  readonly port: number;
  /** While false, its discovery answers 503, so that its APIService is not Available. */
  isUp: boolean;
  /** By `namespace/name`. */
  readonly objects: ReadonlyMap<string, Json>;
  close(): Promise<void>;
}

export interface AggregatedKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
}

/** Listens on a free port of this machine, as `localhost`. */
export async function startAggregatedServer(kind: AggregatedKind): Promise<AggregatedServer> {
  const { cert, key } = issueCertificate(createAuthority("aggregated test authority"), {
    commonName: "localhost",
    usage: "server",
    ipAddresses: ["127.0.0.1"],
  });
  const objects = new Map<string, Json>();
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const path = new URL(request.url ?? "", "https://localhost").pathname;
      const body = Buffer.concat(chunks).toString();
      const [status, answer] = aggregated.isUp
        ? reply(kind, objects, request.method ?? "GET", path, body)
        : [503, failure(503, "ServiceUnavailable")];
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "localhost", resolve);
  });
  const aggregated: AggregatedServer = {
    port: (server.address() as AddressInfo).port,
    isUp: false,
    objects,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return aggregated;
}

function failure(code: number, reason: string): Json {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: reason };
}

function reply(
  { group, version, plural, kind }: AggregatedKind,
  objects: Map<string, Json>,
  method: string,
  path: string,
  body: string,
): readonly [number, Json] {
  const root = `/apis/${group}/${version}`;
  if (path === root) return [200, resources({ group, version, plural, kind })];
  const place = new RegExp(`^${root}/namespaces/([^/]+)/${plural}(?:/([^/]+))?$`).exec(path);
  const isAll = path === `${root}/${plural}`;
  if (place === null && !isAll) return [404, failure(404, "NotFound")];
  const [, namespace = "", name] = place ?? [];
  if (method === "POST") return [201, create(objects, namespace, JSON.parse(body))];
  if (name === undefined) {
    const items = [...objects].flatMap(([at, one]) =>
      namespace === "" || at.startsWith(`${namespace}/`) ? [one] : [],
    );
    const metadata = { resourceVersion: String(objects.size + 1) };
    return [200, { apiVersion: `${group}/${version}`, kind: `${kind}List`, metadata, items }];
  }
  const found = objects.get(`${namespace}/${name}`);
  if (found === undefined) return [404, failure(404, "NotFound")];
  return [200, found];
}

function create(objects: Map<string, Json>, namespace: string, object: Json): Json {
  const metadata = object["metadata"] as Json;
  const made = {
    ...object,
    metadata: {
      ...metadata,
      namespace,
      uid: crypto.randomUUID(),
      resourceVersion: String(objects.size + 1),
      creationTimestamp: "2026-01-02T03:04:05Z",
    },
  };
  objects.set(`${namespace}/${String(metadata["name"])}`, made);
  return made;
}

function resources({ group, version, plural, kind }: AggregatedKind): Json {
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: `${group}/${version}`,
    resources: [
      {
        ...{ name: plural, singularName: kind.toLowerCase(), namespaced: true, kind },
        verbs: ["create", "delete", "get", "list", "patch"],
      },
    ],
  };
}
