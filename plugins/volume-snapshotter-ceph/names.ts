import { createHash } from "node:crypto";
import { ArkError } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { type CephOptions, isPlainName } from "./options.ts";

/** An image of RBD. */
export interface Image {
  readonly pool: string;
  readonly namespace: string;
  readonly name: string;
}

/** The one snapshot of an image that keeps data: it is made last, so what has it is whole. */
export const keptMark = "ark-ts";

const keptPrefix = "ark-snap-";

/** Names follow from the key: what an earlier call with it has made, is found by them. */
export function namesOf(idempotencyKey: string): {
  readonly kept: string;
  readonly cut: string;
  readonly volume: string;
} {
  const digest = createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 32);
  return { kept: `${keptPrefix}${digest}`, cut: `ark-cut-${digest}`, volume: `ark-vol-${digest}` };
}

export const isKeptName = (name: string): boolean => /^ark-snap-[0-9a-f]{32}$/.test(name);

/** `pool/image`, or `pool/namespace/image`. */
export const specOf = ({ pool, namespace, name }: Image): string =>
  `${poolSpecOf(pool, namespace)}/${name}`;

export const poolSpecOf = (pool: string, namespace: string): string =>
  namespace === "" ? pool : `${pool}/${namespace}`;

export const snapshotIdOf = (kept: Image): string => `${specOf(kept)}@${keptMark}`;

type Place = Pick<CephOptions, "pools" | "radosNamespace" | "location">;

/** The image that keeps a snapshot. Errors: ARK_PROVIDER_FAILED where it is not of this location. */
export function keptImageOf(snapshotId: string, place: Place): Image {
  const [spec = "", mark, ...more] = snapshotId.split("@");
  const image = imageAt(spec, place);
  if (image !== undefined && mark === keptMark && more.length === 0 && isKeptName(image.name)) {
    return image;
  }
  throw foreign(`snapshot ${JSON.stringify(snapshotId)}`, place);
}

/** As `keptImageOf`, for the id of a volume. */
export function imageOf(volumeId: string, place: Place): Image {
  const image = imageAt(volumeId, place);
  if (image !== undefined) return image;
  throw foreign(`volume ${JSON.stringify(volumeId)}`, place);
}

function imageAt(spec: string, { pools, radosNamespace }: Place): Image | undefined {
  const pool = pools.find((one) => spec.startsWith(`${poolSpecOf(one, radosNamespace)}/`));
  if (pool === undefined) return undefined;
  const name = spec.slice(poolSpecOf(pool, radosNamespace).length + 1);
  return isPlainName(name) ? { pool, namespace: radosNamespace, name } : undefined;
}

function foreign(what: string, { location, pools, radosNamespace }: Place): ArkError {
  const places = pools.map((pool) => poolSpecOf(pool, radosNamespace)).join(", ");
  return new ArkError(
    "ARK_PROVIDER_FAILED",
    `${what} is not of volume snapshot location ${JSON.stringify(location)}, which has ${places}`,
    { advice: "add its pool to `pools` of the location, or use the location that made it" },
  );
}
