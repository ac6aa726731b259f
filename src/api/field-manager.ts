/** Of every write by ark-ts to a resource of `velero.io` and to what is its own. */
export const fieldManager = "ark-ts";
