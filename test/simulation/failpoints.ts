/** Names for the places where a run can be hit, and a count of the hits. */

const storeClasses: readonly (readonly [RegExp, string])[] = [
  [/^metadata\/ark-ts\/names\//, "name record"],
  [/^metadata\/ark-ts\/restores\//, "name record of a restore"],
  [/^metadata\/ark-ts\/runs\/[^/]+\/thaw-/, "thaw record"],
  [/^metadata\/ark-ts\/runs\//, "checkpoint"],
  [/^(backups|restores)\/([^/]+\/)?$/, "folder"],
  [/velero-backup\.json$/, "seal"],
  [/ark-manifest\.json$/, "manifest"],
  [/ark-index\.ndjson\.gz$/, "index"],
  [/^backups\/.*\.tar\.gz$/, "archive"],
  [/^backups\/.*-logs\.gz$/, "log"],
  [/^backups\/.*-results\.gz$/, "results"],
  [/ark-restore\.json$/, "restore record"],
  [/^restores\//, "restore file"],
];

/** `put checkpoint`, `putPart archive`, `list name record`. */
export function storeFailpoint(operation: string, key: string): string {
  const found = storeClasses.find(([form]) => form.test(key));
  return `store: ${operation} ${found?.[1] ?? "side file"}`;
}

export interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** `list first page`, `list later page`, `create configmaps`. */
export function apiFailpoint({ method, path, query }: SeenCall): string {
  return `api: ${describeCall(method, path, query)}`;
}

function describeCall(method: string, path: string, query: URLSearchParams): string {
  if (path === "/version") return "version";
  if (path === "/api" || path === "/apis") return "discovery";
  const { resource, name, subresource } = parsePath(path);
  if (resource.endsWith("accessreviews")) return "access review";
  if (method === "GET" && name === "") return `list ${pageOf(query)}`;
  const what = subresource === "" ? kindClass(resource) : `${kindClass(resource)} ${subresource}`;
  return `${verbs[method] ?? method} ${what}`;
}

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PATCH: "patch",
  PUT: "replace",
  DELETE: "delete",
};

function pageOf(query: URLSearchParams): string {
  if (query.has("continue")) return "later page";
  if (query.get("resourceVersionMatch") === "Exact") return "first page of a cut";
  return query.get("limit") === "1" ? "probe" : "first page";
}

const namedKinds = ["namespaces", "customresourcedefinitions"];
const kindClass = (resource: string): string =>
  namedKinds.includes(resource) ? resource : "object";

function parsePath(path: string): {
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
} {
  const parts = path.split("/").filter((part) => part !== "");
  const rest = parts.slice(parts[0] === "api" ? 2 : 3);
  const inNamespace = rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status";
  const [resource = "", name = "", subresource = ""] = inNamespace ? rest.slice(2) : rest;
  return { resource, name, subresource };
}

/** By failpoint: how often it was passed, and how often hit by what. */
export type FailpointCounts = Readonly<
  Record<string, { readonly passed: number; readonly hits: Readonly<Record<string, number>> }>
>;

export interface FailpointTally {
  /** The failpoint was passed, hit or not. */
  reached(failpoint: string): void;
  hit(failpoint: string, fault: string): void;
  add(counts: FailpointCounts): void;
  counts(): FailpointCounts;
}

export function createFailpointTally(): FailpointTally {
  const all = new Map<string, { passed: number; readonly hits: Record<string, number> }>();
  const at = (failpoint: string) => {
    let entry = all.get(failpoint);
    if (entry === undefined) {
      entry = { passed: 0, hits: {} };
      all.set(failpoint, entry);
    }
    return entry;
  };
  const hit = (failpoint: string, fault: string, times: number): void => {
    const { hits } = at(failpoint);
    hits[fault] = (hits[fault] ?? 0) + times;
  };
  return {
    reached: (failpoint) => {
      at(failpoint).passed += 1;
    },
    hit: (failpoint, fault) => hit(failpoint, fault, 1),
    add(counts) {
      for (const [failpoint, { passed, hits }] of Object.entries(counts)) {
        at(failpoint).passed += passed;
        for (const [fault, times] of Object.entries(hits)) hit(failpoint, fault, times);
      }
    },
    counts: () => Object.fromEntries(all),
  };
}

/** One line per failpoint, as a test prints them. */
export function renderFailpoints(counts: FailpointCounts): string {
  let all = 0;
  const lines = Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([failpoint, { passed, hits }]) => {
      const faults = Object.entries(hits).sort(([a], [b]) => (a < b ? -1 : 1));
      all += faults.reduce((sum, [, times]) => sum + times, 0);
      const told = faults.map(([fault, times]) => `${fault} ${times}`).join(", ");
      const unhit = `never hit${excused[failpoint] === undefined ? "" : `: ${excused[failpoint]}`}`;
      return `${failpoint} (passed ${passed}): ${told || unhit}`;
    });
  return [`${lines.length} failpoints, ${all} hits`, ...lines].join("\n");
}

/** Failpoints that may stay unhit, and why. */
const excused: Readonly<Record<string, string>> = {
  "store: head name record":
    "asked only where a list does not show the record, and lists of this store do not lag: test/component/weak-stores.test.ts has those that do",
  "store: get restore file":
    "read only where a process died after its restore's last file and before its end, which is seldom",
  "store: remove seal":
    "only by a process that stood still while it put the seal and had lost its run by then",
};

export function neverHit(counts: FailpointCounts): readonly string[] {
  return Object.entries(counts)
    .filter(([, { hits }]) => Object.keys(hits).length === 0)
    .map(([failpoint]) => failpoint)
    .filter((failpoint) => excused[failpoint] === undefined);
}
