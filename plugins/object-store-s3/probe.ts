import {
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import {
  ArkError,
  type ObjectStore,
  type ProbeResult,
  probeObjectStore,
  runCheck,
} from "../../src/plugin-sdk/object-store.ts";
import { readOldVersionDays } from "./bucket-lifecycle.ts";
import { isMissingFeature, readBucketLock } from "./bucket-lock.ts";
import type { Connection } from "./connect.ts";
import { isBareRefusal, isIdentityRefusal } from "./errors.ts";
import { probeChecksums } from "./probe-checksums.ts";
import { probeSignedUrls } from "./probe-signed-urls.ts";

/** Beyond five minutes stores refuse; warn while there is room. */
const clockToleranceMs = 60_000;

/** The bucket first; when that cannot be reached, or not as this user, the rest is not asked. */
export async function probeBucket(
  connection: Connection,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const serverTimes: { readonly gotMs: number; readonly here: Date }[] = [];
  let asked: string | undefined;
  watchAnswers(connection, (host, gotMs) => {
    asked = host;
    if (!Number.isNaN(gotMs)) serverTimes.push({ gotMs, here: connection.clock.now() });
  });
  const who = await connection.who();
  const place = (): string => connection.options.endpoint ?? asked ?? "AWS";
  let refused: unknown;
  const reach = await runCheck(
    "reach",
    () =>
      reachBucket(connection, place, signal).catch((thrown: unknown) => {
        if (!isIdentityRefusal(thrown)) throw thrown;
        refused = thrown;
        return `${place()} answers`;
      }),
    signal,
  );
  if (refused !== undefined) {
    const identity = await runCheck("credentials", () => Promise.reject(refused), signal);
    const detail = `${who}: ${identity.detail}`;
    if (serverTimes.length > 0) return [reach, { ...identity, detail }];
    return [
      { ...reach, outcome: "not asked", detail: "nothing was sent" },
      { ...identity, detail },
    ];
  }
  const identity: ProbeResult = { check: "credentials", outcome: "yes", detail: who };
  if (reach.outcome === "failed" && /UNREACHABLE|BUCKET_MISSING/.test(reach.detail)) {
    return [reach, identity];
  }
  const measured = await probeObjectStore(store, connection.clock.uuid(), signal);
  const urls = await probeSignedUrls(connection, signal);
  return [
    reach,
    identity,
    ...measured,
    await runCheck("signed URLs", urls.signed, signal),
    await runCheck("private", urls.secret, signal),
    await runCheck("checksums", () => probeChecksums(connection, signal), signal),
    await runCheck("object lock", () => readLock(connection, signal), signal),
    ...(await probeVersions(connection, signal)),
    await runCheck("clock", async () => compareClocks(serverTimes), signal),
  ];
}

type Detail = string | { readonly missing: string };

async function reachBucket(
  connection: Connection,
  place: () => string,
  signal: AbortSignal,
): Promise<Detail> {
  const { client, options } = connection;
  const command = new HeadBucketCommand({ Bucket: options.bucket });
  const answer = await connection
    .call("HeadBucket", "", signal, (abort) => client.send(command, abort))
    .catch(async (thrown: unknown) => {
      if (isBareRefusal(thrown)) await listNothing(connection, signal);
      throw thrown;
    });
  const region = answer.BucketRegion ?? (await client.config.region());
  return `${place()}, region ${region}`;
}

/** The answer to HEAD has no body and so no name; what a list is refused with has. */
async function listNothing(connection: Connection, signal: AbortSignal): Promise<void> {
  const { client, options } = connection;
  const command = new ListObjectsV2Command({ Bucket: options.bucket, MaxKeys: 1 });
  await connection.call("ListObjectsV2", "", signal, (abort) => client.send(command, abort));
}

async function readLock(connection: Connection, signal: AbortSignal): Promise<Detail> {
  const lock = await readBucketLock(connection, signal);
  if (lock === undefined) return { missing: "off" };
  const { retention } = lock;
  if (retention === undefined) return "on, without a default retention";
  return `on, ${retention.mode} for ${retention.span}: deleted backups stay hidden until then`;
}

async function readVersioning(connection: Connection, signal: AbortSignal): Promise<Detail> {
  const { client, options } = connection;
  const command = new GetBucketVersioningCommand({ Bucket: options.bucket });
  try {
    const { Status } = await connection.call("GetBucketVersioning", "", signal, (abort) =>
      client.send(command, abort),
    );
    if (Status === "Enabled") return "on: deletions leave old versions that take room";
    return { missing: Status === "Suspended" ? "suspended" : "off" };
  } catch (thrown) {
    if (isMissingFeature(thrown)) return { missing: "off" };
    throw thrown;
  }
}

async function probeVersions(
  connection: Connection,
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const versioning = await runCheck("versioning", () => readVersioning(connection, signal), signal);
  if (versioning.outcome === "no") return [versioning];
  return [versioning, await runCheck("lifecycle", () => readLifecycle(connection, signal), signal)];
}

/** Whether old versions go by themselves: nobody else frees what deletions hide. */
async function readLifecycle(connection: Connection, signal: AbortSignal): Promise<Detail> {
  const days = await readOldVersionDays(connection, signal);
  if (days === undefined) return { missing: "no rule removes old versions of all that is here" };
  return `a rule removes old versions ${days === 1 ? "1 day" : `${days} days`} after their deletion`;
}

function compareClocks(times: readonly { readonly gotMs: number; readonly here: Date }[]): Detail {
  const last = times.at(-1);
  if (last === undefined) return { missing: "the store tells no time" };
  const skewMs = last.here.getTime() - last.gotMs;
  const seconds = Math.round(skewMs / 1_000);
  if (Math.abs(skewMs) <= clockToleranceMs)
    return `within ${Math.max(1, Math.abs(seconds))} s of the store's`;
  throw new ArkError(
    "ARK_STORE_FAILED",
    `the clock of this machine is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} the store's`,
    { advice: "set the clock; beyond five minutes the store refuses every request" },
  );
}

/** Tells, of each answer from now on, what was asked and its `Date` header. */
function watchAnswers(
  { client, options }: Connection,
  tell: (place: string | undefined, timeMs: number) => void,
): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const place = placeOf(args.request, options.bucket);
      tell(place, Date.parse(dateHeader(result.response) ?? ""));
      return result;
    },
    { step: "deserialize", priority: "low", name: "arkWatchAnswers", override: true },
  );
}

/**
 * Where a request really went: the environment and the profile may name an endpoint too.
 * Undefined for AWS itself, whose names tell nothing more than the region does.
 */
function placeOf(request: unknown, bucket: string): string | undefined {
  if (typeof request !== "object" || request === null) return undefined;
  const { protocol, hostname, port } = request as Readonly<Record<string, unknown>>;
  if (typeof protocol !== "string" || typeof hostname !== "string") return undefined;
  if (/(?:^|\.)amazonaws\.com(?:\.cn)?$/.test(hostname)) return undefined;
  const host = hostname.startsWith(`${bucket}.`) ? hostname.slice(bucket.length + 1) : hostname;
  return `${protocol}//${host}${typeof port === "number" ? `:${port}` : ""}`;
}

function dateHeader(response: unknown): string | undefined {
  if (typeof response !== "object" || response === null || !("headers" in response))
    return undefined;
  const headers = response.headers as Readonly<Record<string, unknown>>;
  return typeof headers["date"] === "string" ? headers["date"] : undefined;
}
