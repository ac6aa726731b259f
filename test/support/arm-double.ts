/**
 * An Azure Resource Manager with disks and snapshots, and the Entra that gives its tokens. Answers
 * as the documentation says: operations take several looks, whether followed by
 * Azure-AsyncOperation, by Location, or by the resource itself
 * (learn.microsoft.com/azure/azure-resource-manager/management/async-operations); a second PUT
 * under a name answers with what is there (Azure/azure-cli 28879).
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type ArmBody,
  type ArmRefusal,
  type ArmResource,
  refusalOfName,
  refusalOfPut,
} from "./arm-rules.ts";

export interface ArmRequest {
  readonly method: string;
  /** Decoded, without its query. */
  readonly path: string;
  readonly body: ArmBody;
}

export interface ArmAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What comes of a request instead: `lost` is done, and not heard of; `dropped` is not even done. */
export type ArmFault = "lost" | "dropped" | ArmAnswer;

export interface ArmDouble {
  readonly endpoint: string;
  /** What the plugin and Velero's need to ask it. */
  readonly env: Readonly<Record<string, string>>;
  /** By their ids in lower case. */
  readonly resources: Map<string, ArmResource>;
  readonly asked: ArmRequest[];
  count(method: string, path: RegExp): number;
  /** Its id. */
  makeDisk(disk?: Partial<ArmResource> & { readonly group?: string }): string;
  copiesOf(id: string, kind: "disks" | "snapshots"): readonly ArmResource[];
  /** Asked before each request; undefined: it is answered as it should be. */
  fault: (request: ArmRequest) => ArmFault | undefined;
  /** How operations are followed, how often and how soon looked at, and what comes of them. */
  operations: {
    tracking: "operation" | "location" | "none";
    looks: number;
    failure?: ArmRefusal;
    /** Asks for pauses of milliseconds, for who waits by a real clock. */
    isQuick?: boolean;
  };
  stop(): Promise<void>;
}

export const armSubscription = "11111111-2222-3333-4444-555555555555";
export const armGroup = "MC_shop_aks_westeurope";
const groups = new Set([armGroup, "apps", "snapshots"].map((name) => name.toLowerCase()));
const apiVersions = new Set(["2022-03-02", "2022-07-02", "2023-04-02", "2023-10-02", "2024-03-02"]);

interface Operation {
  looksLeft: number;
  readonly failure: ArmRefusal | undefined;
  readonly id: string;
  readonly aim: "there" | "gone";
  /** Its address answers as the call itself would have: 202 first, the resource in the end. */
  readonly isByLocation: boolean;
}

interface World {
  readonly double: ArmDouble;
  readonly operations: Map<string, Operation>;
}

export const armId = (kind: "disks" | "snapshots", name: string, group = armGroup): string =>
  `/subscriptions/${armSubscription}/resourceGroups/${group}/providers/Microsoft.Compute/${kind}/${name}`;

export async function startArmDouble(): Promise<ArmDouble> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const resources = new Map<string, ArmResource>();
  const asked: ArmRequest[] = [];
  const double: ArmDouble = {
    ...{ endpoint, resources, asked, env: envOf(endpoint), fault: () => undefined },
    operations: { tracking: "operation", looks: 2 },
    count: (method, path) =>
      asked.filter((one) => one.method === method && path.test(one.path)).length,
    makeDisk({ group = armGroup, ...given } = {}) {
      const name = given.name ?? `pvc-${resources.size + 1}`;
      const id = armId("disks", name, group);
      const creationData = { createOption: "Empty" };
      const properties = { provisioningState: "Succeeded", diskSizeGB: 4, creationData };
      const common = { location: "westeurope", sku: { name: "Premium_LRS" }, zones: ["2"] };
      const disk = { ...common, tags: { team: "shop" }, ...given, id, name };
      resources.set(id.toLowerCase(), {
        ...disk,
        properties: { ...properties, ...given.properties },
      });
      return id;
    },
    copiesOf: (id, kind) =>
      [...resources.values()].filter(
        (one) =>
          one.id.includes(`/${kind}/`) && one.properties.creationData.sourceResourceId === id,
      ),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  const world: World = { double, operations: new Map() };
  server.on("request", (request, response) => void serve(world, request, response));
  return double;
}

const envOf = (endpoint: string): Record<string, string> => ({
  AZURE_RESOURCE_MANAGER_ENDPOINT: endpoint,
  AZURE_AUTHORITY_HOST: endpoint,
  AZURE_TENANT_ID: "tenant",
  AZURE_CLIENT_ID: "client",
  AZURE_CLIENT_SECRET: "secret",
  AZURE_SUBSCRIPTION_ID: armSubscription,
  AZURE_RESOURCE_GROUP: armGroup,
});

async function serve(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(request.url ?? "/", "http://double");
  const method = request.method ?? "";
  const isToken = url.pathname.endsWith("/oauth2/v2.0/token");
  const isJson = request.headers["content-type"]?.startsWith("application/json") === true;
  const path = decodeURIComponent(url.pathname);
  const asked = { method, path, body: isJson ? JSON.parse(text) : {} };
  if (!isToken) world.double.asked.push(asked);
  const fault = isToken ? undefined : world.double.fault(asked);
  if (fault === "dropped") return void request.socket.destroy();
  const authorization = request.headers.authorization;
  const answer = isToken
    ? answerToken(new URLSearchParams(text))
    : typeof fault === "object"
      ? fault
      : answerCall(world, asked, { authorization, version: url.searchParams.get("api-version") });
  if (fault === "lost") return void request.socket.destroy();
  const headers = { "content-type": "application/json", ...answer.headers };
  response.writeHead(answer.status, headers);
  response.end(answer.body === undefined ? "" : JSON.stringify(answer.body));
}

const token = "token-of-the-double";

function answerToken(form: URLSearchParams): ArmAnswer {
  const isRight =
    form.get("grant_type") === "client_credentials" &&
    form.get("client_id") === "client" &&
    form.get("client_secret") === "secret" &&
    form.get("scope") === "https://management.azure.com/.default";
  if (isRight) {
    return { status: 200, body: { token_type: "Bearer", expires_in: 3599, access_token: token } };
  }
  const error_description = "AADSTS7000215: Invalid client secret provided.";
  return { status: 401, body: { error: "invalid_client", error_description } };
}

export const armRefusal = (status: number, code: string, message = `${code}.`): ArmAnswer => ({
  status,
  body: { error: { code, message } },
});

const refused = ({ status, code, message }: ArmRefusal) => armRefusal(status, code, message);

const resourcePath =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Compute\/(disks|snapshots)\/([^/]+)$/i;
const operationPath = /\/providers\/Microsoft\.Compute\/locations\/[^/]+\/DiskOperations\/([^/]+)$/;

function answerCall(
  world: World,
  request: ArmRequest,
  given: { readonly authorization: string | undefined; readonly version: string | null },
): ArmAnswer {
  if (given.authorization !== `Bearer ${token}`) {
    return armRefusal(401, "AuthenticationFailed", "Authentication failed.");
  }
  if (given.version === null) return armRefusal(400, "MissingApiVersionParameter");
  if (!apiVersions.has(given.version)) return armRefusal(400, "InvalidApiVersionParameter");
  const operation = operationPath.exec(request.path)?.[1];
  if (operation !== undefined) return answerOperation(world, operation);
  const [, subscription, group = "", kind, name = ""] = resourcePath.exec(request.path) ?? [];
  if (subscription === undefined) return armRefusal(404, "InvalidResourceType");
  if (subscription !== armSubscription) return armRefusal(404, "SubscriptionNotFound");
  if (!groups.has(group.toLowerCase())) {
    const message = `Resource group '${group}' could not be found.`;
    return armRefusal(404, "ResourceGroupNotFound", message);
  }
  const wrong = refusalOfName(name);
  if (wrong !== undefined) return refused(wrong);
  if (request.method === "PUT") return put(world, request, kind as "disks" | "snapshots");
  if (request.method === "DELETE") return remove(world, request);
  const found = look(world, request.path);
  if (found !== undefined) return { status: 200, body: found };
  const what = `The Resource 'Microsoft.Compute/${kind}/${name}' under resource group '${group}'`;
  return armRefusal(404, "ResourceNotFound", `${what} was not found.`);
}

/** Each look brings what is under way on. */
function look({ double, operations }: World, path: string): ArmResource | undefined {
  for (const operation of operations.values()) {
    if (operation.id === path.toLowerCase()) step(double, operation);
  }
  return double.resources.get(path.toLowerCase());
}

function step({ resources }: ArmDouble, operation: Operation): boolean {
  operation.looksLeft -= 1;
  if (operation.looksLeft > 0) return false;
  const found = resources.get(operation.id);
  if (operation.looksLeft < 0 || found === undefined) return true;
  if (operation.aim === "gone" && operation.failure === undefined) resources.delete(operation.id);
  else found.properties.provisioningState = operation.failure ? "Failed" : "Succeeded";
  return true;
}

function put(world: World, { path, body }: ArmRequest, kind: "disks" | "snapshots"): ArmAnswer {
  const { resources } = world.double;
  const existing = resources.get(path.toLowerCase());
  const source = resources.get(
    body.properties?.creationData?.sourceResourceId?.toLowerCase() ?? "",
  );
  const wrong = refusalOfPut({ kind, body, source, existing });
  if (wrong !== undefined) return refused(wrong);
  if (existing !== undefined) {
    existing.tags = { ...body.tags };
    return { status: 200, body: existing };
  }
  const made = {
    sku: { name: "Standard_LRS" },
    ...body,
    ...{ id: path, name: path.split("/").at(-1) ?? "", tags: { ...body.tags } },
    properties: { ...body.properties, provisioningState: "Creating" },
  } as ArmResource;
  resources.set(path.toLowerCase(), made);
  return begin(world, path, "there", made);
}

function remove(world: World, { path }: ArmRequest): ArmAnswer {
  const found = world.double.resources.get(path.toLowerCase());
  if (found === undefined) return { status: 204 };
  found.properties.provisioningState = "Deleting";
  return begin(world, path, "gone");
}

function begin(
  { double, operations }: World,
  path: string,
  aim: Operation["aim"],
  made?: ArmResource,
): ArmAnswer {
  const { tracking, looks, failure } = double.operations;
  // Without an address to look at, only the resource itself tells: of a deletion it cannot.
  const follows = tracking === "none" && aim === "gone" ? "location" : tracking;
  const isByLocation = follows === "location";
  const common = { id: path.toLowerCase(), aim, looksLeft: looks, isByLocation };
  const name = `op-${operations.size + 1}`;
  const isFailing = aim === "there" && failure !== undefined;
  operations.set(name, { ...common, failure: isFailing ? failure : undefined });
  const base = `${double.endpoint}/subscriptions/${armSubscription}/providers/Microsoft.Compute/locations/westeurope/DiskOperations/${name}?api-version=2023-10-02`;
  const monitor =
    follows === "operation"
      ? { "azure-asyncoperation": base, location: `${base}&monitor=true` }
      : isByLocation
        ? { location: `${base}&monitor=true` }
        : {};
  const headers = { ...monitor, ...pauseOf(double, "2") };
  return { status: 202, headers, ...(made === undefined ? {} : { body: made }) };
}

const pauseOf = (
  { operations: { isQuick = false } }: ArmDouble,
  seconds: string,
): Readonly<Record<string, string>> =>
  isQuick ? { "retry-after-ms": "10" } : { "retry-after": seconds };

function answerOperation({ double, operations }: World, name: string): ArmAnswer {
  const operation = operations.get(name);
  if (operation === undefined) return armRefusal(404, "NotFound", "The entity was not found.");
  const isOver = step(double, operation);
  const { failure, isByLocation } = operation;
  const headers = pauseOf(double, "3");
  if (!isOver)
    return { status: isByLocation ? 202 : 200, headers, body: { name, status: "InProgress" } };
  if (isByLocation) {
    const made = double.resources.get(operation.id);
    return failure ? refused(failure) : made ? { status: 200, body: made } : { status: 204 };
  }
  if (failure === undefined) return { status: 200, body: { name, status: "Succeeded" } };
  const { code, message } = failure;
  return { status: 200, body: { name, status: "Failed", error: { code, message } } };
}
