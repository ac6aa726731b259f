import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pagesOf } from "../../../src/server/pages.ts";
import type { ServerState } from "../../../src/server/server-state.ts";

type Term = NonNullable<ServerState["term"]>;

/** With one cache, whole or not. */
const term = (hasSynced = true): Term => ({
  context: { caches: { backups: { hasSynced, error: undefined } } } as never,
  epoch: 4,
  tally: () => undefined,
  problem: () => undefined,
});

function pages(state: { readonly term?: Term; readonly led?: number; readonly holder?: string }) {
  const { led, holder = "" } = state;
  const election = { isLeader: (epoch: number) => epoch === led, holder };
  const made = pagesOf({ election, identity: "me", term: state.term }, { engineVersion: "1" });
  const page = (path: string) => made[path]?.() ?? assert.fail(path);
  const ready = page("/readyz");
  return { ready: `${ready.status} ${ready.body.trim()}`, metrics: () => page("/metrics").body };
}

describe("pagesOf()", () => {
  it("is ready where it leads with whole caches, and where it knows who leads", () => {
    assert.equal(pages({ term: term(), led: 4, holder: "me" }).ready, "200 ok: leading, epoch 4");
    assert.match(
      pages({ term: term(false), led: 4 }).ready,
      /^503 not ready: still reading backups/,
    );
    assert.equal(pages({ holder: "you" }).ready, "200 ok: standing by, you leads");
    assert.match(pages({}).ready, /^503 .*nobody/);
  });

  it("takes a term that is over for no leading, though its parts have not ended", () => {
    const over = pages({ term: term(), holder: "you" });
    assert.equal(over.ready, "200 ok: standing by, you leads");
    assert.match(over.metrics(), /^ark_ts_leader\{identity="me"\} 0$/m);
    assert.doesNotMatch(over.metrics(), /ark_ts_leader_epoch/);
    assert.match(pages({ term: term(), holder: "me" }).ready, /^503 .*nobody/);
  });
});
