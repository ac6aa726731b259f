import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { KeyPair } from "../../../../src/lib/x509/certificates.ts";
import type { Life } from "../../../../src/runtime/life.ts";
import { createDownloadEndpoint } from "../../../../src/server/downloads/download-endpoint.ts";
import { createVirtualClock } from "../../../support/virtual-clock.ts";

describe("createDownloadEndpoint()", () => {
  let end = async (): Promise<void> => undefined;
  afterEach(() => end());

  /** Runs it with this source of certificates; `isReady` tells of now. */
  function start(certificates: () => Promise<KeyPair | undefined>) {
    const stop = new AbortController();
    const life: Life = { stop: stop.signal, abort: stop.signal };
    const ready = Promise.withResolvers<void>();
    let isReady = false;
    const running = createDownloadEndpoint({
      address: "127.0.0.1:0",
      certificates,
      refresh: async () => undefined,
      serve: async () => undefined,
      clock: createVirtualClock(),
      log: { write: () => undefined },
    }).run(life, () => {
      isReady = true;
      ready.resolve();
    });
    end = async () => {
      stop.abort();
      await running;
    };
    return { ready: ready.promise, isReady: () => isReady };
  }

  it("is not ready before it has asked for its certificate", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<undefined>();
    const endpoint = start(() => {
      asked.resolve();
      return answer.promise;
    });
    await asked.promise;
    const wasReady = endpoint.isReady();
    answer.resolve(undefined);
    assert.equal(wasReady, false);
    await endpoint.ready;
  });

  it("is ready without one where none can be had: whoever leads makes the keys after that", async () => {
    const endpoint = start(() => Promise.reject(new Error("the API server said no")));
    await endpoint.ready;
  });
});
