import {
  ArkError,
  type ObjectStore,
  type ProbeResult,
  probeObjectStore,
  runCheck,
} from "../../src/plugin-sdk/object-store.ts";
import { readText } from "../shared-azure/http.ts";
import type { Connection } from "./connect.ts";
import { isIdentityRefusal } from "./errors.ts";
import { readNamespace } from "./list-objects.ts";
import { softDeleteDays } from "./objects.ts";

type Detail = string | { readonly missing: string };

/** Beyond fifteen minutes Azure refuses; warn while there is room. */
const clockToleranceMs = 60_000;

/** The container first; when that cannot be reached, or not as this user, the rest is not asked. */
export async function probeContainer(
  connection: Connection,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const skewsMs: number[] = [];
  connection.watch(({ date }) => {
    const told = Date.parse(date ?? "");
    if (!Number.isNaN(told)) skewsMs.push(connection.clock.now().getTime() - told);
  });
  let refused: unknown;
  const reach = await runCheck(
    "reach",
    () =>
      reachContainer(connection, signal).catch((thrown: unknown) => {
        if (!isIdentityRefusal(thrown)) throw thrown;
        refused = thrown;
        return "the account answers";
      }),
    signal,
  );
  const who = await connection.who();
  if (refused !== undefined) {
    const identity = await runCheck("credentials", () => Promise.reject(refused), signal);
    const found = { ...identity, detail: `${who}: ${identity.detail}` };
    if (skewsMs.length > 0) return [reach, found];
    return [{ ...reach, outcome: "not asked", detail: "nothing was sent" }, found];
  }
  const identity: ProbeResult = { check: "credentials", outcome: "yes", detail: who };
  if (reach.outcome === "failed") return [reach, identity];
  const measured = await probeObjectStore(store, connection.clock.uuid(), signal);
  return [
    reach,
    identity,
    ...measured,
    ...(await probeUrls(connection, store, signal)),
    await runCheck("namespace", () => describeNamespace(connection, signal), signal),
    await runCheck("soft delete", () => describeSoftDelete(connection, signal), signal),
    await runCheck("clock", async () => compareClocks(skewsMs.at(-1)), signal),
  ];
}

async function reachContainer(connection: Connection, signal: AbortSignal): Promise<Detail> {
  return await connection.call(
    "GetContainerProperties",
    "",
    signal,
    async (clients, abortSignal) => {
      await clients.container.getProperties({ abortSignal });
      return clients.access.endpoint;
    },
  );
}

const text = "ark-ts probe of signed URLs";

/** Reads an object as the velero command downloads, and then without the signature. */
async function probeUrls(
  connection: Connection,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<readonly ProbeResult[]> {
  const key = `metadata/ark-ts/probe/${connection.clock.uuid()}/signed`;
  const read = async (url: string) => {
    const { status, body } = await connection.azure.http.send({
      method: "GET",
      url,
      headers: {},
      signal,
    });
    return { status, text: await readText({ body }) };
  };
  const signed = async (): Promise<Detail> => {
    const found = await read(await store.signedUrl(key, { expiresInSeconds: 300, signal }));
    if (found.status === 200 && found.text === text) return "a plain GET of one returned the bytes";
    return { missing: `a plain GET of one was answered ${found.status}` };
  };
  const secret = async (): Promise<Detail> => {
    const url = await store.signedUrl(key, { expiresInSeconds: 300, signal });
    const found = await read(url.replace(/\?.*$/, ""));
    if (found.text !== text) return `a GET without credentials is answered ${found.status}`;
    const message = "anybody can read what lies here, without credentials";
    throw new ArkError("ARK_STORE_FAILED", message);
  };
  try {
    await store.put(key, Buffer.from(text), { signal });
    return [
      await runCheck("signed URLs", signed, signal),
      await runCheck("private", secret, signal),
    ];
  } catch (thrown) {
    signal.throwIfAborted();
    return [await runCheck("signed URLs", () => Promise.reject(thrown), signal)];
  } finally {
    await store.remove(key, { signal }).catch(() => undefined);
  }
}

async function describeNamespace(connection: Connection, signal: AbortSignal): Promise<Detail> {
  const found = await readNamespace(connection, signal);
  if (found === "hierarchical") return "hierarchical: lists are read whole before they are told";
  return found === undefined ? { missing: "the account does not tell" } : "flat";
}

async function describeSoftDelete(connection: Connection, signal: AbortSignal): Promise<Detail> {
  const days = await softDeleteDays(connection, signal);
  if (days === undefined) return { missing: "off" };
  return `on: what is deleted takes room for ${days === 1 ? "1 day" : `${days} days`} more`;
}

function compareClocks(skewMs: number | undefined): Detail {
  if (skewMs === undefined) return { missing: "the store tells no time" };
  const seconds = Math.abs(Math.round(skewMs / 1_000));
  if (Math.abs(skewMs) <= clockToleranceMs)
    return `within ${Math.max(1, seconds)} s of the store's`;
  throw new ArkError(
    "ARK_STORE_FAILED",
    `the clock of this machine is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the store's`,
    { advice: "set the clock; beyond fifteen minutes the store refuses every request" },
  );
}
