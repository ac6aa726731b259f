/**
 * To be imported before anything of the product. zlib's own threads end in any order: here its
 * work is done at once, so that a seed decides everything.
 */
import { syncBuiltinESMExports } from "node:module";
import { Transform } from "node:stream";
import zlib from "node:zlib";

type Callback = (error: Error | null, result?: Buffer) => void;
type Sync = (bytes: Buffer, options: object) => Buffer;

/** Windows of 256 KiB are made for members of 4 MiB; here they have some KiB. */
const smallChunks = { chunkSize: 4096 };

const atOnce =
  (sync: Sync) =>
  (bytes: Buffer, options: object | Callback, callback?: Callback): void => {
    const done = typeof options === "function" ? (options as Callback) : (callback as Callback);
    let result: Buffer;
    try {
      result = sync(bytes, { ...(typeof options === "function" ? {} : options), ...smallChunks });
    } catch (error) {
      process.nextTick(done, error);
      return;
    }
    process.nextTick(done, null, result);
  };

zlib.gzip = atOnce(zlib.gzipSync as unknown as Sync) as unknown as typeof zlib.gzip;
zlib.gunzip = atOnce(zlib.gunzipSync as unknown as Sync) as unknown as typeof zlib.gunzip;
const createGunzip = (): Transform => {
  const pieces: Buffer[] = [];
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece));
      done();
    },
    flush(done) {
      try {
        done(null, zlib.gunzipSync(Buffer.concat(pieces)));
      } catch (error) {
        done(error as Error);
      }
    },
  });
};
Object.defineProperty(zlib, "createGunzip", { value: createGunzip });
syncBuiltinESMExports();
