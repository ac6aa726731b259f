import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { parseS3Options } from "../../../plugins/object-store-s3/options.ts";
import { openS3Store } from "../../../plugins/object-store-s3/store.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { listKeys, rejectsWithCode } from "../../support/store-testing.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const signal = new AbortController().signal;

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A store before a server that gives these answers in turn, the last one for ever. */
async function withAnswers(
  answers: readonly Answer[],
  run: (store: ObjectStore, count: () => number) => Promise<void>,
): Promise<void> {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    const answer = answers[Math.min(count, answers.length - 1)]!;
    count += 1;
    send(response, answer);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const s3Url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = { s3Url, s3ForcePathStyle: "true", region: "us-east-1" };
  const options = parseS3Options({ provider: "s3", bucket: "bucket", prefix: "", config });
  const env = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLEEXAMPLE00", AWS_SECRET_ACCESS_KEY: "secret" };
  const clock = createVirtualClock({ jump: true, startMs: Date.now() });
  const store = await openS3Store(options, { env, homeDirectory: "/nonexistent", clock });
  try {
    await run(store, () => count);
  } finally {
    await store.close();
    server.closeAllConnections();
    server.close();
  }
}

function send(response: ServerResponse, { status, headers = {}, body = "" }: Answer): void {
  response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers }).end(body);
}

function fault(status: number, code: string, extra = ""): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}.</Message>${extra}</Error>`;
  return { status, headers: { "content-type": "application/xml" }, body };
}

function listing(keys: readonly string[], extra = ""): Answer {
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`);
  const body = `<?xml version="1.0"?><ListBucketResult><Name>bucket</Name>${extra}${contents.join("")}</ListBucketResult>`;
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

describe("the S3 store meets stores that are not quite S3", () => {
  it("25: refuses a list that is not in byte order", () =>
    withAnswers([listing(["b", "a"])], async (store) => {
      const error = await rejectsWithCode(listKeys(store, "", signal), "ARK_STORE_UNSUPPORTED");
      assert.equal(error.answer, '"a" came after "b"');
    }));

  it("refuses a list that repeats its pages", () => {
    const more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
    return withAnswers([listing(["a"], more), listing(["b"], more)], async (store) => {
      await rejectsWithCode(listKeys(store, "", signal), "ARK_STORE_FAILED");
    });
  });

  it("leaves out the empty objects that consoles make for folders", () =>
    withAnswers([listing(["backups/", "backups/x"])], async (store) => {
      assert.deepEqual(await listKeys(store, "", signal), ["backups/x"]);
    }));

  it("decodes names only when the store says that it encoded them", async () => {
    const encoded = "<EncodingType>url</EncodingType>";
    await withAnswers([listing(["a+b%2Bc%25", "b%20c"], encoded)], async (store) => {
      assert.deepEqual(await listKeys(store, "", signal), ["a b+c%", "b c"]);
    });
    await withAnswers([listing(["a+b%2Bc"])], async (store) => {
      assert.deepEqual(await listKeys(store, "", signal), ["a+b%2Bc"]);
    });
  });

  it("refuses a whole object where a range was asked", () =>
    withAnswers([{ status: 200, body: "the whole object" }], async (store) => {
      const get = store.get("k", { signal, range: { offset: 4, length: 5 } });
      await rejectsWithCode(get, "ARK_STORE_UNSUPPORTED");
    }));

  it("asks again when two create-only puts met, and only then", async () => {
    const conflict = fault(409, "ConditionalRequestConflict");
    const body = Buffer.from("x");
    await withAnswers([conflict, conflict, { status: 200 }], async (store, count) => {
      await store.put("k", body, { signal, ifAbsent: true });
      assert.equal(count(), 3);
    });
    await withAnswers([conflict, fault(412, "PreconditionFailed")], async (store) => {
      await rejectsWithCode(store.put("k", body, { signal, ifAbsent: true }), "ARK_STORE_EXISTS");
    });
    await withAnswers([fault(503, "SlowDown")], async (store, count) => {
      const put = store.put("k", body, { signal, ifAbsent: true });
      const error = await rejectsWithCode(put, "ARK_STORE_FAILED");
      assert.equal(error.disposition, "retry");
      assert.equal(count(), 1);
    });
  });

  it("says that a store without create-only puts lacks them", () =>
    withAnswers([fault(501, "NotImplemented")], async (store) => {
      const put = store.put("k", Buffer.from("x"), { signal, ifAbsent: true });
      await rejectsWithCode(put, "ARK_STORE_UNSUPPORTED");
    }));

  it("names the region of a bucket that lies elsewhere", () =>
    withAnswers([fault(301, "PermanentRedirect", "<Endpoint>e</Endpoint>")], async (store) => {
      const error = await rejectsWithCode(store.get("k", { signal }), "ARK_STORE_FAILED");
      assert.match(error.advice ?? "", /region/);
    }));

  for (const body of ["<html><p>Hi", "<html><body><p>Hi</p></body></html>", "Not found", "{}"]) {
    it(`knows ${body} from the answer of an S3 service`, () => {
      const page = { status: 200, headers: { "content-type": "text/html" }, body };
      return withAnswers([page], async (store) => {
        const error = await rejectsWithCode(listKeys(store, "", signal), "ARK_STORE_FAILED");
        assert.match(error.advice ?? "", /not an S3 service/);
        assert.equal(error.disposition, "stall");
      });
    });
  }

  it("takes a balancer's page for what its status says", () =>
    withAnswers([{ status: 503, body: "<html><p>Hi" }], async (store) => {
      const error = await rejectsWithCode(listKeys(store, "", signal), "ARK_STORE_FAILED");
      assert.equal(error.disposition, "retry");
    }));
});

describe("probe() of an S3 location", () => {
  it("names the endpoint that the environment has put in the place of AWS", async () => {
    const server = createServer((request, response) => {
      request.resume();
      send(response, { status: 200 });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env["AWS_ENDPOINT_URL_S3"] = endpoint;
    const config = { s3ForcePathStyle: "true", region: "eu-central-1" };
    const options = parseS3Options({ provider: "s3", bucket: "bucket", prefix: "", config });
    const env = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLEEXAMPLE00", AWS_SECRET_ACCESS_KEY: "secret" };
    const clock = createVirtualClock({ jump: true });
    const store = await openS3Store(options, { env, homeDirectory: "/nonexistent", clock });
    try {
      const [reach] = await store.probe({ signal });
      const expected = { check: "reach", outcome: "yes" };
      assert.deepEqual(reach, { ...expected, detail: `${endpoint}, region eu-central-1` });
    } finally {
      delete process.env["AWS_ENDPOINT_URL_S3"];
      await store.close();
      server.closeAllConnections();
      server.close();
    }
  });
});
