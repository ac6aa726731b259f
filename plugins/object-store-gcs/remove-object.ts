import { hasCode, type KeptVersion } from "../../src/plugin-sdk/object-store.ts";
import { type Connection, escaped, jsonUrl } from "./connect.ts";

/** What the bucket does with objects that are removed. */
type Keeping = (removedAtMs: number) => KeptVersion | undefined;

const dayMs = 86_400_000;

export type RemoveObject = (key: string, signal: AbortSignal) => Promise<KeptVersion | undefined>;

/** The bucket is asked once, at the first removal, what it keeps. */
export function createRemover(connection: Connection): RemoveObject {
  let known: Promise<Keeping> | undefined;
  const keeping = async (signal: AbortSignal): Promise<Keeping> => {
    known ??= readKeeping(connection, signal);
    const mine = known;
    try {
      return await mine;
    } catch (thrown) {
      if (known === mine) known = undefined;
      throw thrown;
    }
  };
  return async (key, signal) => {
    const name = connection.options.prefix + key;
    try {
      const url = jsonUrl(connection, name);
      await connection.call("DeleteObject", name, { method: "DELETE", url, signal });
    } catch (thrown) {
      if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
      throw thrown;
    }
    return (await keeping(signal))(connection.clock.now().getTime());
  };
}

/** The bucket's own fields. Undefined where they may not be read: Velero's role has no such right. */
export async function readBucket(
  connection: Connection,
  signal: AbortSignal,
): Promise<BucketFields | undefined> {
  const { endpoint, bucket } = connection.options;
  try {
    const { json } = await connection.call("GetBucket", "", {
      method: "GET",
      url: `${endpoint}/storage/v1/b/${escaped(bucket)}`,
      query: { fields: "location,versioning,softDeletePolicy,lifecycle,retentionPolicy" },
      signal,
    });
    return json as BucketFields;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_DENIED")) return undefined;
    throw thrown;
  }
}

/** As the JSON API writes them, read without trust. */
export interface BucketFields {
  readonly location?: unknown;
  readonly versioning?: { readonly enabled?: unknown };
  readonly softDeletePolicy?: { readonly retentionDurationSeconds?: unknown };
  readonly retentionPolicy?: { readonly retentionPeriod?: unknown };
  readonly lifecycle?: { readonly rule?: unknown };
}

async function readKeeping(connection: Connection, signal: AbortSignal): Promise<Keeping> {
  const fields = await readBucket(connection, signal);
  if (fields === undefined) return () => undefined;
  const softMs = softDeleteMs(fields);
  if (fields.versioning?.enabled === true) {
    const days = oldVersionDays(fields);
    if (days === undefined) return () => ({});
    return (nowMs) => ({ freedAbout: new Date(nowMs + days * dayMs + softMs) });
  }
  return softMs === 0 ? () => undefined : (nowMs) => ({ freedAbout: new Date(nowMs + softMs) });
}

/** For so long what is removed can be taken back, and is paid for. */
export function softDeleteMs({ softDeletePolicy }: BucketFields): number {
  const seconds = Number(softDeletePolicy?.retentionDurationSeconds ?? 0);
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}

/** After how many days a rule for all objects removes old versions. */
export function oldVersionDays({ lifecycle }: BucketFields): number | undefined {
  const rules = Array.isArray(lifecycle?.rule) ? (lifecycle.rule as readonly unknown[]) : [];
  const days = rules.flatMap((rule) => {
    const { action, condition } = rule as {
      readonly action?: { readonly type?: unknown };
      readonly condition?: Readonly<Record<string, unknown>>;
    };
    if (action?.type !== "Delete" || condition === undefined) return [];
    const { daysSinceNoncurrentTime, isLive, ...others } = condition;
    const isForAll = isLive !== true && Object.keys(others).length === 0;
    return isForAll && typeof daysSinceNoncurrentTime === "number" ? [daysSinceNoncurrentTime] : [];
  });
  return days.length === 0 ? undefined : Math.min(...days);
}
