import { readStored } from "../../src/catalog/read-stored.ts";
import type { PlannedItem } from "../../src/domain/restore/planned-item.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { decodeResourceList } from "../../src/format/side-files.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";

const maxBytes = 64 * 1024 * 1024;

/** What became of each object of a restore, by `version/Kind place`: created, updated, skipped, failed. */
export async function resourceLists(
  store: ObjectStore,
  restore: string,
): Promise<Readonly<Record<string, string>>> {
  const key = restoreKeys(restore).resourceList;
  const bytes = await readStored(store, key, maxBytes, new AbortController().signal);
  const lists = await decodeResourceList(bytes);
  return Object.fromEntries(
    [...lists].flatMap(([kind, names]) =>
      names.map((text) => {
        const { place = "", outcome = "" } =
          /^(?<place>.*)\((?<outcome>\w+)\)$/.exec(text)?.groups ?? {};
        return [`${kind} ${place}`, outcome];
      }),
    ),
  );
}

const words = {
  create: "created",
  patch: "updated",
  recreate: "updated",
  delete: "deleted",
  skip: "skipped",
  keep: "kept",
  wait: "created",
} as const;

/** What a plan says will become of each object, in the form of {@link resourceLists}. */
export function foretold(items: readonly PlannedItem[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    items.map(({ version, kind, namespace, name, action, blocked }) => {
      const place = namespace === undefined ? name : `${namespace}/${name}`;
      return [`${version}/${kind} ${place}`, blocked === true ? "failed" : words[action]];
    }),
  );
}
