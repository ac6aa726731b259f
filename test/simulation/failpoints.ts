/** Names for the places where a run can be hit, and a count of the hits. */

const storeClasses: readonly (readonly [RegExp, string])[] = [
  [/^metadata\/ark-ts\/names\//, "name record"],
  [/^metadata\/ark-ts\/runs\//, "checkpoint"],
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

export interface FailpointTally {
  /** The failpoint was passed, hit or not. */
  reached(failpoint: string): void;
  hit(failpoint: string, fault: string): void;
  readonly hits: number;
  /** One line per failpoint: how often it was passed, and how often hit by what. */
  render(): string;
  /** Failpoints passed and never hit. */
  neverHit(): readonly string[];
}

export function createFailpointTally(): FailpointTally {
  const passed = new Map<string, number>();
  const hit = new Map<string, Map<string, number>>();
  const add = (counts: Map<string, number>, key: string): void =>
    void counts.set(key, (counts.get(key) ?? 0) + 1);
  let hits = 0;
  return {
    get hits() {
      return hits;
    },
    reached: (failpoint) => add(passed, failpoint),
    hit(failpoint, fault) {
      hits += 1;
      const counts = hit.get(failpoint) ?? new Map<string, number>();
      hit.set(failpoint, counts);
      add(counts, fault);
    },
    neverHit: () => [...passed.keys()].filter((failpoint) => !hit.has(failpoint)).sort(),
    render() {
      const lines = [...passed].sort().map(([failpoint, times]) => {
        const faults = [...(hit.get(failpoint) ?? [])].sort().map(([name, n]) => `${name} ${n}`);
        return `${failpoint} (${times}): ${faults.join(", ") || "never hit"}`;
      });
      return [`${passed.size} failpoints, ${hits} hits`, ...lines].join("\n");
    },
  };
}
