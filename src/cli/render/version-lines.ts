import type { ChosenVersion } from "../../domain/restore/choose-version.ts";
import { reportLine } from "./finding-lines.ts";

/** Kinds that come in another version than the cluster of the backup preferred. */
export function versionLines(versions: readonly ChosenVersion[] = []): string {
  return versions
    .filter(({ version, preferred }) => version !== preferred)
    .map(({ resource, version, preferred }) =>
      reportLine(
        "version",
        `${resource} in ${version}; the cluster of the backup preferred ${preferred}`,
      ),
    )
    .join("");
}
