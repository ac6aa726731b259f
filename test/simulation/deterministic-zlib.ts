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
const small = { chunkSize: 4096, windowBits: 10, memLevel: 1, level: 1 };
const gzip: Sync = (bytes, options) => zlib.gzipSync(bytes, { ...options, ...small });
const gunzip: Sync = (bytes, options) =>
  zlib.gunzipSync(bytes, { ...options, chunkSize: small.chunkSize });

const atOnce =
  (sync: Sync) =>
  (bytes: Buffer, options: ZlibOptions, done: Callback): void => {
    let result: Buffer;
    try {
      result = sync(bytes, options);
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
        done(null, sync(Buffer.concat(pieces), options));
      } catch (error) {
        done(error as Error);
      }
    },
  });
};

const replace = (name: string, value: unknown): void => {
  Object.defineProperty(zlib, name, { value });
};
replace("gzip", atOnce(gzip));
replace("gunzip", atOnce(gunzip));
replace("createGzip", streaming(gzip));
replace("createGunzip", streaming(gunzip));
syncBuiltinESMExports();
