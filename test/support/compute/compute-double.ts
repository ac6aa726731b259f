/**
 * The part of the Compute Engine API v1 that snapshots of disks need, with the metadata server that
 * gives the token. It answers as Google's reference says: work goes on in operations and ends by and
 * by, each time that it is asked about.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ComputeState, createComputeState, type Resource } from "./compute-state.ts";
import { notFound, Refusal } from "./refusal.ts";
import { type Body, checkRequestId } from "./rules.ts";
import { createTokenGiver, tellMetadata, token } from "./token-giver.ts";

export const project = "shop-prod";

export interface Asked {
  readonly method: string;
  /** Below the API's root. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Body;
}

/** `lost`: it is done, and the answer never comes. `cut`: it is not even done. */
export type Fault = "lost" | "cut" | Refusal;

export interface ComputeDouble extends ComputeState {
  /** JSON of the key file of a service account, whose tokens come from here. */
  readonly keyFile: string;
  /** So that Google's libraries, and ours, come here. */
  readonly env: Readonly<Record<string, string>>;
  readonly asked: readonly Asked[];
  /** Requests of `METHOD path` that match. */
  count(request: RegExp): number;
  /** What befalls the next requests of `METHOD path` that match, one each. */
  plan(request: RegExp, ...faults: readonly Fault[]): void;
  /** Answers a request of another server, which has read its body. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** A disk of type pd-balanced and 10 GiB. Returns its path. */
  addDisk(name: string, place?: string, more?: Body): string;
  stop(): Promise<void>;
}

export async function startComputeDouble(): Promise<ComputeDouble> {
  const state = createComputeState();
  const tokens = createTokenGiver(project);
  const asked: Asked[] = [];
  const planned: { readonly request: RegExp; readonly faults: Fault[] }[] = [];
  /** Operations by the request id that began them. */
  const begun = new Map<string, Resource>();
  const faultOf = (text: string): Fault | undefined =>
    planned.find(({ request, faults }) => request.test(text) && faults.length > 0)?.faults.shift();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://compute");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname } = url;
    if (pathname.startsWith("/computeMetadata/")) return tellMetadata(pathname, project, response);
    const text = Buffer.concat(chunks).toString();
    if (pathname === "/token") return tokens.give(text, response);
    const { method = "" } = request;
    const path = decodeURIComponent(pathname).replace(/^\/compute\/v1\//, "");
    const body: Body = text === "" ? {} : JSON.parse(text);
    asked.push({ method, path, query: url.searchParams, body });
    const fault = faultOf(`${method} ${path}`);
    if (fault === "cut") return void request.socket.destroy();
    try {
      if (fault instanceof Refusal) throw fault;
      if (request.headers.authorization !== `Bearer ${token}`) {
        throw new Refusal(401, "authError", "Invalid Credentials");
      }
      const shown = await carryOut(state, begun, { method, path, query: url.searchParams, body });
      if (fault === "lost") return void request.socket.destroy();
      send(response, 200, shown);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      const { status, retryAfterSeconds } = thrown;
      if (retryAfterSeconds !== undefined) response.setHeader("retry-after", retryAfterSeconds);
      send(response, status, thrown.body());
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...state,
    keyFile: tokens.keyFile(`http://${host}/token`),
    env: {
      GCE_METADATA_HOST: host,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `http://${host}/compute/v1/`,
    },
    asked,
    answer,
    count: (request) =>
      asked.filter(({ method, path }) => request.test(`${method} ${path}`)).length,
    plan: (request, ...faults) => void planned.push({ request, faults: [...faults] }),
    addDisk(name, place = "zones/us-central1-a", more = {}) {
      const path = `projects/${project}/${place}/disks/${name}`;
      state.disks.set(path, {
        name,
        type: state.link(`projects/${project}/${place}/diskTypes/pd-balanced`),
        sizeGb: "10",
        status: "READY",
        selfLink: state.link(path),
        ...more,
      });
      return path;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function carryOut(
  state: ComputeState,
  begun: Map<string, Resource>,
  { method, path, query, body }: Asked,
): Promise<Resource> {
  if (method === "GET") return read(state, path, query);
  const id = query.get("requestId");
  checkRequestId(id);
  // The same id is the same request: it is not carried out again.
  const before = id === null ? undefined : begun.get(id);
  if (before !== undefined) return before;
  const operation = write(state, method, path, body);
  if (id !== null) begun.set(id, operation);
  return operation;
}

function write(state: ComputeState, method: string, path: string, body: Body): Resource {
  const disks = /^(projects\/[^/]+\/(?:zones|regions)\/[^/]+)\/disks$/.exec(path)?.[1];
  if (method === "POST" && disks !== undefined) return state.insertDisk(disks, body);
  const snapshots = /^projects\/([^/]+)\/global\/snapshots$/.exec(path)?.[1];
  if (method === "POST" && snapshots !== undefined) return state.insertSnapshot(snapshots, body);
  if (method === "DELETE" && /\/global\/snapshots\/[^/]+$/.test(path)) {
    return state.removeSnapshot(path);
  }
  throw notFound(path);
}

function read(state: ComputeState, path: string, query: URLSearchParams): Resource {
  const one = /^projects\/([^/]+)$/.exec(path)?.[1];
  if (one !== undefined) {
    state.demand("compute.projects.get", path);
    return { name: one, quotas: [{ metric: "SNAPSHOTS", ...state.quota }] };
  }
  if (/\/zones\/[^/]+$/.test(path))
    return { name: path.split("/").at(-1), selfLink: state.link(path) };
  if (path.endsWith("/aggregated/disks")) return listDisks(state, path, query);
  const kind = path.split("/").at(-2);
  const scope =
    path
      .split("/")
      .at(-4)
      ?.replace(/^(zone|region)s$/, "$1") ?? "";
  const right =
    kind === "operations"
      ? `compute.${scope === "zone" || scope === "region" ? scope : "global"}Operations.get`
      : `compute.${kind}.get`;
  state.demand(right, path);
  return state.show(path);
}

/** One place on each page, most of them empty, as in a project of many zones. */
function listDisks(state: ComputeState, path: string, query: URLSearchParams): Resource {
  state.demand("compute.disks.list", path);
  const name = /^name = ([a-z0-9-]+)$/.exec(query.get("filter") ?? "")?.[1];
  if (name === undefined) throw new Refusal(400, "invalid", "Invalid list filter expression.");
  const places = new Map<string, Resource[]>([["regions/us-central1", []]]);
  for (const [at, disk] of state.disks) {
    const [, , scope, where] = at.split("/");
    const place = `${scope}/${where}`;
    const found = disk["name"] === name ? [disk] : [];
    places.set(place, [...(places.get(place) ?? []), ...found]);
  }
  const all = [...places].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const at = Number(query.get("pageToken") ?? 0);
  const [place = "", disks = []] = all[at] ?? [];
  const warning = { code: "NO_RESULTS_ON_PAGE", message: `There are no results for '${place}'` };
  return {
    kind: "compute#diskAggregatedList",
    items: { [place]: disks.length === 0 ? { warning } : { disks } },
    ...(at + 1 < all.length ? { nextPageToken: String(at + 1) } : {}),
  };
}
