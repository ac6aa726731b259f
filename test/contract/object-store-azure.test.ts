import { randomUUID } from "node:crypto";
import { after } from "node:test";
import { openObjectStore } from "../../plugins/registry.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { type Azurite, startAzurite } from "../testbed/azurite.ts";
import { describeObjectStore, type StoreUnderTest } from "./object-store.ts";

const container = "contract";
let starting: Promise<Azurite> | undefined;
after(async () => (await starting)?.stop());

async function start(): Promise<Azurite> {
  const azurite = await startAzurite();
  await azurite.createContainer(container);
  return azurite;
}

async function open(): Promise<StoreUnderTest> {
  starting ??= start();
  const { config, env } = await starting;
  const location = {
    provider: "velero.io/azure",
    bucket: container,
    prefix: `one/${randomUUID()}`,
  };
  const openOne = () =>
    openObjectStore(
      { ...location, config },
      { env, homeDirectory: "/nonexistent", clock: createSystemClock() },
    );
  const opened = [await openOne()];
  return {
    store: opened[0]!,
    async reopen() {
      opened.push(await openOne());
      return opened.at(-1)!;
    },
    dispose: async () => {
      for (const store of opened) await store.close();
    },
  };
}

describeObjectStore("the Azure store", open, {
  uploadsShareKey: true,
  refusedKeys: /\\|\.(?:\/|$)/,
});
