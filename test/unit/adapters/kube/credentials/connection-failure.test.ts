import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { toConnectionError } from "../../../../../src/adapters/kube/credentials/connection-failure.ts";
import { ArkError } from "../../../../../src/lib/errors.ts";
import { type AccessBench, base64, failureOf, get, openBench } from "./access-bench.ts";
import { startApiServer } from "./api-stand-in.ts";

describe("toConnectionError()", () => {
  let bench: AccessBench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  const failure = async (cluster: object): Promise<ArkError> => {
    const access = await bench.open({ kubeconfig: bench.kubeconfig({}, cluster) });
    return failureOf(
      get(access).catch((error) =>
        Promise.reject(toConnectionError(error, access.serverUrl, "GET /version")),
      ),
    );
  };

  it("names server, request, reason and what to do when nobody listens", async () => {
    const gone = await startApiServer(undefined);
    await gone.close();
    const error = await failure({ server: `https://127.0.0.1:${gone.port}` });
    assert.equal(error.code, "ARK_API_UNREACHABLE");
    assert.equal(error.message, `cannot reach the API server at https://127.0.0.1:${gone.port}`);
    assert.equal(error.tried, "GET /version");
    assert.equal(error.answer, `connection refused (ECONNREFUSED 127.0.0.1:${gone.port})`);
    assert.match(error.advice ?? "", /runs there/);
    assert.equal(error.disposition, "retry");
  });

  it("tells an authority that did not sign the server's certificate", async () => {
    const data = base64(bench.certs.otherCa.cert);
    const error = await failure({ "certificate-authority-data": data });
    assert.match(error.answer ?? "", /not signed by the kubeconfig's certificate authority/);
    assert.match(error.advice ?? "", /certificate-authority/);
  });

  it("tells a certificate for another name, and points at tls-server-name", async () => {
    const error = await failure({ "tls-server-name": "other.example.test" });
    assert.match(error.answer ?? "", /another name/);
    assert.match(error.advice ?? "", /tls-server-name/);
  });

  it("tells a server that does not speak TLS", async () => {
    const plain = await startApiServer(undefined);
    try {
      const error = await failure({ server: `https://127.0.0.1:${plain.port}` });
      assert.match(error.answer ?? "", /does not speak TLS/);
    } finally {
      await plain.close();
    }
  });

  it("tells a name that DNS does not know", async () => {
    const error = await failure({ server: "https://nowhere.invalid" });
    assert.match(error.answer ?? "", /DNS.*nowhere\.invalid/);
  });

  it("tells a connection that is closed without an answer", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(typeof address === "object" && address);
    const error = await failure({ server: `https://127.0.0.1:${address.port}` });
    assert.match(error.answer ?? "", /closed|reset/);
    server.close();
  });

  it("looks into the errors of several addresses", () => {
    const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
    const error = toConnectionError(new AggregateError([refused, refused]), "https://x");
    assert.equal(error.answer, "connection refused (ECONNREFUSED)");
  });

  it("passes an ArkError as it is, also as a cause, and keeps what it does not know", () => {
    const own = new ArkError("ARK_CREDENTIAL_PLUGIN", "no");
    assert.equal(toConnectionError(own, "https://x"), own);
    assert.equal(toConnectionError(new Error("y", { cause: own }), "https://x"), own);
    const strange = toConnectionError(new Error("something new"), "https://x");
    assert.equal(strange.code, "ARK_API_UNREACHABLE");
    assert.equal(strange.answer, "something new");
  });
});
