import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDirectoryStore } from "../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { describeObjectStore } from "./object-store.ts";

describeObjectStore("the directory store", async () => {
  const parent = await mkdtemp(join(tmpdir(), "ark-ts-store-"));
  const root = join(parent, "not", "there", "yet");
  const open = async () =>
    createDirectoryStore({ root, display: root, clock: createSystemClock() });
  return {
    store: await open(),
    reopen: open,
    dispose: () => rm(parent, { recursive: true, force: true }),
  };
});
