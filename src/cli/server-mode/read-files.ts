import { hasCode, toArkError } from "../../lib/errors.ts";
import type { Session } from "../session.ts";

/** Reads files for a description, which is worth having without them too. */
export interface FileReader {
  /** Undefined: there is none, or it could not be had, which is said once. */
  read<T>(what: string, work: () => Promise<T | undefined>): Promise<T | undefined>;
}

export function createFileReader(session: Session): FileReader {
  let isLost = false;
  return {
    async read(what, work) {
      if (isLost) return undefined;
      try {
        return await work();
      } catch (thrown) {
        session.signal.throwIfAborted();
        if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
        const { message, answer, advice } = toArkError(thrown);
        // The way to one file is the way to all: nobody is kept waiting for each.
        isLost = !hasCode(thrown, "ARK_BACKUP_DAMAGED") && !hasCode(thrown, "ARK_BACKUP_FORMAT");
        const rest = [answer, advice].filter((part) => part !== undefined).join("; ");
        session.note(
          session.err.warn(
            `${what} could not be had: ${message}${rest === "" ? "" : ` (${rest})`}`,
          ),
        );
        return undefined;
      }
    },
  };
}
