import { GetBucketLifecycleConfigurationCommand, type LifecycleRule } from "@aws-sdk/client-s3";
import { hasCode } from "../../src/plugin-sdk/object-store.ts";
import { type BucketCalls, isMissingFeature } from "./bucket-lock.ts";

/**
 * After how many days the bucket's own rules remove what a deletion in this location has hidden;
 * undefined where none does, or where the store has no rules. Errors: those of the call.
 */
export async function readOldVersionDays(
  connection: BucketCalls,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { client, options } = connection;
  const command = new GetBucketLifecycleConfigurationCommand({ Bucket: options.bucket });
  try {
    const { Rules = [] } = await connection.call(
      "GetBucketLifecycleConfiguration",
      "",
      signal,
      (abort) => client.send(command, abort),
    );
    const days = Rules.flatMap((rule) => daysOf(rule, options.prefix));
    return days.length === 0 ? undefined : Math.min(...days);
  } catch (thrown) {
    if (isMissingFeature(thrown)) return undefined;
    throw thrown;
  }
}

/** Only of a rule that takes every old version of everything in the location. */
function daysOf(rule: LifecycleRule, prefix: string): readonly number[] {
  const { NoncurrentDays: days = 0, NewerNoncurrentVersions: kept = 0 } =
    rule.NoncurrentVersionExpiration ?? {};
  const { Prefix, ...conditions } = rule.Filter ?? {};
  const isForAll = Object.values(conditions).every((condition) => condition === undefined);
  const covered = Prefix ?? rule.Prefix ?? "";
  const isOn = rule.Status === "Enabled" && days > 0 && kept === 0;
  return isOn && isForAll && prefix.startsWith(covered) ? [days] : [];
}

/** Reads the rules when first asked, and then never again. Who may not read them knows of none. */
export function createLifecycleReader(
  connection: BucketCalls,
): (signal: AbortSignal) => Promise<number | undefined> {
  let known: { readonly days: number | undefined } | undefined;
  return async (signal) => {
    if (known !== undefined) return known.days;
    try {
      known = { days: await readOldVersionDays(connection, signal) };
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_STORE_DENIED")) throw thrown;
      known = { days: undefined };
    }
    return known.days;
  };
}
