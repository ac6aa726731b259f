/** Which kinds are served now: the built-in ones, custom ones, and groups of other servers. */
import { child, isArray, isObject, type Json, type JsonObject, text } from "./json.ts";
import { builtInKinds, type ServedKind, subresource } from "./kinds.ts";
import { isTerminating } from "./object-form.ts";

/** A group that another server answers for. */
export interface AggregatedGroup {
  readonly group: string;
  readonly version: string;
  /** Without kinds, or not available: named by discovery, but every request answers 503. */
  readonly available: boolean;
  /** Then it is, while an APIService object says so; until one is there, nothing names the group. */
  readonly byService?: boolean;
  readonly kinds?: readonly Pick<ServedKind, "resource" | "kind" | "namespaced">[];
}

/** Where the replicas of a custom resource stand, as paths without the leading dot. */
export interface ScalePaths {
  readonly spec: string;
  readonly status: string;
}

export interface CustomVersion {
  readonly kind: ServedKind;
  readonly scale?: ScalePaths;
}

interface Definition {
  readonly revision: number;
  readonly versions: readonly CustomVersion[];
}

/** While its definition is being deleted a kind can only be read and deleted. */
const terminatingVerbs = ["delete", "deletecollection", "get", "list", "watch"];

const customVerbs = [
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "create",
  "update",
  "watch",
];

export class KindCatalog {
  readonly #aggregated: readonly AggregatedGroup[];
  #kinds: readonly ServedKind[] | undefined;
  readonly #custom = new Map<string, Definition>();
  /** Groups of APIService objects that point to a service nobody answers for. */
  readonly #unreachable = new Map<string, AggregatedGroup>();
  /** Of those that an APIService object brings: which are Available by now. */
  readonly #brought = new Set<string>();

  constructor(aggregated: readonly AggregatedGroup[]) {
    this.#aggregated = aggregated;
  }

  /** In the order of discovery; the versions of a group stand together, preferred first. */
  kinds(): readonly ServedKind[] {
    this.#kinds ??= this.#allKinds();
    return this.#kinds;
  }

  #allKinds(): readonly ServedKind[] {
    const custom = [...this.#custom.values()]
      .flatMap(({ versions }) => versions)
      .map((version) => version.kind);
    const versions = custom.toSorted((a, b) => compareVersions(a.version, b.version));
    return [
      ...builtInKinds,
      ...versions,
      ...this.#aggregated.flatMap((group) => (this.#isUp(group) ? kindsOf(group) : [])),
    ];
  }

  find(group: string, version: string, resource: string): ServedKind | undefined {
    const same = (kind: ServedKind) =>
      kind.group === group && kind.version === version && kind.resource === resource;
    return this.kinds().find(same);
  }

  /** The group that cannot be reached, if that is what the path names. */
  unreachable(group: string, version: string): AggregatedGroup | undefined {
    const configured = this.#aggregated.find((g) => g.group === group && g.version === version);
    if (configured !== undefined && configured.byService !== true) {
      return configured.available ? undefined : configured;
    }
    return this.#unreachable.get(`${group}/${version}`);
  }

  unreachableGroups(): readonly AggregatedGroup[] {
    const down = this.#aggregated.filter(({ available, byService }) => !available && !byService);
    return [...down, ...this.#unreachable.values()];
  }

  /** Serves what the definition says at this revision of it. */
  serve(definition: JsonObject, revision: number): void {
    const name = text(child(definition, "metadata")["name"]);
    if (this.#custom.get(name)?.revision === revision) return;
    this.#custom.set(name, { revision, versions: customVersions(definition) });
    this.#kinds = undefined;
  }

  /** Withdraws the kinds of all other definitions. */
  retainDefinitions(names: ReadonlySet<string>): void {
    for (const name of [...this.#custom.keys()]) {
      if (names.has(name)) continue;
      this.#custom.delete(name);
      this.#kinds = undefined;
    }
  }

  scalePaths(kind: ServedKind): ScalePaths | undefined {
    const all = [...this.#custom.values()].flatMap(({ versions }) => versions);
    return all.find((version) => version.kind === kind)?.scale;
  }

  #isUp({ group, version, available, byService }: AggregatedGroup): boolean {
    return byService === true ? this.#brought.has(`${group}/${version}`) : available;
  }

  /**
   * Groups of APIService objects that name a service: nothing answers for them here, but for those
   * that were given to be brought, once such an object is Available.
   */
  registerServices(services: readonly JsonObject[]): void {
    this.#unreachable.clear();
    const before = [...this.#brought].join(" ");
    this.#brought.clear();
    for (const service of services) {
      const spec = child(service, "spec");
      if (!isObject(spec["service"])) continue;
      const [group, version] = [text(spec["group"]), text(spec["version"])];
      const key = `${group}/${version}`;
      const isGiven = this.#aggregated.some(
        (one) => one.byService === true && `${one.group}/${one.version}` === key,
      );
      if (isGiven && isAvailable(service)) this.#brought.add(key);
      else this.#unreachable.set(key, { group, version, available: false });
    }
    if ([...this.#brought].join(" ") !== before) this.#kinds = undefined;
  }
}

function isAvailable(service: JsonObject): boolean {
  const conditions = child(service, "status")["conditions"];
  return (
    isArray(conditions) &&
    conditions.some(
      (one) => isObject(one) && one["type"] === "Available" && one["status"] === "True",
    )
  );
}

function kindsOf(group: AggregatedGroup): readonly ServedKind[] {
  return (group.kinds ?? []).map(({ resource, kind, namespaced }) => ({
    group: group.group,
    version: group.version,
    resource,
    kind,
    listKind: `${kind}List`,
    singular: kind.toLowerCase(),
    namespaced,
    shortNames: [],
    categories: [],
    verbs: customVerbs,
    subresources: [],
    custom: false,
    storage: `${resource}.${group.group}`,
    generation: false,
  }));
}

function strings(value: Json | undefined): readonly string[] {
  return isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function customVersions(definition: JsonObject): readonly CustomVersion[] {
  const spec = child(definition, "spec");
  const names = child(spec, "names");
  const group = text(spec["group"]);
  const resource = text(names["plural"]);
  const kind = text(names["kind"]);
  const verbs = isTerminating(definition) ? terminatingVerbs : customVerbs;
  const versions = spec["versions"];
  const served = (isArray(versions) ? versions : []).filter(isObject);
  return served
    .filter((version) => version["served"] === true)
    .map((version) => {
      const parent = { kind, group, version: text(version["name"]) };
      const subresources = child(version, "subresources");
      const scale = subresources["scale"];
      const named = ["status", "scale"].filter((name) => isObject(subresources[name]));
      const servedKind: ServedKind = {
        ...parent,
        resource,
        listKind: text(names["listKind"]) || `${kind}List`,
        singular: text(names["singular"]) || kind.toLowerCase(),
        namespaced: spec["scope"] === "Namespaced",
        shortNames: strings(names["shortNames"]),
        categories: strings(names["categories"]),
        verbs,
        subresources: named.map((name) => subresource(name, parent)),
        custom: true,
        storage: `${resource}.${group}`,
        generation: true,
      };
      if (!isObject(scale)) return { kind: servedKind };
      return { kind: servedKind, scale: scalePathsOf(scale) };
    });
}

function scalePathsOf(scale: JsonObject): ScalePaths {
  return {
    spec: text(scale["specReplicasPath"]).slice(1),
    status: text(scale["statusReplicasPath"]).slice(1),
  };
}

/** Kubernetes order: v2, v1, v1beta2, v1beta1, v1alpha1, then others by name. */
export function compareVersions(a: string, b: string): number {
  const rank = (version: string) => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return [9, 0, 0] as const;
    const stage = match[2] === undefined ? 0 : match[2] === "beta" ? 1 : 2;
    return [stage, -Number(match[1]), -Number(match[3] ?? 0)] as const;
  };
  const [x, y] = [rank(a), rank(b)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}
