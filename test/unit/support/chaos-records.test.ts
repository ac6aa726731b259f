/** What is counted of runs while the chaos test loses leaders. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countFresh, countTakenOver } from "../../support/chaos/records.ts";
import type { StoreWrite } from "../../support/chaos/slow-store.ts";

const write = (method: string, run: string, epoch: number, status = 200): StoreWrite => ({
  atMs: 0,
  from: "10.0.0.1",
  method,
  url: `/bucket/metadata/ark-ts/${run}/${epoch}?x-id=PutObject`,
  status,
});

describe("the records of runs that the chaos test keeps", () => {
  const writes = [
    write("PUT", "names/ended", 1),
    write("DELETE", "names/ended", 1, 204),
    write("PUT", "names/alone", 1),
    write("PUT", "names/alone", 1, 412),
    write("PUT", "restores/alone", 1),
    write("PUT", "names/taken", 1),
    write("PUT", "names/taken", 2),
    write("PUT", "restores/taken", 1),
    write("PUT", "restores/taken", 2, 412),
    { ...write("PUT", "names/unanswered", 1), status: undefined },
  ];

  it("count as taken over what another process has put its record for", () => {
    assert.equal(countTakenOver(writes), 1);
  });

  it("count as fresh what one process has begun and nobody has ended or taken over", () => {
    assert.equal(countFresh(writes), 3);
  });
});
