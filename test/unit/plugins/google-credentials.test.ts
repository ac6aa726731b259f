import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { isRateRefusal, readAnswer } from "../../../plugins/shared-google/answer.ts";
import { createGoogleClient, type GoogleClient } from "../../../plugins/shared-google/client.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import { type IdentityServer, startIdentityServer } from "../../support/google/identity-server.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const { signal } = new AbortController();

describe("Google's credentials", () => {
  let identity: IdentityServer;
  let folder: string;
  let service: Server;
  let url: string;
  const open: GoogleClient[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "google-credentials-"));
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    identity = await startIdentityServer();
    service = createServer((request, response) => {
      const known = identity.knows(request.headers.authorization);
      response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
      const refusal = { code: 401, message: "Invalid Credentials", status: "UNAUTHENTICATED" };
      response.end(JSON.stringify(known ? { ok: true } : { error: refusal }));
    });
    await new Promise<void>((done) => service.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/thing`;
  });
  afterEach(async () => {
    for (const client of open.splice(0)) await client.close();
    await identity.close();
    service.closeAllConnections();
    await new Promise((done) => service.close(done));
  });

  async function clientOf(
    credentialsFile?: string,
    env: Readonly<Record<string, string>> = {},
    home = join(folder, "nobody"),
  ): Promise<GoogleClient> {
    const context = { env, homeDirectory: home, clock: createVirtualClock() };
    const client = await createGoogleClient({ credentialsFile }, context);
    open.push(client);
    return client;
  }
  const get = async (client: GoogleClient) =>
    (await client.call({ method: "GET", url, signal })).json;
  const file = (name: string): string => join(folder, name);

  it("gets a token for a key file, once for many calls", async () => {
    identity.writeKeyFile(file("key.json"));
    const client = await clientOf(file("key.json"));
    const answers = await Promise.all([get(client), get(client), get(client)]);
    assert.deepEqual(answers, [{ ok: true }, { ok: true }, { ok: true }]);
    await get(client);
    assert.deepEqual(identity.asked, ["POST /token"]);
    assert.match(await client.credentials.who(), /^backups@project-one\..* of file .*key\.json$/);
    assert.equal(await client.credentials.projectId(signal), "project-one");
    assert.equal((await client.credentials.signingAccount())?.privateKey, identity.privateKey);
  });

  it("reads a key file again when it changes, and not before", async () => {
    identity.writeKeyFile(file("changing.json"));
    const client = await clientOf(file("changing.json"));
    await get(client);
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const foreign = other.export({ type: "pkcs8", format: "pem" });
    identity.writeKeyFile(file("changing.json"), { private_key: foreign });
    await assert.rejects(get(client), (error) => {
      const answer = readAnswer(error);
      assert.equal(answer.reason, "noToken");
      assert.match(answer.message, /Invalid JWT Signature/);
      assert.equal(answer.wasSent, false);
      return true;
    });
    identity.writeKeyFile(file("changing.json"));
    assert.deepEqual(await get(client), { ok: true });
  });

  it("gets a new token after the service refused the old one", async () => {
    identity.writeKeyFile(file("revoked.json"));
    const client = await clientOf(file("revoked.json"));
    await get(client);
    identity.revoke();
    await assert.rejects(get(client), (error) => readAnswer(error).status === 401);
    assert.deepEqual(await get(client), { ok: true });
  });

  it("exchanges the token of an external account", async () => {
    writeFileSync(file("subject"), "the-pods-own-token");
    const fields = {
      type: "external_account",
      audience:
        "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${identity.origin}/sts`,
      credential_source: { file: file("subject") },
    };
    writeFileSync(file("external.json"), JSON.stringify(fields));
    const client = await clientOf(undefined, {
      GOOGLE_APPLICATION_CREDENTIALS: file("external.json"),
    });
    assert.deepEqual(await get(client), { ok: true });
    assert.deepEqual(identity.asked, ["POST /sts"]);
    assert.equal(await client.credentials.signingAccount(), undefined);
  });

  it("takes the file where gcloud puts it, before the metadata server", async () => {
    const home = file("home");
    mkdirSync(join(home, ".config", "gcloud"), { recursive: true });
    identity.writeKeyFile(join(home, ".config", "gcloud", "application_default_credentials.json"));
    const env = { GCE_METADATA_HOST: `127.0.0.1:${identity.port}` };
    assert.deepEqual(await get(await clientOf(undefined, env, home)), { ok: true });
    assert.deepEqual(identity.asked, ["POST /token"]);
  });

  it("asks the metadata server once, and again when the token ends", async () => {
    const env = {
      GCE_METADATA_HOST: `127.0.0.1:${identity.port}`,
    };
    const clock = createVirtualClock();
    const context = { env, homeDirectory: file("nobody"), clock };
    const client = await createGoogleClient({}, context);
    open.push(client);
    await Promise.all([get(client), get(client)]);
    assert.equal(identity.asked.length, 1);
    assert.equal(await client.credentials.projectId(signal), "project-of-the-machine");
    assert.equal(await client.credentials.who(), `service account ${identity.email}`);
    identity.asked.length = 0;
    await clock.advance(3_600_000);
    assert.deepEqual(await get(client), { ok: true });
    assert.equal(identity.asked.length, 1);
  });

  it("says that there are no credentials, and who was asked", async () => {
    const client = await clientOf(undefined, { GCE_METADATA_HOST: "127.0.0.1:1" });
    await assert.rejects(get(client), (error) => {
      const { reason, message, wasSent } = readAnswer(error);
      assert.equal(reason, "noCredentials");
      assert.match(message, /no credentials file, and no metadata server at 127\.0\.0\.1:1/);
      assert.equal(wasSent, false);
      return true;
    });
  });

  const faults: readonly (readonly [string, string, RegExp])[] = [
    ["without `type`", '{"client_email":"x","private_key":"SECRET"}', /it has no `type`/],
    ["of another type", '{"type":"gdch","private_key":"SECRET"}', /type "gdch" is not known/],
    ["that is no JSON", "SECRET", /it is no JSON object/],
    ["without its key", '{"type":"service_account","client_email":"x"}', /must have private_key/],
  ];
  for (const [what, text, sentence] of faults) {
    it(`refuses a file ${what}, and does not quote it`, async () => {
      writeFileSync(file("bad.json"), text);
      await assert.rejects(get(await clientOf(file("bad.json"))), (error) => {
        assert.ok(error instanceof ArkError);
        assert.equal(error.code, "ARK_CONFIG_INVALID");
        assert.match(error.message, sentence);
        assert.doesNotMatch(`${error.message}${error.answer}${error.advice}`, /SECRET/);
        return true;
      });
    });
  }

  it("never falls back from a file that is named to other credentials", async () => {
    const env = { GCE_METADATA_HOST: `127.0.0.1:${identity.port}` };
    const client = await clientOf(file("missing.json"), env);
    await assert.rejects(get(client), { code: "ARK_CONFIG_INVALID" });
    assert.deepEqual(identity.asked, []);
  });

  it("leaves a shared token to the others when one call is cancelled", async () => {
    identity.writeKeyFile(file("shared.json"));
    const client = await clientOf(file("shared.json"));
    const controller = new AbortController();
    const cancelled = client.call({ method: "GET", url, signal: controller.signal });
    const other = get(client);
    controller.abort(new Error("enough"));
    await assert.rejects(cancelled, /enough/);
    assert.deepEqual(await other, { ok: true });
  });
});

describe("readAnswer() of Google's errors", () => {
  it("knows which requests never left, and which ask for less", async () => {
    const socket = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    assert.equal(readAnswer(socket).wasSent, false);
    assert.equal(readAnswer(Object.assign(new Error(), { code: "ECONNRESET" })).wasSent, true);
    const { refusalOf } = await import("../../../plugins/shared-google/answer.ts");
    const told = (status: number, error: object) =>
      refusalOf(status, { "retry-after": "7" }, JSON.stringify({ error })).answer;
    const rate = told(403, { message: "slow", errors: [{ reason: "rateLimitExceeded" }] });
    assert.equal(isRateRefusal(rate), true);
    assert.equal(rate.retryAfterMs, 7_000);
    assert.equal(isRateRefusal(told(403, { errors: [{ reason: "quotaExceeded" }] })), false);
    const precise = { status: "RESOURCE_EXHAUSTED", details: [{ reason: "RATE_LIMIT_EXCEEDED" }] };
    assert.equal(told(429, precise).reason, "RATE_LIMIT_EXCEEDED");
    assert.equal(refusalOf(502, {}, "<html>bad gateway</html>").answer.reason, "HTTP 502");
  });
});
