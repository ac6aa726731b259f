import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "../../../src/lib/errors.ts";
import { runInOrder } from "../../../src/lib/run-in-order.ts";

/** Work that ends when told; what runs is told by name. */
function workshop() {
  const running = new Map<string, (failure?: Error) => void>();
  const log: string[] = [];
  const work = (item: string): Promise<void> => {
    log.push(`+${item}`);
    return new Promise((resolve, reject) => {
      running.set(item, (failure) => {
        running.delete(item);
        log.push(`-${item}`);
        if (failure === undefined) resolve();
        else reject(failure);
      });
    });
  };
  const end = async (item: string, failure?: Error): Promise<void> => {
    running.get(item)?.(failure);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { running, log, work, end };
}

const before =
  (...pairs: readonly string[]) =>
  (earlier: string, later: string): boolean =>
    pairs.includes(`${earlier}${later}`);

describe("runInOrder()", () => {
  it("begins nothing before all that comes before it has ended", async () => {
    const { log, work, end } = workshop();
    const all = runInOrder(["c", "a", "b"], 4, before("ac", "bc"), work);
    await end("a");
    assert.deepEqual(log, ["+a", "+b", "-a"]);
    await end("b");
    await end("c");
    await all;
    assert.deepEqual(log, ["+a", "+b", "-a", "-b", "+c", "-c"]);
  });

  it("runs no more at once than the limit, the first ones first", async () => {
    const { running, work, end } = workshop();
    const all = runInOrder(["a", "b", "c"], 2, before(), work);
    assert.deepEqual([...running.keys()], ["a", "b"]);
    await end("b");
    assert.deepEqual([...running.keys()], ["a", "c"]);
    await end("a");
    await end("c");
    await all;
  });

  it("begins nothing after a failure, and waits for what runs", async () => {
    const { log, work, end } = workshop();
    const all = runInOrder(["a", "b", "c"], 2, before(), work);
    await end("a", new Error("broken"));
    let ended = false;
    const seen = all.catch((error: Error) => {
      ended = true;
      return error.message;
    });
    await Promise.resolve();
    assert.equal(ended, false);
    await end("b");
    assert.equal(await seen, "broken");
    assert.deepEqual(log, ["+a", "+b", "-a", "-b"]);
  });

  it("refuses a cycle", async () => {
    const cyclic = runInOrder(["a", "b"], 2, before("ab", "ba"), async () => undefined);
    await assert.rejects(cyclic, (error) => hasCode(error, "ARK_UNEXPECTED"));
  });

  it("has nothing to do without items", async () => {
    await runInOrder([], 2, before(), async () => assert.fail());
  });
});
