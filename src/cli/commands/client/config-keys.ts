import { usageError } from "../../usage-error.ts";

/** Settings of Velero's client that are kept here too. */
export const keptKeys = ["namespace"] as const;

/** Settings of Velero's client without effect here, and what has that effect. */
const otherwise: Readonly<Record<string, string>> = {
  features: "features are of the server; commands need none",
  cacert:
    "it is set on the location: ark-ts backup-location set NAME --cacert FILE, or by --cacert",
  colorized: "colour is for terminals only; NO_COLOR or --no-color switches it off",
  caCert:
    "it is set on the location: ark-ts backup-location set NAME --cacert FILE, or by --cacert",
};

export type KeptKey = (typeof keptKeys)[number];

/** Errors: ARK_USAGE for a key that is not kept, with what to do instead. */
export function checkedKey(key: string): KeptKey {
  if ((keptKeys as readonly string[]).includes(key)) return key as KeptKey;
  const instead = Object.hasOwn(otherwise, key) ? otherwise[key] : undefined;
  throw usageError(
    instead === undefined
      ? `there is no setting "${key}"; known: ${keptKeys.join(", ")}`
      : `the setting ${key} has no effect here: ${instead}`,
  );
}
