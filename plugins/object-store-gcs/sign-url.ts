import { createHash, createSign } from "node:crypto";
import { ArkError, type SignedUrlOptions } from "../../src/plugin-sdk/object-store.ts";
import { type Connection, escaped, xmlPath } from "./connect.ts";

const algorithm = "GOOG4-RSA-SHA256";

/** A URL of version 4. Errors: ARK_STORE_UNSUPPORTED where nobody can sign. */
export async function signUrl(
  connection: Connection,
  key: string,
  { expiresInSeconds, signal }: SignedUrlOptions,
): Promise<string> {
  const { signer, options, clock, display } = connection;
  if (signer === undefined) {
    throw new ArkError("ARK_STORE_UNSUPPORTED", `${display}: these credentials sign no URLs`, {
      advice: "use the key file of a service account, or set serviceAccount in the config",
    });
  }
  signal.throwIfAborted();
  const name = options.prefix + key;
  const { origin, host } = new URL(options.endpoint);
  const path = xmlPath(connection, name);
  const time = clock
    .now()
    .toISOString()
    .replace(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
  // In the order that the signature wants: by name.
  const query = [
    ["X-Goog-Algorithm", algorithm],
    ["X-Goog-Credential", `${signer.email}/${scope}`],
    ["X-Goog-Date", time],
    ["X-Goog-Expires", `${expiresInSeconds}`],
    ["X-Goog-SignedHeaders", "host"],
  ]
    .map(([field = "", value = ""]) => `${escaped(field)}=${escaped(value)}`)
    .join("&");
  const request = ["GET", path, query, `host:${host}`, "", "host", "UNSIGNED-PAYLOAD"].join("\n");
  const digest = createHash("sha256").update(request).digest("hex");
  const text = [algorithm, time, scope, digest].join("\n");
  const signature =
    signer.privateKey === undefined
      ? await signByIam(connection, signer.email, text, signal)
      : createSign("RSA-SHA256").update(text).sign(signer.privateKey);
  return `${origin}${path}?${query}&X-Goog-Signature=${signature.toString("hex")}`;
}

/** IAM signs with a key that it keeps for the account. */
async function signByIam(
  connection: Connection,
  email: string,
  text: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const { json } = await connection.call("SignBlob", "", {
    method: "POST",
    url: `${connection.iamOrigin}/v1/projects/-/serviceAccounts/${escaped(email)}:signBlob`,
    json: { payload: Buffer.from(text).toString("base64") },
    signal,
  });
  const signed = json["signedBlob"];
  if (typeof signed === "string" && signed !== "") return Buffer.from(signed, "base64");
  throw new ArkError("ARK_STORE_FAILED", `cannot sign URLs of location ${connection.display}`, {
    answer: "IAM answered without a signature",
  });
}
