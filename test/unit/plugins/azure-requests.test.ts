import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { connectAzure } from "../../../plugins/shared-azure/connect.ts";
import { AzureFailure } from "../../../plugins/shared-azure/failure.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";

interface Asked {
  readonly line: string;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const folder = mkdtempSync(join(tmpdir(), "ark-azure-"));
const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
  rmSync(folder, { recursive: true, force: true });
});

/** Entra and Resource Manager in one; each answer is given once, the last one again and again. */
async function serve(
  replies: readonly Reply[],
  tokens: readonly Reply[] = [token("t1"), token("t2")],
) {
  const asked: Asked[] = [];
  const left = { token: [...tokens], manager: [...replies] };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, text });
    const queue = request.url?.includes("/oauth2/") ? left.token : left.manager;
    const reply = queue.length > 1 ? queue.shift() : queue[0];
    response.writeHead(reply?.status ?? 500, {
      "content-type": "application/json",
      ...reply?.headers,
    });
    response.end(reply?.body === undefined ? undefined : JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const token = (text: string, seconds: number | string = 3599): Reply => ({
  status: 200,
  body: { token_type: "Bearer", expires_in: seconds, access_token: text },
});

const secrets = {
  AZURE_TENANT_ID: "tenant",
  AZURE_CLIENT_ID: "client",
  AZURE_CLIENT_SECRET: "s3cr&t",
};

function connect(url: string, values: Record<string, string> = secrets) {
  const pauses: number[] = [];
  const clock = {
    ...createSystemClock(),
    random: () => 0.5,
    sleep: async (ms: number) => void pauses.push(ms),
  };
  const env = { ...values, AZURE_AUTHORITY_HOST: url, AZURE_RESOURCE_MANAGER_ENDPOINT: url };
  const azure = connectAzure({}, { env, homeDirectory: folder, clock });
  closers.push(azure.close);
  return { azure, pauses };
}

const { signal } = new AbortController();
const disk = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/disks/d";
const get = { method: "GET", path: disk, apiVersion: "2024-03-02", signal } as const;
const put = { ...get, method: "PUT", body: { location: "westeurope" } } as const;
const refused = (status: number, code: string, headers?: Record<string, string>): Reply => ({
  status,
  ...(headers === undefined ? {} : { headers }),
  body: { error: { code, message: `it was ${code}` } },
});

describe("ResourceManager.call()", () => {
  it("asks for one token by the secret, and sends it with each call", async () => {
    const { url, asked } = await serve([{ status: 200, body: { name: "d" } }]);
    const manager = await connect(url).azure.resourceManager();
    assert.deepEqual((await manager.call(get)).body, { name: "d" });
    assert.equal((await manager.call(put)).status, 200);
    const [first, second, third] = asked;
    assert.equal(asked.length, 3);
    assert.equal(first?.line, "POST /tenant/oauth2/v2.0/token");
    assert.deepEqual(Object.fromEntries(new URLSearchParams(first?.text)), {
      grant_type: "client_credentials",
      client_id: "client",
      client_secret: "s3cr&t",
      scope: "https://management.azure.com/.default",
    });
    assert.equal(second?.line, `GET ${disk}?api-version=2024-03-02`);
    assert.equal(second?.headers.authorization, "Bearer t1");
    assert.deepEqual(JSON.parse(third?.text ?? ""), put.body);
  });

  it("asks for a new token once when one is refused", async () => {
    const { url, asked } = await serve([
      refused(401, "ExpiredAuthenticationToken"),
      { status: 204 },
    ]);
    const { azure, pauses } = connect(url);
    assert.equal((await (await azure.resourceManager()).call(get)).status, 204);
    assert.equal(asked.at(-1)?.headers.authorization, "Bearer t2");
    assert.deepEqual(pauses, []);
  });

  it("gives up when the new token is refused too", async () => {
    const { url, asked } = await serve([refused(401, "InvalidAuthenticationToken")]);
    const manager = await connect(url).azure.resourceManager();
    await assert.rejects(manager.call(get), { status: 401, code: "InvalidAuthenticationToken" });
    assert.equal(asked.length, 4);
  });

  it("waits as long as a refusal for rate asks, also before it makes something", async () => {
    const busy = refused(429, "TooManyRequests", { "retry-after": "7" });
    const { url, asked } = await serve([busy, busy, { status: 202 }]);
    const { azure, pauses } = connect(url);
    assert.equal((await (await azure.resourceManager()).call(put)).status, 202);
    assert.deepEqual(pauses, [7_000, 7_000]);
    assert.equal(asked.length, 4);
  });

  it("does not wait for who asks for hours", async () => {
    const { url } = await serve([refused(429, "TooManyRequests", { "retry-after": "7200" })]);
    const { azure, pauses } = connect(url);
    const manager = await azure.resourceManager();
    await assert.rejects(manager.call(get), { retryAfterMs: 7_200_000 });
    assert.deepEqual(pauses, []);
  });

  it("repeats after a failure that passes only what makes nothing", async () => {
    const flaky = [
      refused(500, "InternalServerError"),
      refused(503, "ServerBusy"),
      { status: 200 },
    ];
    const read = await serve(flaky);
    assert.equal((await (await connect(read.url).azure.resourceManager()).call(get)).status, 200);
    const made = await serve(flaky);
    const manager = await connect(made.url).azure.resourceManager();
    await assert.rejects(manager.call(put), { status: 500, code: "InternalServerError" });
    assert.equal((await manager.call({ ...put, mayRepeat: true })).status, 200);
  });

  it("tells what was refused in Azure's words, with the number of the request", async () => {
    const { url } = await serve([refused(404, "ResourceNotFound", { "x-ms-request-id": "r-1" })]);
    const manager = await connect(url).azure.resourceManager();
    const expected = {
      code: "ResourceNotFound",
      status: 404,
      requestId: "r-1",
      message: "it was ResourceNotFound",
    };
    await assert.rejects(manager.call(get), (thrown) => {
      assert.ok(thrown instanceof AzureFailure);
      const { code, status, requestId, message } = thrown;
      assert.deepEqual({ code, status, requestId, message }, expected);
      return true;
    });
  });

  it("sends no token to another host", async () => {
    const { url, asked } = await serve([{ status: 200 }]);
    const manager = await connect(url).azure.resourceManager();
    const call = manager.call({ method: "GET", path: "https://example.org/operations/1", signal });
    await assert.rejects(call, { code: "UnexpectedHost" });
    assert.ok(asked.every(({ line }) => line.includes("/oauth2/")));
  });

  it("tells that nobody answered by the errno", async () => {
    const { url } = await serve([{ status: 200 }]);
    const { azure } = connect(url);
    const manager = await azure.resourceManager();
    await manager.call(get);
    for (const close of closers.splice(0)) close();
    await assert.rejects(manager.call(put), (thrown) => {
      assert.ok(thrown instanceof AzureFailure);
      assert.equal(thrown.status, undefined);
      assert.match(thrown.code, /^E[A-Z]+$/);
      return true;
    });
  });

  it("ends with the signal's reason", async () => {
    const { url } = await serve([{ status: 200 }]);
    const manager = await connect(url).azure.resourceManager();
    const reason = new RangeError("enough");
    await assert.rejects(manager.call({ ...get, signal: AbortSignal.abort(reason) }), reason);
  });
});

describe("TokenSource.token()", () => {
  const scope = "https://storage.azure.com/.default";

  it("asks again five minutes before the end, and when the credentials changed", async () => {
    const { url, asked } = await serve([], [token("t1", 299), token("t2"), token("t3")]);
    const { tokens } = connect(url).azure;
    assert.equal((await tokens.token(scope, signal)).text, "t1");
    assert.equal((await tokens.token(scope, signal)).text, "t2");
    assert.equal((await tokens.token(scope, signal)).text, "t2");
    assert.equal(asked.length, 2);
  });

  it("proves a workload identity by the pod's token, read for each", async () => {
    const file = join(folder, "token");
    const { url, asked } = await serve([], [token("t1", 10), token("t2")]);
    const workload = {
      AZURE_TENANT_ID: "tenant",
      AZURE_CLIENT_ID: "c",
      AZURE_FEDERATED_TOKEN_FILE: file,
    };
    const { tokens } = connect(url, workload).azure;
    for (const text of ["one", "two"]) {
      writeFileSync(file, `${text}\n`);
      await tokens.token(scope, signal);
    }
    const sent = asked.map(({ text }) => new URLSearchParams(text).get("client_assertion"));
    assert.deepEqual(sent, ["one", "two"]);
    assert.equal(await tokens.who(), "workload identity c of the environment");
  });

  it("asks the machine's own service, and again while that is not ready", async () => {
    const soon = { status: 404, body: { error: "not_found" } };
    const { url, asked } = await serve([], [soon, soon, token("t1", "86400")]);
    const host = { AZURE_POD_IDENTITY_AUTHORITY_HOST: url, AZURE_CLIENT_ID: "mine" };
    const { azure, pauses } = connect(url, host);
    assert.equal((await azure.tokens.token(scope, signal)).text, "t1");
    assert.deepEqual(pauses, [1_000, 2_000]);
    const last = asked.at(-1);
    assert.equal(last?.headers["metadata"], "true");
    assert.equal(
      last?.line,
      "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com&client_id=mine",
    );
  });

  it("tells Entra's own code of a refusal", async () => {
    const body = {
      error: "invalid_client",
      error_description: "AADSTS7000215: Invalid client secret.\r\nTrace ID: 1",
    };
    const { url } = await serve([], [{ status: 401, body }]);
    const { tokens } = connect(url).azure;
    await assert.rejects(tokens.token(scope, signal), {
      service: "token",
      status: 401,
      code: "AADSTS7000215",
      message: "AADSTS7000215: Invalid client secret.",
    });
  });
});
