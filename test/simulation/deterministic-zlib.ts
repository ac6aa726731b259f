/**
 * To be imported before anything of the product. zlib's own threads end in any order: here its
 * work is done at once, so that a seed decides everything.
 */
import { syncBuiltinESMExports } from "node:module";
import { Transform } from "node:stream";
import zlib, { type ZlibOptions } from "node:zlib";

type Callback = (error: Error | null, result?: Buffer) => void;
type Sync = (bytes: Buffer, options: ZlibOptions) => Buffer;

/** Windows of 256 KiB are made for members of 4 MiB; here they have some KiB. */
const chunkSize = 4096;

const atOnce =
  (sync: Sync) =>
  (bytes: Buffer, options: ZlibOptions, done: Callback): void => {
    let result: Buffer;
    try {
      result = sync(bytes, { ...options, chunkSize });
    } catch (error) {
      process.nextTick(done, error);
      return;
    }
    process.nextTick(done, null, result);
  };

const streaming = (sync: Sync) => (options: ZlibOptions) => {
  const pieces: Buffer[] = [];
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece));
      done();
    },
    flush(done) {
      try {
        done(null, sync(Buffer.concat(pieces), { ...options, chunkSize }));
      } catch (error) {
        done(error as Error);
      }
    },
  });
};

const replace = (name: string, value: unknown): void => {
  Object.defineProperty(zlib, name, { value });
};
replace("gzip", atOnce(zlib.gzipSync));
replace("gunzip", atOnce(zlib.gunzipSync));
replace("createGzip", streaming(zlib.gzipSync));
replace("createGunzip", streaming(zlib.gunzipSync));
syncBuiltinESMExports();
