import { readFile } from "node:fs/promises";
import { ArkError } from "../../../lib/errors.ts";
import type { Clock } from "../../../ports/clock.ts";
import { cachedFor } from "./cached-for.ts";
import type { CredentialSource } from "./credential-source.ts";
import { readFailureReason } from "./kubeconfig-files.ts";

/** client-go's period; the kubelet renews a projected token long before it expires. */
const tokenFileTtlMs = 60_000;

/** The header for a token; `origin` says where it came from, for the error. */
export function bearer(token: string, origin: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
  throw new ArkError("ARK_KUBECONFIG_INVALID", `the token of ${origin} cannot be sent`, {
    answer: token === "" ? "it is empty" : "it holds white space or characters that no header may",
    advice: "put the bare token there, without line breaks",
  });
}

/** A token in a file that somebody else renews: read again each minute, and after a 401. */
export function tokenFileSource(path: string, clock: Clock): CredentialSource {
  const token = cachedFor(clock, tokenFileTtlMs, () => readToken(path));
  return {
    current: async () => ({ authorization: await token.get() }),
    refresh: async () => {
      const before = await token.get();
      return (await token.reload()) !== before;
    },
    close: () => {},
  };
}

async function readToken(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new ArkError("ARK_KUBECONFIG_INVALID", `cannot read the token file "${path}"`, {
      tried: `read "${path}"`,
      answer: readFailureReason(error),
      advice: "make the file readable, or correct tokenFile in the kubeconfig",
      cause: error,
    });
  }
  return bearer(text.trim(), `file "${path}"`);
}
