import {
  ArkError,
  type ObjectStore,
  type ProbeResult,
  probeObjectStore,
  runCheck,
} from "../../src/plugin-sdk/object-store.ts";
import type { GoogleRequest } from "../shared-google/client.ts";
import { type Connection, jsonUrl, xmlPath } from "./connect.ts";
import { isIdentityRefusal } from "./errors.ts";
import { oldVersionDays, readBucket, softDeleteMs } from "./remove-object.ts";

type Detail = string | { readonly missing: string } | { readonly unasked: string };

const clockToleranceMs = 60_000;
const dayMs = 86_400_000;

/** The bucket first; when that cannot be reached, or not as this user, the rest is not asked. */
export async function probeBucket(
  connection: Connection,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const who = await connection.client.credentials.who();
  const place = connection.options.endpoint;
  let refused: unknown;
  let date: string | undefined;
  const reach = await runCheck(
    "reach",
    async () => {
      try {
        date = await reachBucket(connection, signal);
      } catch (thrown) {
        if (!isIdentityRefusal(thrown)) throw thrown;
        refused = thrown;
      }
      return place;
    },
    signal,
  );
  if (refused !== undefined) {
    const identity = await runCheck("credentials", () => Promise.reject(refused), signal);
    const asked: ProbeResult = { ...reach, outcome: "not asked", detail: "nothing was sent" };
    return [asked, { ...identity, detail: `${who}: ${identity.detail}` }];
  }
  const identity: ProbeResult = { check: "credentials", outcome: "yes", detail: who };
  if (reach.outcome === "failed" && /UNREACHABLE|BUCKET_MISSING/.test(reach.detail)) {
    return [reach, identity];
  }
  const here = connection.clock.now();
  const measured = await probeObjectStore(store, connection.clock.uuid(), signal);
  const urls = await probePlainReads(connection, store, signal);
  return [
    reach,
    identity,
    ...measured,
    await runCheck("signed URLs", urls.signed, signal),
    await runCheck("private", urls.secret, signal),
    await runCheck("deletions", () => readKeeping(connection, signal), signal),
    await runCheck("clock", async () => compareClocks(date, here), signal),
  ];
}

/** The time there. Needs no right that backups do not need. */
async function reachBucket(
  connection: Connection,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { headers } = await connection.call("ListObjects", "", {
    method: "GET",
    url: jsonUrl(connection),
    query: { maxResults: "1", fields: "kind" },
    signal,
  });
  return headers["date"];
}

const text = "ark-ts probe of signed URLs";

interface PlainReads {
  readonly signed: () => Promise<Detail>;
  readonly secret: () => Promise<Detail>;
}

/** Reads an object as the velero command downloads: a plain GET, with and without a signature. */
async function probePlainReads(
  connection: Connection,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<PlainReads> {
  const key = `metadata/ark-ts/probe/${connection.clock.uuid()}/signed`;
  const path = xmlPath(connection, connection.options.prefix + key);
  const found: { signed?: string; bare?: string; error?: unknown } = {};
  const { signedUrls } = store.capabilities;
  try {
    await store.put(key, Buffer.from(text), { signal });
    found.bare = await plainGet(connection, `${connection.options.endpoint}${path}`, signal);
    if (signedUrls) {
      const url = await store.signedUrl(key, { expiresInSeconds: 300, signal });
      found.signed = await plainGet(connection, url, signal);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    found.error = thrown;
  } finally {
    await store.remove(key, { signal }).catch(() => undefined);
  }
  return {
    async signed() {
      if (!signedUrls)
        return { missing: "the credentials have no private key; set serviceAccount" };
      if (found.signed === undefined) throw found.error;
      if (found.signed === text) return "a plain GET of one returned the bytes";
      return { missing: `a plain GET of one was answered ${found.signed}` };
    },
    async secret() {
      if (found.bare === undefined) throw found.error;
      if (found.bare !== text) return `a GET without credentials is answered ${found.bare}`;
      const sentence = "anybody can read what lies here, without credentials";
      throw new ArkError("ARK_STORE_FAILED", sentence);
    },
  };
}

/** The body, else the status. */
async function plainGet({ client }: Connection, url: string, signal: AbortSignal): Promise<string> {
  const request: GoogleRequest = { method: "GET", url, expect: refusals, signal };
  const { status, body } = await client.openPlain(request);
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.length;
    if (sizeBytes <= 64 * 1024) pieces.push(piece);
  }
  return status === 200 ? Buffer.concat(pieces).toString() : `${status}`;
}

const refusals = [400, 401, 403, 404];

/** Who frees what deletions leave. */
async function readKeeping(connection: Connection, signal: AbortSignal): Promise<Detail> {
  const fields = await readBucket(connection, signal);
  if (fields === undefined) {
    return {
      unasked: "the right storage.buckets.get is missing: what the bucket keeps is unknown",
    };
  }
  const softDays = softDeleteMs(fields) / dayMs;
  const soft = softDays === 0 ? "" : `, soft deletion keeps them ${softDays} days`;
  if (fields.versioning?.enabled !== true) {
    return softDays === 0 ? "free their bytes" : `no versions${soft}`;
  }
  const days = oldVersionDays(fields);
  return days === undefined
    ? `leave old versions that no rule removes${soft}`
    : `leave old versions, which a rule removes after ${days} days${soft}`;
}

function compareClocks(date: string | undefined, here: Date): Detail {
  const there = Date.parse(date ?? "");
  if (Number.isNaN(there)) return { missing: "the store tells no time" };
  const skewMs = here.getTime() - there;
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  if (Math.abs(skewMs) <= clockToleranceMs)
    return `within ${Math.max(1, seconds)} s of the store's`;
  throw new ArkError(
    "ARK_STORE_FAILED",
    `the clock of this machine is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the store's`,
    { advice: "set the clock: Google refuses tokens and signatures of another time" },
  );
}
