import { GetObjectLockConfigurationCommand, type S3Client } from "@aws-sdk/client-s3";
import { ArkError, hasCode } from "../../src/plugin-sdk/object-store.ts";
import { isAnswer } from "./errors.ts";
import type { S3Options } from "./options.ts";

/** How calls of one bucket are made. */
export interface BucketCalls {
  readonly client: S3Client;
  readonly options: S3Options;
  /**
   * Runs one call: rejects with the signal's reason, or an ArkError that tells operation, key,
   * credentials and answer.
   */
  call<Output>(
    operation: string,
    key: string,
    signal: AbortSignal,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
  ): Promise<Output>;
}

/** Object lock of a bucket where it is on. */
export interface BucketLock {
  /** What new objects get without asking; absent: nothing. */
  readonly retention?: {
    readonly mode: string;
    /** `30 days`. */
    readonly span: string;
    readonly ms: number;
  };
}

const dayMs = 86_400_000;

/** Undefined where object lock is off or unknown to the store. Errors: those of the call. */
export async function readBucketLock(
  connection: BucketCalls,
  signal: AbortSignal,
): Promise<BucketLock | undefined> {
  const { client, options } = connection;
  const command = new GetObjectLockConfigurationCommand({ Bucket: options.bucket });
  try {
    const { ObjectLockConfiguration: lock } = await connection.call(
      "GetObjectLockConfiguration",
      "",
      signal,
      (abort) => client.send(command, abort),
    );
    if (lock?.ObjectLockEnabled !== "Enabled") return undefined;
    const { Mode: mode = "default", Days: days, Years: years } = lock.Rule?.DefaultRetention ?? {};
    if (days !== undefined && days > 0) {
      return { retention: { mode, span: `${days} days`, ms: days * dayMs } };
    }
    if (years === undefined || years <= 0) return {};
    return { retention: { mode, span: `${years} years`, ms: years * 365 * dayMs } };
  } catch (thrown) {
    if (isMissingFeature(thrown)) return undefined;
    throw thrown;
  }
}

/** The store does not know the feature, or the bucket has never had it. */
export function isMissingFeature(thrown: unknown): boolean {
  if (!(thrown instanceof ArkError)) return false;
  return isAnswer(
    thrown.cause,
    "ObjectLockConfigurationNotFoundError",
    "ObjectLockConfigurationNotFound",
    "NotImplemented",
    "HTTP 404",
    "HTTP 405",
    "HTTP 501",
  );
}

/**
 * Reads the lock when first asked, and then never again. Who may not read it counts as having
 * none: deletions then say only that versions stay.
 */
export function createLockReader(
  connection: BucketCalls,
): (signal: AbortSignal) => Promise<BucketLock | undefined> {
  let known: { readonly lock: BucketLock | undefined } | undefined;
  return async (signal) => {
    if (known !== undefined) return known.lock;
    try {
      known = { lock: await readBucketLock(connection, signal) };
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_STORE_DENIED")) throw thrown;
      known = { lock: undefined };
    }
    return known.lock;
  };
}
