import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { StoredBody } from "../../ports/object-store.ts";
import type { Session } from "../session.ts";
import type { ServerAccess } from "./server-access.ts";

/** Of the Service that an installation makes. */
const endpoint = { service: "ark-ts", port: "downloads" };

/** What the server's endpoint says of a file that is not there. */
const missing = /there is no such file/;

/**
 * Reads a signed path of the server's own endpoint through the API server. `direct`: why the way
 * without it failed. Errors: ARK_STORE_NOT_FOUND, ARK_STORE_UNREACHABLE, which tells of both ways.
 */
export async function getThroughCluster(
  { signal }: Pick<Session, "signal">,
  { cluster, namespace }: Pick<ServerAccess, "cluster" | "namespace">,
  path: string,
  direct?: ArkError,
): Promise<StoredBody> {
  try {
    const request = { ...endpoint, namespace, path };
    return { sizeBytes: -1, body: await cluster.getThroughService(request, { signal }) };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (missing.test(`${error.message} ${error.answer ?? ""}`)) {
      throw new ArkError("ARK_STORE_NOT_FOUND", "the server has no such file", { cause: error });
    }
    const way = `through the API server (Service ${endpoint.service}): ${error.message}`;
    const answer = error.answer === undefined ? way : `${way}: ${error.answer}`;
    const right = hasCode(thrown, "ARK_API_FORBIDDEN")
      ? `; or ask for the right "get" on services/proxy in namespace ${namespace}`
      : "";
    throw new ArkError(
      "ARK_STORE_UNREACHABLE",
      direct?.message ?? "the server's files cannot be read through the API server",
      {
        ...(direct?.tried === undefined ? {} : { tried: direct.tried }),
        answer: direct?.answer === undefined ? answer : `${direct.answer}\n${answer}`,
        ...(direct?.advice === undefined ? {} : { advice: `${direct.advice}${right}` }),
        disposition: "retry",
        cause: error,
      },
    );
  }
}
