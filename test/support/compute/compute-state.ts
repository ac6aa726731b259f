/** The disks, snapshots and operations of a Compute Engine in memory. */
import { alreadyExists, missingRight, notFound, notReady } from "./refusal.ts";
import { type Body, checkDisk, checkSnapshot } from "./rules.ts";

/** As the API shows one; operations and disks alike. */
export type Resource = Record<string, unknown>;

export interface Script {
  /** What its status is each time it is asked for; the last one stays. */
  readonly states?: readonly string[];
  /** Its operation ends with this, and nothing is made. */
  readonly error?: { readonly code: string; readonly message: string; readonly status: number };
}

interface Job {
  readonly operation: Resource;
  /** Ends the operation when nothing is left of it. */
  advance(): void;
}

export interface ComputeState {
  /** By their paths: `projects/p/zones/z/disks/d`. */
  readonly disks: Map<string, Resource>;
  readonly snapshots: Map<string, Resource>;
  /** Of the next things that are to be made or removed, in turn; else `usual`. */
  readonly scripts: Script[];
  /** States of what no script is for. `GONE` at once: nobody asks about it again. */
  readonly usual: { made: readonly string[]; removed: readonly string[] };
  /** That these credentials lack. */
  readonly missing: Set<string>;
  readonly quota: { usage: number; limit: number };
  /** Made in vain as often as it is asked. */
  link(path: string): string;
  insertDisk(place: string, body: Body): Resource;
  insertSnapshot(project: string, body: Body): Resource;
  removeSnapshot(path: string): Resource;
  /** Errors: notFound. */
  show(path: string): Resource;
  demand(right: string, resource: string): void;
}

export const computeHost = "https://www.googleapis.com/compute/v1/";

export function createComputeState(): ComputeState {
  const disks = new Map<string, Resource>();
  const snapshots = new Map<string, Resource>();
  const jobs = new Map<string, Job>();
  const scripts: Script[] = [];
  const missing = new Set<string>();
  const quota = { usage: 0, limit: 1_000 };
  const usual = { made: ["CREATING", "READY"], removed: ["DELETING", "GONE"] };
  /** What still lies before a thing: its states to come. */
  const futures = new Map<string, string[]>();
  let made = 0;
  const link = (path: string): string => `${computeHost}${path}`;
  const demand = (right: string, resource: string): void => {
    if (missing.has(right)) throw missingRight(right, resource);
  };
  const tableOf = (path: string): Map<string, Resource> =>
    path.includes("/snapshots/") ? snapshots : disks;

  const begin = (home: string, type: string, target: string, act: Job["advance"]): Resource => {
    made += 1;
    const path = `${home}/operations/operation-${made}`;
    const operation: Resource = {
      kind: "compute#operation",
      id: String(1_000 + made),
      name: `operation-${made}`,
      operationType: type,
      targetLink: link(target),
      status: "PENDING",
      progress: 0,
      selfLink: link(path),
    };
    jobs.set(path, { operation, advance: act });
    return operation;
  };
  /** A thing that is there at once, and goes through its states as it or its operation is asked for. */
  const make = (path: string, home: string, thing: Resource): Resource => {
    if (tableOf(path).has(path)) throw alreadyExists(path);
    const { states = usual.made, error } = scripts.shift() ?? {};
    const operation = begin(home, "insert", path, () => {
      if (operation["status"] === "PENDING") operation["status"] = "RUNNING";
      else if (error !== undefined) end(operation, error);
      else if ((futures.get(path)?.length ?? 0) <= 1) end(operation);
    });
    const isFailing = error !== undefined && states.at(-1) !== "FAILED";
    if (isFailing) return operation;
    futures.set(path, [...states]);
    tableOf(path).set(path, { ...thing, selfLink: link(path), status: states[0] });
    if (path.includes("/snapshots/")) quota.usage += 1;
    return operation;
  };
  const move = (path: string, thing: Resource): void => {
    const [now, ...later] = futures.get(path) ?? [];
    if (now === undefined) return;
    thing["status"] = now;
    if (now === "GONE") tableOf(path).delete(path);
    if (later.length > 0) futures.set(path, later);
  };

  return {
    ...{ disks, snapshots, scripts, usual, missing, quota, link, demand },
    insertDisk(place, body) {
      const [, project = "", scope = "", name = ""] = place.split("/");
      checkDisk(body, project, `${scope}/${name}`);
      demand("compute.disks.create", place);
      if (body["labels"] !== undefined) demand("compute.disks.setLabels", place);
      const source = pathOf(body["sourceSnapshot"]);
      const snapshot = snapshots.get(source);
      if (snapshot === undefined) throw notFound(source);
      demand("compute.snapshots.useReadOnly", source);
      if (snapshot["status"] !== "READY") throw notReady(source);
      const type = body["type"] ?? `${place}/diskTypes/pd-standard`;
      return make(`${place}/disks/${String(body["name"])}`, place, {
        ...body,
        kind: "compute#disk",
        type: link(pathOf(type)),
        sizeGb: snapshot["diskSizeGb"],
        sourceSnapshot: link(source),
      });
    },
    insertSnapshot(project, body) {
      checkSnapshot(body);
      const home = `projects/${project}/global`;
      const path = `${home}/snapshots/${String(body["name"])}`;
      demand("compute.snapshots.create", path);
      if (body["labels"] !== undefined) demand("compute.snapshots.setLabels", path);
      const source = pathOf(body["sourceDisk"]);
      const disk = disks.get(source);
      if (disk === undefined) throw notFound(source);
      demand("compute.disks.createSnapshot", source);
      return make(path, home, {
        ...body,
        kind: "compute#snapshot",
        sourceDisk: link(source),
        diskSizeGb: disk["sizeGb"],
        ...(disk["diskEncryptionKey"] === undefined
          ? {}
          : { snapshotEncryptionKey: disk["diskEncryptionKey"] }),
      });
    },
    removeSnapshot(path) {
      const snapshot = snapshots.get(path);
      if (snapshot === undefined) throw notFound(path);
      demand("compute.snapshots.delete", path);
      if (snapshot["status"] === "CREATING") throw notReady(path);
      const { states = usual.removed, error } = scripts.shift() ?? {};
      futures.set(path, [...states]);
      if (states[0] === "GONE") snapshots.delete(path);
      quota.usage -= 1;
      const home = path.slice(0, path.indexOf("/snapshots/"));
      const operation = begin(home, "delete", path, () => {
        if (operation["status"] === "PENDING") operation["status"] = "RUNNING";
        else end(operation, error);
      });
      return operation;
    },
    show(path) {
      const job = jobs.get(path);
      if (job !== undefined) {
        job.advance();
        return job.operation;
      }
      const thing = tableOf(path).get(path);
      if (thing === undefined) throw notFound(path);
      move(path, thing);
      if (!tableOf(path).has(path)) throw notFound(path);
      return thing;
    },
  };
}

function end(operation: Resource, error?: Script["error"]): void {
  Object.assign(operation, { status: "DONE", progress: 100 });
  if (error === undefined) return;
  const { code, message, status } = error;
  Object.assign(operation, {
    error: { errors: [{ code, message }] },
    httpErrorStatusCode: status,
    httpErrorMessage: "FORBIDDEN",
  });
}

/** Of a full or partial URL. */
export function pathOf(url: unknown): string {
  const text = String(url);
  const at = text.indexOf("projects/");
  return at < 0 ? text : text.slice(at);
}
