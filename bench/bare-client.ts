/**
 * The references: clients that do nothing but HTTP. Each runs in a process of its own, told what to
 * do by one JSON argument, and prints one JSON line.
 */
import { hardData } from "../test/testbed/fill/bulk.ts";
import { type BareHttp, openBareHttp } from "./bare-http.ts";

export interface ListTask {
  readonly do: "list";
  readonly kubeconfig: string;
  readonly limit: number;
  /** One collection; default: every collection of the cluster that can be listed. */
  readonly path?: string;
}

export interface WriteTask {
  /** `apply` leaves an owner of fields that a create cannot put back. */
  readonly do: "create" | "apply";
  readonly kubeconfig: string;
  /** Made if it is missing. */
  readonly namespace: string;
  readonly count: number;
  readonly sizeBytes: number;
  readonly inFlight: number;
}

export type BareTask = ListTask | WriteTask;

export interface BareResult {
  /** Without the start of the process and without making what is sent. */
  readonly ms: number;
  readonly bytes: number;
}

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
}

async function listPaths(http: BareHttp): Promise<string[]> {
  const { groups } = (await http.read("/apis")) as {
    readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
  };
  const bases = groups.map((group) => `/apis/${group.preferredVersion.groupVersion}`);
  const paths: string[] = [];
  for (const base of ["/api/v1", ...bases]) {
    const { resources } = (await http.read(base)) as ResourceList;
    for (const { name, verbs } of resources) {
      if (!name.includes("/") && verbs.includes("list")) paths.push(`${base}/${name}`);
    }
  }
  return paths;
}

/** All pages, one after the other; of each only the continue token is looked for. */
async function listAll(http: BareHttp, path: string, limit: number): Promise<number> {
  let bytes = 0;
  let token = "";
  do {
    const query = token === "" ? "" : `&continue=${encodeURIComponent(token)}`;
    const page = await http.drain(`${path}?limit=${limit}${query}`);
    bytes += page.bytes;
    token = /"continue":"([^"]+)"/.exec(page.edges)?.[1] ?? "";
  } while (token !== "");
  return bytes;
}

async function list(http: BareHttp, task: ListTask): Promise<BareResult> {
  const paths = task.path === undefined ? await listPaths(http) : [task.path];
  const start = performance.now();
  let bytes = 0;
  for (const path of paths) bytes += await listAll(http, path, task.limit);
  return { ms: performance.now() - start, bytes };
}

function secret(task: WriteTask, index: number): { readonly name: string; readonly body: Buffer } {
  const name = `secret-${String(index).padStart(7, "0")}`;
  const { namespace } = task;
  const object = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels: { bench: "restore" } },
    type: "Opaque",
    data: { payload: hardData(name, task.sizeBytes - 300) },
  };
  return { name, body: Buffer.from(JSON.stringify(object)) };
}

async function write(http: BareHttp, task: WriteTask): Promise<BareResult> {
  const { namespace, count, inFlight } = task;
  const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  const spacePath = `/api/v1/namespaces/${namespace}?fieldManager=bench`;
  const applyType = "application/apply-patch+yaml";
  await http.write("PATCH", spacePath, Buffer.from(JSON.stringify(space)), applyType);
  const secrets = Array.from({ length: count }, (_, index) => secret(task, index));
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let one = secrets[next++]; one !== undefined; one = secrets[next++]) {
      if (task.do === "create") {
        await http.write("POST", `${path}?fieldManager=bench`, one.body, "application/json");
      } else {
        await http.write("PATCH", `${path}/${one.name}?fieldManager=bench`, one.body, applyType);
      }
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { ms: performance.now() - start, bytes: count * task.sizeBytes };
}

const task = JSON.parse(process.argv[2] ?? "") as BareTask;
const http = openBareHttp(task.kubeconfig);
const result = task.do === "list" ? await list(http, task) : await write(http, task);
await http.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
