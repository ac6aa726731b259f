import { ArkError } from "../../lib/errors.ts";
import { type GrpcStatus, statusCode } from "../../plugin-wire/grpc-status.ts";
import { describeEnd, lastWords, type ProcessEnd } from "./start-failure.ts";

function callOf(path: string): string {
  return path.split("/").at(-1) ?? path;
}

/** The plugin answered with an error; its process lives. */
export function failedError(display: string, path: string, status: GrpcStatus): ArkError {
  const { code, message, frames } = status;
  const origin = frames.find(({ file }) => !file.startsWith("runtime/"));
  const place =
    origin === undefined ? "" : ` (at ${origin.function}, ${origin.file}:${origin.line})`;
  const how = code === statusCode.aborted && message.startsWith("plugin panicked");
  return new ArkError(
    code === statusCode.unimplemented ? "ARK_PLUGIN_UNSUPPORTED" : "ARK_PLUGIN_FAILED",
    `plugin ${JSON.stringify(display)} ${how ? "panicked" : "failed"} in ${callOf(path)}`,
    {
      answer: `${message === "" ? `status ${code} of gRPC, without a text` : message}${place}`,
      ...(how && { advice: "that is a bug of the plugin; its process goes on" }),
    },
  );
}

/** The process ended over the call: whether what was asked for was done is not known. */
export function endedError(
  display: string,
  path: string,
  end: ProcessEnd,
  printed: string,
): ArkError {
  const last = lastWords(printed);
  return new ArkError(
    "ARK_PLUGIN_ENDED",
    `plugin ${JSON.stringify(display)} ended during ${callOf(path)}, and whether it did it is not known`,
    {
      answer: `its process ${describeEnd(end)}${last === "" ? "" : `; it printed: ${last}`}`,
      disposition: "wait",
    },
  );
}
