/**
 * An object store in a folder, as an author would write it: `config.root` holds a folder for each
 * bucket. What it is asked is a line in the file that FOLDER_STORE_LOG names. Faults on demand: a key
 * that ends in `crash-CALL` ends the process in that call; with `config.stall` a put waits after its
 * first piece until that file is there.
 */
import {
  appendFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  readFileSync,
} from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import { type ServedObjectStore, servePlugin } from "../../../src/plugin-sdk/serve.ts";

function called(what: string): void {
  appendFileSync(process.env["FOLDER_STORE_LOG"] ?? "/dev/null", `${what}\n`);
}

/** Of this program; what Node calls maxRSS counts that of its parent before the start. */
function peakKiB(): string {
  return /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
}

async function* stalled(
  body: AsyncIterable<Uint8Array>,
  until: string,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    yield piece;
    while (!existsSync(until)) await setTimeout(20);
  }
}

async function folderStore({
  root = "",
  stall = "",
}: Readonly<Record<string, string>>): Promise<ServedObjectStore> {
  if (root === "") throw new Error("config has no root");
  called("init");
  const crash = (call: string, key: string): void => {
    if (key.endsWith(`crash-${call}`)) process.kill(process.pid, "SIGKILL");
  };
  const keysOf = async (bucket: string, prefix: string): Promise<string[]> => {
    const folder = join(root, bucket);
    if (!existsSync(folder)) throw new Error(`there is no bucket ${bucket}`);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith(".unfinished-"))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .filter((key) => key.startsWith(prefix))
      .sort();
  };
  return {
    async put(bucket, key, body) {
      called(`put ${key}`);
      crash("put", key);
      const path = join(root, bucket, key);
      await mkdir(dirname(path), { recursive: true });
      const unfinished = join(dirname(path), `.unfinished-${crypto.randomUUID()}`);
      try {
        await pipeline(stall === "" ? body : stalled(body, stall), createWriteStream(unfinished));
        await rename(unfinished, path);
        called(`stored ${key} with ${peakKiB()} KiB`);
      } finally {
        await rm(unfinished, { force: true });
      }
    },
    async exists(bucket, key) {
      crash("exists", key);
      return existsSync(join(root, bucket, key));
    },
    get(bucket, key) {
      crash("get", key);
      return createReadStream(join(root, bucket, key));
    },
    async listCommonPrefixes(bucket, prefix, delimiter) {
      const folders = (await keysOf(bucket, prefix)).flatMap((key) => {
        const end = key.indexOf(delimiter, prefix.length);
        return end < 0 ? [] : [key.slice(0, end + delimiter.length)];
      });
      return [...new Set(folders)];
    },
    async list(bucket, prefix) {
      crash("list", prefix);
      return await keysOf(bucket, prefix);
    },
    async delete(bucket, key) {
      called(`delete ${key}`);
      crash("delete", key);
      await rm(join(root, bucket, key));
    },
    async signedUrl() {
      throw new Error("this store signs no URLs");
    },
  };
}

void servePlugin({ objectStores: { "example.io/folder": folderStore } }, process);
