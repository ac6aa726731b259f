import { readRawObject } from "../../api/read-raw-object.ts";
import type { IndexLine } from "../../format/index-line.ts";
import { placeKey } from "../match-objects.ts";
import type { OpenedBackup } from "../opened-backup.ts";
import type { DiffScope, OtherSide } from "./diff-side.ts";

/** Another backup, by its index. */
export function backupSide(backup: OpenedBackup, scope: DiffScope): OtherSide {
  const { hasSelectors } = scope.selection;
  return {
    unread: new Map(),
    async *objects(signal) {
      // Those of other namespaces are told apart by whether the first backup would have them.
      const isWanted = ({ resource }: IndexLine): boolean =>
        scope.selection.includesKind(resource) && !scope.leavesOut(resource);
      const common = (line: IndexLine) => ({
        resource: line.resource,
        namespace: line.namespace ?? "",
        name: line.name,
        normalSha256: line.normalSha256,
        sizeBytes: line.at[3],
        bytes: undefined,
      });
      if (hasSelectors) {
        for await (const { line, bytes } of backup.entries(isWanted, signal)) {
          yield { ...common(line), labels: readRawObject(bytes).labels };
        }
      } else {
        for await (const line of backup.index(signal)) {
          if (isWanted(line)) yield { ...common(line), labels: undefined };
        }
      }
    },
    async bytesOf(keys, signal) {
      const found = new Map<string, Buffer>();
      for await (const { line, bytes } of backup.entries(
        (one) => keys.has(placeKey(one)),
        signal,
      )) {
        found.set(placeKey(line), Buffer.from(bytes));
      }
      return found;
    },
  };
}
