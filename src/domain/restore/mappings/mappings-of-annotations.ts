import { annotations } from "../../../api/labels.ts";
import { ArkError } from "../../../lib/errors.ts";
import { isJsonObject, type JsonValue, parseJson } from "../../../lib/json-text.ts";
import { hostProblem, mapHosts } from "./map-hosts.ts";
import { mapRegistries, registryProblem } from "./map-images.ts";
import { classProblem, mapStorageClasses } from "./map-storage-classes.ts";
import type { Mapping, Pairs } from "./mapping.ts";

interface MappingKind {
  readonly annotation: string;
  readonly flag: string;
  /** A clause that says what is wrong with a side of a pair. */
  readonly problem: (side: string) => string | undefined;
  readonly make: (pairs: Pairs, flag: string) => Mapping;
}

const kinds: readonly MappingKind[] = [
  {
    annotation: annotations.registryMappings,
    flag: "--image-registry-mappings",
    problem: registryProblem,
    make: mapRegistries,
  },
  {
    annotation: annotations.storageClassMappings,
    flag: "--storage-class-mappings",
    problem: classProblem,
    make: (pairs, flag) => mapStorageClasses(pairs, (from, to) => `${flag} ${from}:${to}`),
  },
  {
    annotation: annotations.hostMappings,
    flag: "--host-mappings",
    problem: hostProblem,
    make: mapHosts,
  },
];

/** The mappings that a Restore carries, in the order in which they apply. Errors: ARK_USAGE. */
export function mappingsOfAnnotations(given: Readonly<Record<string, string>>): readonly Mapping[] {
  return kinds.flatMap(({ annotation, flag, problem, make }) => {
    const text = given[annotation];
    if (text === undefined) return [];
    const pairs = readPairs(annotation, text);
    for (const side of Object.entries(pairs).flat()) {
      const found = problem(side);
      if (found !== undefined)
        throw new ArkError("ARK_USAGE", `${flag}: ${JSON.stringify(side)} ${found}`);
    }
    return [make(pairs, flag)];
  });
}

function readPairs(annotation: string, text: string): Pairs {
  let value: JsonValue | undefined;
  try {
    value = parseJson(text);
  } catch {
    value = undefined;
  }
  if (isJsonObject(value)) {
    const isPairs = Object.values(value).every((one) => typeof one === "string");
    if (isPairs) return value as Pairs;
  }
  throw new ArkError(
    "ARK_USAGE",
    `the annotation ${annotation} is no JSON object of texts: ${text}`,
  );
}
