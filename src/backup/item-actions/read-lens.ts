import { annotations } from "../../api/labels.ts";
import type { RawObject } from "../../api/raw-object.ts";
import type { ItemReference } from "../../domain/references/item-reference.ts";
import type { ItemActionResult } from "../../ports/item-action.ts";
import { decodedObject } from "../decoded-object.ts";

const noReferences: ItemActionResult = { additionalItems: [] };

/**
 * Decodes an object only where one of `words` stands somewhere in its bytes: most objects have
 * none of them, and decoding all pods would cost more than everything else that is done to them.
 */
export function readWhere<Lens>(object: RawObject, words: readonly string[]): Lens | undefined {
  if (!words.some((word) => object.bytes.includes(word, 0, "latin1"))) return undefined;
  return decodedObject<Lens>(object);
}

interface AnnotatedLens {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | null };
}

/**
 * What Velero does around each action: the item's own annotations say whether it is left out,
 * and whether what it refers to is taken whatever the filters say.
 */
export function resultOf(
  object: RawObject,
  additionalItems: readonly ItemReference[],
): ItemActionResult {
  const { mustIncludeAdditionalItems, skipFromBackup } = annotations;
  const lens = readWhere<AnnotatedLens>(object, [mustIncludeAdditionalItems, skipFromBackup]);
  const given = lens?.metadata?.annotations ?? {};
  if (Object.hasOwn(given, skipFromBackup)) return { ...noReferences, skipped: true };
  if (given[mustIncludeAdditionalItems] === "true") return { additionalItems, mustInclude: true };
  return additionalItems.length === 0 ? noReferences : { additionalItems };
}
