import { ArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { ListEntry, ListOptions, ObjectStore, Upload } from "../../ports/object-store.ts";

export interface LogContext {
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * One debug line per call: operation, key, sizes, milliseconds, and the code of an error. Bodies,
 * user metadata and credentials never reach the log; who handles an error logs the error.
 */
export function withLog(inner: ObjectStore, context: LogContext): ObjectStore {
  const logged = <Result>(
    operation: string,
    fields: Readonly<Record<string, unknown>>,
    act: () => Promise<Result>,
  ) => timed(context, operation, fields, act);
  return {
    capabilities: inner.capabilities,
    display: inner.display,
    put: (key, body, options) =>
      logged("put", { key, sizeBytes: body.length, ifAbsent: options.ifAbsent === true }, () =>
        inner.put(key, body, options),
      ),
    get: (key, options) => logged("get", { key, ...options.range }, () => inner.get(key, options)),
    head: (key, options) => logged("head", { key }, () => inner.head(key, options)),
    list: (prefix, options) => loggedList(inner, context, prefix, options),
    remove: (key, options) => logged("remove", { key }, () => inner.remove(key, options)),
    async startUpload(key, options) {
      const upload = await logged("startUpload", { key }, () => inner.startUpload(key, options));
      return loggedUpload(upload, key, context);
    },
    async resumeUpload(key, uploadId, options) {
      const upload = await logged("resumeUpload", { key }, () =>
        inner.resumeUpload(key, uploadId, options),
      );
      return upload === undefined ? undefined : loggedUpload(upload, key, context);
    },
    // Who has the URL has the object.
    signedUrl: (key, options) => logged("signedUrl", { key }, () => inner.signedUrl(key, options)),
    probe: (options) => logged("probe", {}, () => inner.probe(options)),
    close: () => logged("close", {}, () => inner.close()),
  };
}

function loggedUpload(inner: Upload, key: string, context: LogContext): Upload {
  return {
    uploadId: inner.uploadId,
    putPart: (number, body, options) =>
      timed(context, "putPart", { key, part: number, sizeBytes: body.length }, () =>
        inner.putPart(number, body, options),
      ),
    complete: (parts, options) =>
      timed(context, "complete", { key, parts: parts.length }, () =>
        inner.complete(parts, options),
      ),
    abort: (options) => timed(context, "abort", { key }, () => inner.abort(options)),
  };
}

async function* loggedList(
  inner: ObjectStore,
  context: LogContext,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry> {
  const start = context.clock.monotonicMs();
  let entries = 0;
  let code: string | undefined;
  try {
    for await (const entry of inner.list(prefix, options)) {
      entries += 1;
      yield entry;
    }
  } catch (thrown) {
    code = codeOf(thrown);
    throw thrown;
  } finally {
    writeLine(context, { operation: "list", key: prefix, entries }, start, code);
  }
}

async function timed<Result>(
  context: LogContext,
  operation: string,
  fields: Readonly<Record<string, unknown>>,
  act: () => Promise<Result>,
): Promise<Result> {
  const start = context.clock.monotonicMs();
  try {
    const result = await act();
    writeLine(context, { operation, ...fields }, start, undefined);
    return result;
  } catch (thrown) {
    writeLine(context, { operation, ...fields }, start, codeOf(thrown));
    throw thrown;
  }
}

function writeLine(
  { log, clock }: LogContext,
  fields: Readonly<Record<string, unknown>>,
  startMs: number,
  code: string | undefined,
): void {
  const durationMs = Math.round(clock.monotonicMs() - startMs);
  const outcome = code === undefined ? {} : { code };
  log.write("debug", "store call ended", { ...fields, durationMs, ...outcome });
}

function codeOf(thrown: unknown): string {
  if (thrown instanceof ArkError) return thrown.code;
  return thrown instanceof Error ? thrown.name : "unknown";
}
