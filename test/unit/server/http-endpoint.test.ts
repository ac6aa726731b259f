import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "../../../src/lib/errors.ts";
import { createHttpEndpoint, parseAddress, textPage } from "../../../src/server/http-endpoint.ts";

describe("parseAddress()", () => {
  it("reads Go's forms", () => {
    assert.deepEqual(parseAddress(":8085", "--a"), { port: 8085 });
    assert.deepEqual(parseAddress("127.0.0.1:0", "--a"), { host: "127.0.0.1", port: 0 });
    assert.deepEqual(parseAddress("[::1]:80", "--a"), { host: "::1", port: 80 });
  });

  for (const text of ["8085", "", ":", ":99999", "::1:80", "a:b"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseAddress(text, "--a"),
        (error) => hasCode(error, "ARK_USAGE"),
      );
    });
  }
});

describe("createHttpEndpoint()", () => {
  it("serves its pages until it is stopped, and fails where the address is taken", async () => {
    const stop = new AbortController();
    const life = { stop: stop.signal, abort: stop.signal };
    let count = 0;
    const counted = () => {
      count += 1;
      return textPage(200, String(count));
    };
    const broken = () => {
      throw new Error("no figures");
    };
    const pages = { "/count": counted, "/broken": broken };
    let running: Promise<void> = Promise.resolve();
    const port = await new Promise<number>((resolve, reject) => {
      const endpoint = createHttpEndpoint("127.0.0.1:0", pages, resolve);
      running = endpoint.run(life, () => undefined);
      running.catch(reject);
    });
    const url = `http://127.0.0.1:${port}`;
    assert.equal(await (await fetch(`${url}/count?x=1`)).text(), "1\n");
    assert.equal(await (await fetch(`${url}/count`)).text(), "2\n");
    const failed = await fetch(`${url}/broken`);
    assert.deepEqual([failed.status, await failed.text()], [500, "no figures\n"]);
    assert.equal((await fetch(`${url}/toString`)).status, 404);
    assert.equal((await fetch(`${url}/count`, { method: "POST" })).status, 405);
    const second = createHttpEndpoint(`127.0.0.1:${port}`, pages, () => undefined);
    await assert.rejects(
      second.run(life, () => undefined),
      (error) => hasCode(error, "ARK_USAGE"),
    );
    stop.abort();
    await running;
    await assert.rejects(fetch(`${url}/count`));
  });
});
