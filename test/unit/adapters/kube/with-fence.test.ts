import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { Agent } from "undici";
import { withFence } from "../../../../src/adapters/kube/with-fence.ts";

const { createServer } = process.getBuiltinModule("node:http");

describe("withFence()", () => {
  it("does not send what waited for a connection while the fence went down", async (t) => {
    const arrived: string[] = [];
    let answerFirst = (): void => undefined;
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      arrived.push(request.url ?? "");
      if (request.url === "/first") answerFirst = () => response.end("first");
      else response.end("ok");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const agent = new Agent({ connections: 1, pipelining: 1 });
    t.after(async () => {
      await agent.close();
      server.close();
    });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let isUp = true;
    const fence = (): void => {
      if (!isUp) throw new Error("no longer");
    };
    const send = async (path: string): Promise<string> => {
      const { body } = await withFence(agent, fence).request({ origin, path, method: "PUT" });
      return body.text();
    };

    const reached = once(server, "request");
    const first = send("/first");
    await reached;
    const second = send("/second");
    isUp = false;
    const refused = assert.rejects(second, { message: "no longer" });
    answerFirst();
    assert.equal(await first, "first");
    await refused;
    isUp = true;
    assert.equal(await send("/third"), "ok");
    assert.deepEqual(arrived, ["/first", "/third"]);
  });
});
