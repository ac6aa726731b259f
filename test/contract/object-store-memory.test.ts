import { createMemoryStore } from "../support/memory-store.ts";
import { describeObjectStore } from "./object-store.ts";

describeObjectStore("the memory store", async () => {
  const store = createMemoryStore();
  return { store, reopen: async () => store, dispose: () => store.close() };
});
