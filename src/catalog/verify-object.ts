import { readRawObject } from "../api/read-raw-object.ts";
import type { IndexLine } from "../format/index-line.ts";
import { normalSha256, sha256 } from "../format/normal-form.ts";
import { readTypeMeta } from "../format/type-meta.ts";
import { toArkError } from "../lib/errors.ts";
import type { VerifyLevel } from "./verify-report.ts";

/** What is wrong with one object's bytes; undefined when they are what the index says. */
export function findObjectProblem(
  line: IndexLine,
  bytes: Buffer,
  level: VerifyLevel,
): string | undefined {
  if (bytes.length !== line.at[3]) return "its place lies beyond its member";
  if (sha256(bytes) !== line.sha256) return "its bytes differ from its hash in the index";
  return level === "objects" ? findContentProblem(line, bytes) : undefined;
}

/** Whether the bytes are the object that their path and index line say they are. */
function findContentProblem(line: IndexLine, bytes: Buffer): string | undefined {
  try {
    const object = readRawObject(bytes);
    const { apiVersion, kind } = readTypeMeta(bytes);
    const pairs: readonly (readonly [string, string, string])[] = [
      ["name", object.name, line.name],
      ["namespace", object.namespace, line.namespace ?? ""],
      ["uid", object.uid, line.uid],
      ["resourceVersion", object.resourceVersion, line.resourceVersion],
      ["apiVersion", apiVersion, line.version],
      ["kind", kind, line.kind],
    ];
    const wrong = pairs.find(([, found, expected]) => found !== expected);
    if (wrong !== undefined) {
      const [field, found, expected] = wrong;
      return `its ${field} is ${JSON.stringify(found)}, where its place says ${JSON.stringify(expected)}`;
    }
    return normalSha256(object) === line.normalSha256
      ? undefined
      : "its normalised form differs from its hash in the index";
  } catch (thrown) {
    return `it cannot be read: ${toArkError(thrown).message}`;
  }
}
