import { it, type TestContext } from "node:test";
import type { ObjectStore } from "../../src/ports/object-store.ts";

/** One empty store for one test. */
export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** The same bytes seen by another process: nothing kept in memory is shared. */
  reopen(): Promise<ObjectStore>;
  /** Frees what the test used. */
  dispose(): Promise<void>;
}

/** Promises that a store is known not to keep; the suite then holds what it does instead. */
export interface StoreQuirks {
  /** `complete` is refused when the upload has parts that it does not name. */
  readonly refusesUnnamedParts?: boolean;
  /** Lists with a delimiter show folders in which all is hidden: old versions of what was removed. */
  readonly listsHiddenFolders?: boolean;
  /** Uploads end when another object of their key is written; to be begun again. */
  readonly uploadsShareKey?: boolean;
  /** Keys that the store cannot keep apart from others, and refuses. */
  readonly refusedKeys?: RegExp;
  /** The store tells no times, and in lists no sizes. */
  readonly tellsLittle?: boolean;
}

export type OpenStore = () => Promise<StoreUnderTest>;

export type StoreTest = (
  title: string,
  run: (store: ObjectStore, signal: AbortSignal, reopen: () => Promise<ObjectStore>) => unknown,
) => void;

/** `it` with a store of its own; skipped when `unless` gives a reason. */
export function storeTests(
  open: OpenStore,
  unless: (store: ObjectStore) => string | undefined = () => undefined,
): StoreTest {
  return (title, run) => {
    it(title, async (context: TestContext) => {
      const opened = await open();
      try {
        const reason = unless(opened.store);
        if (reason !== undefined) return context.skip(reason);
        await run(opened.store, context.signal, opened.reopen);
      } finally {
        await opened.dispose();
      }
    });
  };
}
