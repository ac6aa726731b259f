import { asRecord } from "../shared-azure/failure.ts";
import type { Tags } from "./tags.ts";

/** A disk or a snapshot, as Azure tells it. */
export interface Resource {
  readonly id: string;
  /** Region. */
  readonly location: string;
  readonly tags: Tags;
  readonly sku: string;
  /** `Creating`, `Updating`, `Succeeded`, `Failed`, `Deleting`. */
  readonly state: string;
  /** Of the copy in the background; absent where there is none. */
  readonly percent: number | undefined;
  /** Why the copy has failed. */
  readonly copyError: string | undefined;
  readonly sourceId: string;
  readonly iops: number | undefined;
}

/** Fields that are missing or of another type are empty. */
export function readResource(body: unknown): Resource {
  const { id, location, tags, sku, properties } = asRecord(body);
  const { provisioningState, completionPercent, copyCompletionError, creationData, ...rest } =
    asRecord(properties);
  return {
    id: textOf(id),
    location: textOf(location),
    tags: Object.fromEntries(
      Object.entries(asRecord(tags)).filter(
        (tag): tag is [string, string] => textOf(tag[1]) === tag[1],
      ),
    ),
    sku: textOf(asRecord(sku)["name"]),
    // Azure's rule: without the field the operation has ended well.
    state: textOf(provisioningState) || "Succeeded",
    percent: numberOf(completionPercent),
    copyError: copyErrorOf(copyCompletionError),
    sourceId: textOf(asRecord(creationData)["sourceResourceId"]),
    iops: numberOf(rest["diskIOPSReadWrite"]),
  };
}

/** Its data are all there. */
export const isReady = ({ state, percent = 100, copyError }: Resource): boolean =>
  state === "Succeeded" && percent >= 100 && copyError === undefined;

/** In words; undefined: it may still come to something. */
export function failureOfResource({ state, copyError }: Resource): string | undefined {
  if (copyError !== undefined) return copyError;
  return ["Failed", "Canceled"].includes(state) ? `its provisioningState is ${state}` : undefined;
}

function copyErrorOf(error: unknown): string | undefined {
  const { errorCode, errorMessage } = asRecord(error);
  const words = [errorCode, errorMessage].map(textOf).filter((word) => word !== "");
  return words.length === 0 ? undefined : words.join(": ");
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" ? value : undefined;
