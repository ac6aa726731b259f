import { changeAt, changeEach, textAt } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import { containerLists, podSpecPaths } from "../../pod-specs.ts";
import type { Mapping, Pairs } from "./mapping.ts";

/** Gives the image that takes the place of one, with the title of the pair that says so. */
type Rename = (image: string) => { readonly image: string; readonly title: string } | undefined;

function imageMapping(titles: readonly string[], rename: Rename): Mapping {
  return {
    titles,
    map(object, resource, use) {
      const path = podSpecPaths.get(resource);
      if (path === undefined) return object;
      const change = (container: JsonObject): JsonObject => {
        const renamed = rename(textAt(container, ["image"]));
        if (renamed === undefined) return container;
        use(renamed.title);
        return changeAt(container, ["image"], () => renamed.image);
      };
      return containerLists.reduce((at, list) => changeEach(at, [...path, list], change), object);
    },
  };
}

/**
 * Registries, or registries with the beginning of a path, for others: `quay.io/team` means
 * `quay.io/team/web:1` and not `quay.io/teams/web:1`. Images without a registry are those of
 * `docker.io`. The longest that fits counts.
 */
export function mapRegistries(pairs: Pairs, flag: string): Mapping {
  const entries = Object.entries(pairs).sort(([a], [b]) => b.length - a.length);
  const titleOf = (from: string, to: string): string => `${flag} ${from}=${to}`;
  return imageMapping(
    entries.map(([from, to]) => titleOf(from, to)),
    (image) => {
      if (image === "") return undefined;
      const full = fullImageName(image);
      for (const [from, to] of entries) {
        if (!full.startsWith(`${from}/`)) continue;
        return { image: `${to}${full.slice(from.length)}`, title: titleOf(from, to) };
      }
      return undefined;
    },
  );
}

/** Undefined: `text` begins with a registry. */
export function registryProblem(text: string): string | undefined {
  const [host = "", ...path] = text.split("/");
  if (!isRegistry(host)) return "must begin with a registry, such as docker.io or localhost:5000";
  const isClean = [host.replace(/:\d+$/, ""), ...path].every((part) => /^[\w.-]+$/.test(part));
  return isClean ? undefined : "is no registry with the beginning of a path";
}

function isRegistry(host: string): boolean {
  return host === "localhost" || host.includes(".") || host.includes(":");
}

function fullImageName(image: string): string {
  const [first = "", ...rest] = image.split("/");
  if (rest.length === 0) return `docker.io/library/${image}`;
  if (first === "index.docker.io") return `docker.io/${rest.join("/")}`;
  return isRegistry(first) ? image : `docker.io/${image}`;
}

/**
 * Velero's ConfigMap `velero.io/change-image-name`: values `old,new`, of which the first whose old
 * part stands anywhere in the image replaces it there. Velero takes the values in no order at all;
 * here it is that of their keys.
 */
export function mapImageParts(data: Pairs, where: string): Mapping {
  const entries = Object.entries(data)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, row]) => {
      const comma = row.indexOf(",");
      if (comma < 0 || comma === row.length - 1) return [];
      const from = row.slice(0, comma).trim();
      return [{ from, to: row.slice(comma + 1).trim(), title: `${key} of ${where}` }];
    });
  return imageMapping(
    entries.map(({ title }) => title),
    (image) => {
      if (image === "") return undefined;
      const entry = entries.find(({ from }) => image.includes(from));
      return entry && { image: image.replaceAll(entry.from, () => entry.to), title: entry.title };
    },
  );
}
