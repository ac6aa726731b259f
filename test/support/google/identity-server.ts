/**
 * Google's token endpoint, metadata server, security token service and IAM's signBlob on one loopback
 * port. As the documentation of service accounts (OAuth 2.0, JWT bearer), of Compute Engine's metadata
 * and of workload identity federation says, it refuses what they refuse.
 */
import {
  createSign,
  createVerify,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface IdentityServer {
  readonly port: number;
  /** `http://127.0.0.1:…` */
  readonly origin: string;
  readonly email: string;
  readonly privateKey: string;
  readonly publicKey: KeyObject;
  /** `METHOD path`, in order. */
  readonly asked: string[];
  /** Whether a value of `authorization` holds a token that was given and not taken back. */
  knows(authorization: string | undefined): boolean;
  /** All tokens given so far are refused from now on. */
  revoke(): void;
  /** Writes a service account's key file; `change` overwrites fields, undefined ones are left out. */
  writeKeyFile(path: string, change?: Readonly<Record<string, unknown>>): void;
  /** Seconds that tokens are valid. */
  lifetimeSeconds: number;
  /** Whether the account may sign by IAM. */
  maySign: boolean;
  /** Whether a token of another issuer is that of who may act. */
  isSubject: (token: string) => boolean;
  close(): Promise<void>;
}

const scope = "https://www.googleapis.com/auth/cloud-platform";

export async function startIdentityServer(): Promise<IdentityServer> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const email = "backups@project-one.iam.gserviceaccount.com";
  const tokens = new Set<string>();
  const asked: string[] = [];
  const listener = createServer((request, response) => void answer(request, response));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;

  const give = (): { access_token: string; expires_in: number; token_type: string } => {
    const token = `token-${randomUUID()}`;
    tokens.add(token);
    return { access_token: token, expires_in: server.lifetimeSeconds, token_type: "Bearer" };
  };
  const routes: Record<string, (request: IncomingMessage, body: string) => Answer> = {
    "POST /token": (_request, body) => {
      const fault = assertionFault(new URLSearchParams(body), { publicKey, email, origin });
      if (fault === undefined) return { status: 200, json: give() };
      return { status: 400, json: { error: "invalid_grant", error_description: fault } };
    },
    "POST /sts": (_request, body) => {
      const form = new URLSearchParams(body);
      if (!server.isSubject(form.get("subject_token") ?? "") || form.get("scope") !== scope) {
        return { status: 400, json: { error: "invalid_grant", error_description: "bad subject" } };
      }
      const issued_token_type = "urn:ietf:params:oauth:token-type:access_token";
      return { status: 200, json: { ...give(), issued_token_type } };
    },
    "GET /computeMetadata/v1/instance/service-accounts/default/token": metadata(() =>
      JSON.stringify(give()),
    ),
    "GET /computeMetadata/v1/instance/service-accounts/default/email": metadata(() => email),
    "GET /computeMetadata/v1/project/project-id": metadata(() => "project-of-the-machine"),
  };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", origin).pathname;
    asked.push(`${request.method} ${path}`);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces).toString();
    const route = routes[`${request.method} ${path}`] ?? (path.endsWith(":signBlob") ? sign : none);
    const { status, json, text, headers = {} } = route(request, body);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(text ?? JSON.stringify(json ?? {}));
  }
  function sign(request: IncomingMessage, body: string): Answer {
    const name = decodeURIComponent(request.url ?? "");
    if (!server.knows(request.headers.authorization)) return refused(401, "UNAUTHENTICATED");
    if (!server.maySign) return refused(403, "PERMISSION_DENIED");
    if (!name.endsWith(`/v1/projects/-/serviceAccounts/${email}:signBlob`)) {
      return refused(404, "NOT_FOUND");
    }
    const { payload } = JSON.parse(body) as { payload: string };
    const signer = createSign("RSA-SHA256").update(Buffer.from(payload, "base64"));
    return { status: 200, json: { keyId: "1", signedBlob: signer.sign(privateKey, "base64") } };
  }
  const server: IdentityServer = {
    ...{ port, origin, email, privateKey: pem, publicKey, asked },
    lifetimeSeconds: 3_600,
    maySign: true,
    isSubject: (token) => token === "the-pods-own-token",
    knows: (authorization) => tokens.has(authorization?.replace(/^Bearer /, "") ?? ""),
    revoke: () => tokens.clear(),
    writeKeyFile(path, change = {}) {
      const fields = {
        type: "service_account",
        project_id: "project-one",
        private_key_id: "1",
        private_key: pem,
        client_email: email,
        token_uri: `${origin}/token`,
        ...change,
      };
      writeFileSync(path, JSON.stringify(fields), { mode: 0o600 });
    },
    async close() {
      listener.closeAllConnections();
      listener.close();
      await once(listener, "close");
    },
  };
  return server;
}

interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const none = (): Answer => refused(404, "NOT_FOUND");

function refused(code: number, status: string): Answer {
  return { status: code, json: { error: { code, message: `refused: ${status}`, status } } };
}

/** A request without the header is refused: it protects against forged requests. */
function metadata(value: () => string): (request: IncomingMessage) => Answer {
  const flavor = { "metadata-flavor": "Google", "content-type": "application/text" };
  return ({ headers }) =>
    headers["metadata-flavor"] === "Google"
      ? { status: 200, text: value(), headers: flavor }
      : { status: 403, text: "Missing Metadata-Flavor:Google header.", headers: flavor };
}

function assertionFault(
  form: URLSearchParams,
  wanted: { readonly publicKey: KeyObject; readonly email: string; readonly origin: string },
): string | undefined {
  if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer") return "grant_type";
  const [head = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".");
  const verify = createVerify("RSA-SHA256").update(`${head}.${claims}`);
  if (!verify.verify(wanted.publicKey, Buffer.from(signature, "base64url"))) {
    return "Invalid JWT Signature.";
  }
  const said = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>;
  if (said["iss"] !== wanted.email) return "Invalid issuer.";
  if (said["aud"] !== `${wanted.origin}/token`) return "Invalid audience.";
  return said["scope"] === scope ? undefined : "Invalid scope.";
}
