import { createHash } from "node:crypto";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { hasCode } from "../../src/plugin-sdk/object-store.ts";
import type { Connection } from "./connect.ts";
import { checksums } from "./options.ts";

const body = Buffer.from("ark-ts probe of checksums");
const md5 = createHash("md5").update(body).digest("base64");
const wrongMd5 = createHash("md5").update("something else").digest("base64");

/**
 * Which checksums the store takes with a put, and whether it heeds them. Errors: those of the
 * store when it takes not even the one that this location sends.
 */
export async function probeChecksums(
  connection: Connection,
  signal: AbortSignal,
): Promise<string | { readonly missing: string }> {
  const key = `metadata/ark-ts/probe/${connection.clock.uuid()}/checksum`;
  const own = connection.options.checksum === "none" ? "MD5" : connection.options.checksum;
  const accepted: string[] = [];
  try {
    for (const mode of ["MD5", ...checksums] as const) {
      const params = mode === "MD5" ? { ContentMD5: md5 } : { ChecksumAlgorithm: mode };
      const isAccepted = await isPutAccepted(connection, key, params, signal, mode === own);
      if (isAccepted) accepted.push(mode);
    }
    const heedless = await isPutAccepted(connection, key, { ContentMD5: wrongMd5 }, signal, false);
    if (heedless) return { missing: `${accepted.join(", ")}; but a wrong MD5 is accepted` };
    return `${accepted.join(", ")}; a wrong MD5 is refused`;
  } finally {
    await removeProbe(connection, key, signal);
  }
}

type ChecksumParams =
  | { readonly ContentMD5: string }
  | { readonly ChecksumAlgorithm: (typeof checksums)[number] };

async function isPutAccepted(
  { client, options, call }: Connection,
  key: string,
  params: ChecksumParams,
  signal: AbortSignal,
  isNeeded: boolean,
): Promise<boolean> {
  const Key = options.prefix + key;
  const common = { Bucket: options.bucket, Key, Body: body, ContentLength: body.length };
  const command = new PutObjectCommand({ ...common, ...params });
  try {
    await call("PutObject", Key, signal, (abort) => client.send(command, abort));
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    if (isNeeded || hasCode(thrown, "ARK_STORE_DENIED")) throw thrown;
    return false;
  }
}

async function removeProbe(
  { client, options, call }: Connection,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const Key = options.prefix + key;
  const command = new DeleteObjectCommand({ Bucket: options.bucket, Key });
  await call("DeleteObject", Key, signal, (abort) => client.send(command, abort)).catch(
    () => undefined,
  );
}
