import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { openObjectStore } from "../../plugins/registry.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import type { ErrorCode } from "../../src/lib/errors.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { type FrontAnswer, type HttpFront, startHttpFront } from "../support/http-front.ts";
import { listKeys, readText, rejectsWithCode } from "../support/store-testing.ts";
import { type Azurite, startAzurite } from "../testbed/azurite.ts";

/** What Azure answers and azurite does not, as its documentation has it, before a real azurite. */
const container = "answers";
const { signal } = new AbortController();
const key = "backups/b/b.tar.gz";

/** learn.microsoft.com/rest/api/storageservices/status-and-error-codes2 */
function refusal(status: number, code: string, headers: Record<string, string> = {}): FrontAnswer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>It was ${code}.\nRequestId:r\nTime:t</Message></Error>`;
  return {
    status,
    headers: {
      "content-type": "application/xml",
      "x-ms-error-code": code,
      "x-ms-request-id": "r-1",
      ...headers,
    },
    body,
  };
}

describe("the Azure store, by answers of the real service", () => {
  let azurite: Azurite;
  let front: HttpFront;
  let store: ObjectStore;

  const open = (config: Record<string, string> = {}, env: Record<string, string> = azurite.env) =>
    openObjectStore(
      {
        provider: "azure",
        bucket: container,
        prefix: "p",
        config: {
          storageAccount: azurite.account,
          storageAccountURI: `${front.endpoint}/${azurite.account}`,
          ...config,
        },
      },
      { env, homeDirectory: "/nonexistent", clock: createSystemClock() },
    );

  before(async () => {
    azurite = await startAzurite();
    await azurite.createContainer(container);
    front = await startHttpFront(new URL(azurite.endpoint).origin);
    store = await open();
  });
  after(async () => {
    await store?.close();
    await front?.close();
    await azurite?.stop();
  });
  afterEach(() => {
    front.answer = () => undefined;
    front.spoil = () => "pass";
  });

  it("says of each refusal what it means and what to do", async () => {
    const cases: readonly [FrontAnswer, ErrorCode, RegExp, string][] = [
      [
        refusal(404, "ContainerNotFound"),
        "ARK_STORE_BUCKET_MISSING",
        /create the container/,
        "stall",
      ],
      [refusal(403, "AuthenticationFailed"), "ARK_STORE_DENIED", /access key or token/, "stall"],
      [
        refusal(403, "AuthorizationPermissionMismatch"),
        "ARK_STORE_DENIED",
        /Blob Data Contributor/,
        "stall",
      ],
      [refusal(403, "AuthorizationFailure"), "ARK_STORE_DENIED", /firewall/, "stall"],
      [refusal(403, "KeyBasedAuthenticationNotPermitted"), "ARK_STORE_DENIED", /useAAD/, "stall"],
      [refusal(409, "BlobImmutableDueToPolicy"), "ARK_STORE_DENIED", /immutability/, "stall"],
      [refusal(412, "LeaseIdMissing"), "ARK_STORE_DENIED", /lease/, "stall"],
      [
        refusal(503, "ServerBusy", { "retry-after": "7" }),
        "ARK_STORE_FAILED",
        /slow down/,
        "retry",
      ],
      [refusal(500, "OperationTimedOut"), "ARK_STORE_FAILED", /^$/, "retry"],
    ];
    for (const [answer, code, advice, disposition] of cases) {
      front.answer = () => answer;
      const error = await rejectsWithCode(store.put("k", Buffer.from("x"), { signal }), code);
      assert.match(error.advice ?? "", advice);
      assert.equal(error.disposition, disposition);
      assert.match(
        error.answer ?? "",
        new RegExp(`^${answer.status} [A-Z]\\w+: It was \\w+\\. \\(request r-1\\)$`),
      );
      assert.equal(error.retryAfterMs, answer.headers?.["retry-after"] === "7" ? 7_000 : undefined);
      assert.doesNotMatch(JSON.stringify(error), new RegExp(azurite.key.slice(0, 20)));
    }
  });

  it("knows a refusal of HEAD, which has no body, by its header", async () => {
    front.answer = () => ({ ...refusal(403, "AuthorizationPermissionMismatch"), body: "" });
    const error = await rejectsWithCode(store.head("k", { signal }), "ARK_STORE_DENIED");
    assert.match(error.advice ?? "", /Blob Data Contributor/);
  });

  it("sends each request once", async () => {
    front.answer = () => refusal(503, "ServerBusy");
    const before = front.seen.length;
    await rejectsWithCode(store.put("once", Buffer.from("x"), { signal }), "ARK_STORE_FAILED");
    assert.equal(front.seen.length, before + 1);
  });

  it("sends the MD5 of what it puts, and of each block", async () => {
    const before = front.seen.length;
    await store.put("sum", Buffer.from("abc"), { signal });
    const upload = await store.startUpload("sums", { signal, metadata: {} });
    await upload.putPart(1, Buffer.from("abc"), { signal });
    const [put, , block] = front.seen.slice(before).map(({ headers }) => headers);
    const md5 = "kAFQmDzST7DWlj99KOF/cg==";
    assert.equal(put?.["x-ms-blob-content-md5"], md5);
    assert.equal(block?.["content-md5"], md5);
  });

  it("ends an upload whose blocks are gone, as after an object of its name was written", async () => {
    const upload = await store.startUpload(key, { signal, metadata: {} });
    const receipt = await upload.putPart(1, Buffer.from("a"), { signal });
    front.answer = ({ url }) =>
      url.includes("comp=blocklist&") ? refusal(404, "BlobNotFound") : undefined;
    await rejectsWithCode(upload.complete([receipt], { signal }), "ARK_STORE_NOT_FOUND");
    assert.equal(await store.resumeUpload(key, upload.uploadId, { signal }), undefined);
    // They went between the question and the list.
    front.answer = ({ method, url }) =>
      method === "PUT" && url.endsWith("comp=blocklist")
        ? refusal(400, "InvalidBlockList")
        : undefined;
    await rejectsWithCode(upload.complete([receipt], { signal }), "ARK_STORE_NOT_FOUND");
  });

  it("finds that an upload is complete though the answer was lost", async () => {
    const upload = await store.startUpload(key, { signal, metadata: { run: "1" } });
    const receipt = await upload.putPart(1, Buffer.from("whole"), { signal });
    front.spoil = ({ method, url }) =>
      method === "PUT" && url.endsWith("comp=blocklist") ? "drop" : "pass";
    await upload.complete([receipt], { signal });
    assert.equal(await readText(store, key, signal), "whole");
  });

  it("never commits the blocks of another upload, whatever the receipts say", async () => {
    const one = await store.startUpload(key, { signal, metadata: {} });
    const two = await store.startUpload(key, { signal, metadata: {} });
    const part = await one.putPart(1, Buffer.from("of one"), { signal });
    await rejectsWithCode(two.complete([part], { signal }), "ARK_STORE_NOT_FOUND");
    await one.complete([part], { signal });
    assert.equal(await readText(store, key, signal), "of one");
  });

  it("reports a body that ends early, and one that goes silent with the signal's reason", async () => {
    await store.put("long", Buffer.alloc(500_000, "x"), { signal });
    front.spoil = ({ method }) => (method === "GET" ? "cut" : "pass");
    const error = await rejectsWithCode(readText(store, "long", signal), "ARK_STORE_FAILED");
    assert.equal(error.disposition, "retry");
    assert.match(error.answer ?? "", /^\d+ of 500000 bytes came/);
  });

  it("gives lists of a hierarchical namespace in byte order", async () => {
    const names = ["tree/a-b", "tree/a/c", "tree/a0"];
    for (const name of names) await store.put(name, Buffer.from("x"), { signal });
    // Azure Data Lake lists folder by folder, and shows folders as empty blobs.
    const blob = (name: string, isFolder = false) =>
      `<Blob><Name>p/${name}</Name><Properties><Content-Length>1</Content-Length><Last-Modified>Sun, 22 Nov 2026 08:00:00 GMT</Last-Modified></Properties><Metadata>${isFolder ? "<hdi_isfolder>true</hdi_isfolder>" : ""}</Metadata></Blob>`;
    const pages = [
      [blob("tree/a", true), blob("tree/a/c")],
      [blob("tree/a-b"), blob("tree/a0")],
    ];
    const told = { status: 200, headers: { "content-type": "application/xml" } };
    front.answer = ({ url }) => {
      if (url.includes("restype=account")) {
        return { status: 200, headers: { "x-ms-is-hns-enabled": "true" }, body: "" };
      }
      if (!url.includes("comp=list")) return undefined;
      const [blobs = [], next] = url.includes("marker=") ? [pages[1], ""] : [pages[0], "second"];
      const body = `<?xml version="1.0"?><EnumerationResults ServiceEndpoint="x" ContainerName="${container}"><Blobs>${blobs.join("")}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`;
      return { ...told, body };
    };
    const deep = await open();
    assert.deepEqual(await listKeys(deep, "tree/", signal), names);
    await deep.close();
  });

  it("says until when soft delete keeps what was removed", async () => {
    await store.put("soft", Buffer.from("x"), { signal });
    const days = `<?xml version="1.0"?><StorageServiceProperties><DeleteRetentionPolicy><Enabled>true</Enabled><Days>14</Days></DeleteRetentionPolicy></StorageServiceProperties>`;
    front.answer = ({ method, url }) => {
      if (method === "DELETE") {
        return { status: 202, headers: { "x-ms-delete-type-permanent": "false" }, body: "" };
      }
      if (!url.includes("restype=service")) return undefined;
      return { status: 200, headers: { "content-type": "application/xml" }, body: days };
    };
    const kept = await store.remove("soft", { signal });
    const inDays = ((kept?.freedAbout?.getTime() ?? 0) - Date.now()) / 86_400_000;
    assert.equal(Math.round(inDays), 14);
    front.answer = ({ method }) =>
      method === "DELETE"
        ? { status: 202, headers: { "x-ms-delete-type-permanent": "false" }, body: "" }
        : refusal(403, "AuthorizationPermissionMismatch");
    assert.deepEqual(await store.remove("soft", { signal }), {});
  });

  it("asks Resource Manager for the key, and once more when that was replaced", async () => {
    const keys = [Buffer.alloc(64, "old").toString("base64"), azurite.key];
    let asked = 0;
    front.answer = ({ method, url }) => {
      const json = { "content-type": "application/json" };
      if (url.includes("/oauth2/")) {
        return { status: 200, headers: json, body: '{"access_token":"t","expires_in":3599}' };
      }
      // So says the real service of a wrong key, and azurite AuthorizationFailure.
      if (asked === 1 && method === "PUT") return refusal(403, "AuthenticationFailed");
      if (!url.includes("/listKeys")) return undefined;
      assert.equal(method, "POST");
      assert.match(
        url,
        /^\/subscriptions\/s\/resourceGroups\/g\/providers\/Microsoft\.Storage\/storageAccounts\/arktest\/listKeys\?api-version=[\d-]+&%24expand=kerb$/,
      );
      const full = { keyName: "key1", permissions: "FULL", value: keys[asked++] };
      const body = { keys: [{ keyName: "kerb1", permissions: "READ", value: "no" }, full] };
      return { status: 200, headers: json, body: JSON.stringify(body) };
    };
    const env = {
      AZURE_TENANT_ID: "t",
      AZURE_CLIENT_ID: "c",
      AZURE_CLIENT_SECRET: "s",
      AZURE_AUTHORITY_HOST: front.endpoint,
      AZURE_RESOURCE_MANAGER_ENDPOINT: front.endpoint,
    };
    const listed = await open({ subscriptionId: "s", resourceGroup: "g" }, env);
    await listed.put("listed", Buffer.from("x"), { signal });
    await listed.put("listed", Buffer.from("y"), { signal });
    assert.equal(await readText(listed, "listed", signal), "y");
    assert.equal(asked, 2);
    await listed.close();
  });

  it("says what is missing where there is no way in", async () => {
    const lost = await open({}, {});
    const error = await rejectsWithCode(lost.head("k", { signal }), "ARK_CONFIG_INVALID");
    assert.match(error.advice ?? "", /AZURE_STORAGE_KEY/);
    const named = await open({ storageAccountKeyEnvVar: "OTHER" });
    await rejectsWithCode(named.head("k", { signal }), "ARK_CONFIG_INVALID");
  });
});
