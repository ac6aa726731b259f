import { readFile } from "node:fs/promises";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { ArkError, type Clock, type PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { createRequestHandler, defaultTimeouts, type Timeouts } from "../shared-aws/connection.ts";
import { chooseCredentials, maskKeyId } from "../shared-aws/credentials.ts";
import { createLifecycleReader } from "./bucket-lifecycle.ts";
import { type BucketCalls, type BucketLock, createLockReader } from "./bucket-lock.ts";
import type { Attempt } from "./error-rules.ts";
import { toStoreError } from "./errors.ts";
import type { S3Options } from "./options.ts";

/** A client of one bucket and what every call needs. */
export interface Connection extends BucketCalls {
  readonly display: string;
  readonly clock: Clock;
  /** After this long without a byte a body has broken off. */
  readonly bodySilenceMs: number;
  /** Undefined without `customerKeyEncryptionFile`; stays in this process. */
  readonly customerKey: Uint8Array | undefined;
  /** Object lock of the bucket, read when first asked for; undefined where it is off. */
  lock(signal: AbortSignal): Promise<BucketLock | undefined>;
  /** After how many days the bucket's rules remove old versions, read when first asked for. */
  oldVersionDays(signal: AbortSignal): Promise<number | undefined>;
  translate(operation: string, key: string, thrown: unknown): Promise<ArkError>;
  /** For people: which credentials the store sees. */
  who(): Promise<string>;
}

/** No request is made. Errors: ARK_CONFIG_INVALID for files that cannot be read. */
export async function connect(
  options: S3Options,
  context: PluginContext,
  timeouts: Timeouts = defaultTimeouts,
): Promise<Connection> {
  const client = await createClient(options, context, timeouts);
  const { bucket, prefix } = options;
  const display = `s3://${bucket}/${prefix}`.replace(/\/$/, "");
  const who = () => describeCredentials(client, options);
  const translate = async (operation: string, key: string, thrown: unknown) => {
    const { endpoint } = options;
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    const attempt: Attempt = { operation, key, name, bucket, display, endpoint, who: await who() };
    return toStoreError(thrown, attempt);
  };
  const call: Connection["call"] = async (operation, key, signal, send) => {
    signal.throwIfAborted();
    try {
      return await send({ abortSignal: signal });
    } catch (thrown) {
      signal.throwIfAborted();
      throw await translate(operation, key, thrown);
    }
  };
  return {
    client,
    options,
    display,
    bodySilenceMs: timeouts.bodySilenceMs,
    clock: context.clock,
    customerKey: await readCustomerKey(options.customerKeyFile),
    who,
    translate,
    call,
    lock: createLockReader({ client, options, call }),
    oldVersionDays: createLifecycleReader({ client, options, call }),
  };
}

async function createClient(
  options: S3Options,
  context: PluginContext,
  timeouts: Timeouts,
): Promise<S3Client> {
  const { env } = context;
  const credentials = chooseCredentials(options, context);
  const region = options.region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"];
  const config: S3ClientConfig = {
    requestHandler: await createRequestHandler(
      { ...options, target: options.endpoint ?? "https://s3.amazonaws.com" },
      env,
      timeouts,
    ),
    forcePathStyle: options.forcePathStyle,
    // Repeating is the business of one layer only, the retry decorator.
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // Bodies are small parts in memory; some stores never answer `Expect`.
    expectContinueHeader: false,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  if (region !== undefined && region !== "") return new S3Client({ ...config, region });
  if (options.endpoint !== undefined) return new S3Client({ ...config, region: fallbackRegion });
  const client = new S3Client({ ...config, followRegionRedirects: true });
  const hasRegion = await client.config.region().then(Boolean, () => false);
  if (hasRegion) return client;
  client.destroy();
  return new S3Client({ ...config, region: fallbackRegion, followRegionRedirects: true });
}

/** What stores that know no regions accept, and where AWS tells the region of any bucket. */
const fallbackRegion = "us-east-1";

async function describeCredentials(client: S3Client, options: S3Options): Promise<string> {
  const source = [
    options.profile === undefined ? undefined : `profile ${options.profile}`,
    options.credentialsFile === undefined ? undefined : `file ${options.credentialsFile}`,
  ].filter((part) => part !== undefined);
  const from = source.length === 0 ? "" : ` of ${source.join(", ")}`;
  try {
    const { accessKeyId } = await client.config.credentials();
    return `access key ${maskKeyId(accessKeyId)}${from}`;
  } catch {
    return `nobody: no credentials${from}`;
  }
}

const customerKeyBytes = 32;

async function readCustomerKey(path: string | undefined): Promise<Uint8Array | undefined> {
  if (path === undefined) return undefined;
  const key = await readFile(path).catch((thrown: unknown) => {
    throw new ArkError(
      "ARK_CONFIG_INVALID",
      `customerKeyEncryptionFile: ${JSON.stringify(path)} cannot be read`,
      { answer: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown },
    );
  });
  if (key.length === customerKeyBytes) return key;
  throw new ArkError(
    "ARK_CONFIG_INVALID",
    `customerKeyEncryptionFile: ${JSON.stringify(path)} must hold exactly ${customerKeyBytes} bytes`,
    { answer: `it has ${key.length}` },
  );
}
