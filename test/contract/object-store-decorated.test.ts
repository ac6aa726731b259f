import { withLog } from "../../src/adapters/store/with-log.ts";
import { withRetry } from "../../src/adapters/store/with-retry.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { describeObjectStore } from "./object-store.ts";

const clock = createVirtualClock({ jump: true });
const log = { write: () => undefined };

const decorated: Readonly<Record<string, (store: MemoryStore) => ObjectStore>> = {
  "a store with retry": (store) => withRetry(store, { clock }),
  "a store with log": (store) => withLog(store, { log, clock }),
  "a store with log and retry": (store) => withLog(withRetry(store, { clock }), { log, clock }),
  "a store with retry whose every other call fails": (store) => {
    failEveryOther(store);
    return withRetry(store, { clock });
  },
};

/** Half of the failures come before the call has an effect, half after it. */
function failEveryOther(store: MemoryStore): void {
  let count = 0;
  store.faults.add(() => {
    count += 1;
    if (count % 2 === 0) return undefined;
    const error = new ArkError("ARK_STORE_UNREACHABLE", "no answer", { disposition: "retry" });
    return { kind: "fail", error, when: count % 4 === 1 ? "before" : "after" };
  });
}

for (const [title, decorate] of Object.entries(decorated)) {
  describeObjectStore(title, async () => {
    const memory = createMemoryStore();
    const store = decorate(memory);
    return { store, reopen: async () => store, dispose: () => store.close() };
  });
}
