import { ArkError, hasCode } from "../../../lib/errors.ts";
import type { GrpcConnection } from "../../../plugin-wire/grpc-connection.ts";
import {
  createSignedUrl,
  deleteObject,
  getObject,
  initObjectStore,
  listCommonPrefixes,
  listObjects,
  objectExists,
  putObject,
} from "../../../plugin-wire/services/object-store.ts";
import type { Promised } from "./contract-check.ts";

interface StoreUnderTest {
  readonly connection: GrpcConnection;
  readonly plugin: string;
  /** All keys are below it, and removed again. */
  readonly folder: string;
  readonly location: {
    readonly bucket: string;
    readonly prefix: string;
    readonly config: Readonly<Record<string, string>>;
  };
  readonly signal: AbortSignal;
}

const sizes = [0, 1, 16_383, 16_384, 16_385, 4_000_000, 9_000_000] as const;
const messageBytes = 256 * 1024;

/** In the order in which they build on each other; the last one cleans up. */
export function objectStoreChecks(
  store: StoreUnderTest,
): readonly (readonly [check: string, run: Promised])[] {
  const { connection, plugin, location, signal } = store;
  const { bucket, prefix, config } = location;
  const folder = prefix === "" ? store.folder : `${prefix}/${store.folder}`;
  const at = (name: string) => ({ plugin, bucket, key: `${folder}/${name}` });
  const exists = async (name: string) =>
    (await connection.call(objectExists, at(name), signal)).exists;
  const list = async () =>
    (await connection.call(listObjects, { plugin, bucket, prefix: `${folder}/` }, signal)).keys
      .filter((key) => !key.endsWith("/"))
      .sort();
  return [
    [
      "takes its config",
      async () => {
        const request = { plugin, config: { ...config, bucket, prefix } };
        await connection.call(initObjectStore, request, signal);
        return Object.keys(config).join(", ");
      },
    ],
    [
      "gives back what was put, of every size",
      async () => {
        for (const size of sizes) {
          const body = Buffer.alloc(size, size % 251);
          await put(store, at("object"), body);
          const read = await get(store, at("object"));
          if (!read.equals(body)) throw broken(`of ${size} bytes ${read.length} came back`);
        }
        return `${sizes.join(", ")} bytes`;
      },
    ],
    [
      "tells what is there and what is not",
      async () => {
        if (!(await exists("object"))) throw broken("an object that was put is not there");
        if (await exists("nothing")) throw broken("an object that nobody put is there");
        return "ObjectExists";
      },
    ],
    [
      "fails to read what is not there",
      async () => {
        const read = await get(store, at("nothing")).catch((thrown: unknown) => thrown);
        if (Buffer.isBuffer(read)) throw broken("it answered an empty object");
        if (!hasCode(read, "ARK_PLUGIN_FAILED")) throw read;
        return read.answer ?? "";
      },
    ],
    [
      "lists keys and folders",
      async () => {
        for (const name of ["a/1", "a/2", "b/1"]) await put(store, at(name), Buffer.from(name));
        const expected = ["a/1", "a/2", "b/1", "object"].map((name) => at(name).key);
        const keys = await list();
        if (keys.join() !== expected.join()) throw broken(`it lists ${keys.join(", ")}`);
        const request = { plugin, bucket, delimiter: "/", prefix: `${folder}/` };
        const { prefixes } = await connection.call(listCommonPrefixes, request, signal);
        const folders = [...prefixes].sort().join();
        if (folders !== `${folder}/a/,${folder}/b/`) throw broken(`its folders are ${folders}`);
        return `${keys.length} keys, 2 folders`;
      },
    ],
    [
      "keeps nothing of a put that broke off",
      async () => {
        const stream = connection.send(putObject);
        await stream.write({ ...at("broken"), body: Buffer.alloc(messageBytes, "x") });
        await stream.poison();
        if (!(await exists("broken"))) return "nothing under its key";
        throw broken("a part of it stands under its key; ark-ts removes such, Velero does not");
      },
    ],
    ["signs URLs", () => signedUrl(store, at("object"))],
    [
      "removes objects",
      async () => {
        for (const key of await list()) {
          await connection.call(deleteObject, { plugin, bucket, key }, signal);
        }
        const left = await list();
        if (left.length > 0) throw broken(`${left.join(", ")} is still there`);
        return "nothing of this test is left";
      },
    ],
  ];
}

async function signedUrl({ connection, signal }: StoreUnderTest, place: Place): Promise<string> {
  const request = { ...place, ttlNanoseconds: 600_000_000_000n };
  const { url } = await connection.call(createSignedUrl, request, signal);
  if (!URL.canParse(url)) throw broken(`${JSON.stringify(url)} is no URL`);
  return new URL(url).protocol.replace(":", "");
}

type Place = { readonly plugin: string; readonly bucket: string; readonly key: string };

async function put({ connection }: StoreUnderTest, place: Place, body: Buffer): Promise<void> {
  const stream = connection.send(putObject);
  for (let offset = 0; offset === 0 || offset < body.length; offset += messageBytes) {
    const piece = body.subarray(offset, offset + messageBytes);
    await stream.write({ ...(offset === 0 ? place : {}), body: piece });
  }
  await stream.finish();
}

async function get({ connection, signal }: StoreUnderTest, place: Place): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const { data } of connection.receive(getObject, place, signal)) pieces.push(data);
  return Buffer.concat(pieces);
}

function broken(fault: string): ArkError {
  return new ArkError("ARK_PLUGIN_FAILED", fault);
}
