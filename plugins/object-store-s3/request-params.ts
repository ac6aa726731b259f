import { createHash } from "node:crypto";
import type { ChecksumAlgorithm } from "@aws-sdk/client-s3";
import type { Connection } from "./connect.ts";

/** Headers of an SSE-C key, which every call on an object's bytes or size must carry. */
export function customerKeyParams({ customerKey }: Pick<Connection, "customerKey">) {
  if (customerKey === undefined) return {};
  return {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: Buffer.from(customerKey).toString("base64"),
    SSECustomerKeyMD5: createHash("md5").update(customerKey).digest("base64"),
  };
}

/** What a new object carries: encryption and tags. */
export function newObjectParams(connection: Pick<Connection, "customerKey" | "options">) {
  const { serverSideEncryption, kmsKeyId, tagging } = connection.options;
  const encryption = kmsKeyId === undefined ? serverSideEncryption : "aws:kms";
  return {
    ...customerKeyParams(connection),
    ...(encryption === undefined ? {} : { ServerSideEncryption: encryption }),
    ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    ...(tagging === undefined ? {} : { Tagging: tagging }),
  };
}

/**
 * The checksum of a body, always a plain header and never a trailer: the body is a buffer. Object
 * lock demands one: there it is sent though the location asks for none.
 */
export async function bodyChecksumParams(
  { options, lock }: Pick<Connection, "options" | "lock">,
  body: Uint8Array,
  signal: AbortSignal,
) {
  const { checksum } = options;
  if (checksum === "none" && (await lock(signal)) === undefined) return {};
  if (checksum !== "none" && checksum !== "MD5") return { ChecksumAlgorithm: checksum };
  return { ContentMD5: createHash("md5").update(body).digest("base64") };
}

/** The algorithm that an upload in parts must be started with. */
export function uploadChecksumParams({ options }: Pick<Connection, "options">): {
  readonly ChecksumAlgorithm?: ChecksumAlgorithm;
} {
  const { checksum } = options;
  return checksum === "none" || checksum === "MD5" ? {} : { ChecksumAlgorithm: checksum };
}
