import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LiveBackup } from "../../../src/controllers/controller-context.ts";
import { followUnfinished } from "../../../src/controllers/schedule/unfinished-of-schedules.ts";
import { createObjectCache } from "../../../src/runtime/object-cache.ts";
import { objectKey } from "../../../src/runtime/object-key.ts";

let revision = 0;

describe("unfinished Backups of Schedules", () => {
  const follow = () => {
    const cache = createObjectCache<LiveBackup>((error) => {
      throw error;
    });
    const put = (name: string, phase?: string, schedule = "nightly"): void => {
      revision += 1;
      const value = {
        metadata: { name, namespace: "ark-ts", labels: { "velero.io/schedule-name": schedule } },
        spec: {},
        status: { phase },
      } as unknown as LiveBackup;
      cache.put(objectKey({ namespace: "ark-ts", name }), {
        resourceVersion: `${revision}`,
        value,
      });
    };
    const remove = (name: string): void =>
      cache.put(objectKey({ namespace: "ark-ts", name }), undefined);
    return { cache, put, remove };
  };

  it("are those that wait or take objects, of what was there before too", () => {
    const { cache, put } = follow();
    put("early", "InProgress");
    const unfinished = followUnfinished(cache);
    assert.equal(unfinished.of("nightly"), "early");
    assert.equal(unfinished.of("weekly"), undefined);
    put("w", undefined, "weekly");
    assert.equal(unfinished.of("weekly"), "w");
  });

  it("are none when all have ended or are gone", () => {
    const { cache, put, remove } = follow();
    const unfinished = followUnfinished(cache);
    put("one", "New");
    put("two", "InProgress");
    put("one", "Completed");
    assert.equal(unfinished.of("nightly"), "two");
    remove("two");
    assert.equal(unfinished.of("nightly"), undefined);
    put("three", "WaitingForPluginOperations");
    assert.equal(unfinished.of("nightly"), undefined);
  });

  it("go with a Schedule's label that is taken away", () => {
    const { cache, put } = follow();
    const unfinished = followUnfinished(cache);
    put("one", "InProgress");
    put("one", "InProgress", "other");
    assert.equal(unfinished.of("nightly"), undefined);
    assert.equal(unfinished.of("other"), "one");
  });
});
