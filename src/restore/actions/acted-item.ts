import type { JsonObject } from "../../lib/json-text.ts";

/** What item actions made of an item. */
export type ActedItem =
  | { readonly kind: "left out"; readonly reason: string }
  /** The very object that was given, where no action changed it. */
  | { readonly kind: "object"; readonly object: JsonObject };

/** Why an item is left out. */
export const saysSo = (action: string): string => `action ${action} says so`;
