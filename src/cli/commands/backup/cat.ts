import {
  decodeJson,
  isJsonArray,
  isJsonObject,
  isRawNumber,
  type JsonValue,
  parseJson,
} from "../../../lib/json-text.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { findObject } from "../../find-object.ts";
import { typedObject } from "../../object-path.ts";
import { objectsInVersion } from "../../objects-in-version.ts";
import { openChosenLocation } from "../../reading.ts";
import { toYaml } from "../../render/resource-output.ts";
import { withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Prints one object: its stored bytes and a newline, or YAML made from them. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const { signal } = session;
    const [name = "", typed = ""] = args;
    typedObject(typed);
    const { store } = await openChosenLocation(session, "read-store");
    const { openBackup } = await import("../../../catalog/open-backup.ts");
    const backup = await openBackup(store, name, { signal });
    const objects = objectsInVersion(backup, flags.text("api-version"));
    const bytes = await objects.read(await findObject(typed, backup, objects, signal), signal);
    if (flags.text("output") === "yaml") {
      environment.stdout.write(await toYaml(exactValue(bytes, typed)));
    } else {
      environment.stdout.write(bytes);
      environment.stdout.write("\n");
    }
    await environment.stdout.drained();
    return exitStatus.done;
  });
}

/** Errors: ARK_USAGE when YAML would change a number. */
function exactValue(bytes: Buffer, typed: string): unknown {
  const text = bytes.toString("utf8");
  if (hasExactNumber(parseJson(text))) {
    throw usageError(
      `${typed} holds a number that YAML would not keep digit by digit`,
      "leave -o yaml out: the stored JSON is exact",
    );
  }
  return decodeJson(text);
}

function hasExactNumber(value: JsonValue): boolean {
  if (isRawNumber(value)) return true;
  if (isJsonArray(value)) return value.some(hasExactNumber);
  return isJsonObject(value) && Object.values(value).some(hasExactNumber);
}
