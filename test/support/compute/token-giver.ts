/** The two givers of tokens: for key files of service accounts, and the metadata server. */
import { createVerify, generateKeyPairSync } from "node:crypto";
import type { ServerResponse } from "node:http";

export const token = "double";

export interface TokenGiver {
  /** JSON of a key file; `tokenUri` is where `give` answers. */
  keyFile(tokenUri: string): string;
  /** Answers a request of RFC 7523, if the key file's key has signed it. */
  give(form: string, response: ServerResponse): void;
}

const email = "snapshots@shop-prod.iam.gserviceaccount.com";

export function createTokenGiver(projectId: string): TokenGiver {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const isSigned = (assertion: string): boolean => {
    const [head = "", claims = "", signature = ""] = assertion.split(".");
    const { iss } = JSON.parse(Buffer.from(claims, "base64url").toString() || "{}");
    const verifier = createVerify("RSA-SHA256").update(`${head}.${claims}`);
    return iss === email && verifier.verify(publicKey, signature, "base64url");
  };
  return {
    keyFile: (tokenUri) =>
      JSON.stringify({
        type: "service_account",
        project_id: projectId,
        private_key_id: "k1",
        private_key: privateKey,
        client_email: email,
        client_id: "1",
        token_uri: tokenUri,
      }),
    give(form, response) {
      const good = isSigned(new URLSearchParams(form).get("assertion") ?? "");
      response.writeHead(good ? 200 : 400, { "content-type": "application/json" });
      const refused = { error: "invalid_grant", error_description: "Invalid JWT Signature." };
      const given = { access_token: token, expires_in: 3_600, token_type: "Bearer" };
      response.end(JSON.stringify(good ? given : refused));
    },
  };
}

/** https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys */
export function tellMetadata(path: string, projectId: string, response: ServerResponse): void {
  const texts: Readonly<Record<string, string>> = {
    "project/project-id": projectId,
    "instance/service-accounts/default/email": email,
    "instance/service-accounts/default/token": JSON.stringify({
      access_token: token,
      expires_in: 3_600,
      token_type: "Bearer",
    }),
  };
  const text = texts[path.replace("/computeMetadata/v1/", "")];
  response.writeHead(text === undefined ? 404 : 200, { "metadata-flavor": "Google" });
  response.end(text ?? "");
}
