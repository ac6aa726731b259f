import type { GroupResource } from "../../api/resource-kind.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { diffValues } from "./diff-values.ts";
import type { FieldChange } from "./field-change.ts";
import { maskedPaths, maskSecrets } from "./mask-secrets.ts";
import { withDefaultsOnly, withoutNoise } from "./noise.ts";

/**
 * The fields in which two objects of one kind differ, all of them: for a patch that will be sent.
 * A Secret's values are never in the answer.
 */
export function diffFields(
  resource: GroupResource,
  before: JsonObject,
  after: JsonObject,
): readonly FieldChange[] {
  const changes = diffValues(...maskSecrets(resource, before, after));
  return resource === "secrets" ? changes.map(marked) : changes;
}

/**
 * The same without what tells of nothing that a person did (the table in noise.ts): empty exactly
 * when the two are equal modulo noise.
 */
export function diffObjects(
  resource: GroupResource,
  before: JsonObject,
  after: JsonObject,
): readonly FieldChange[] {
  const changes = diffFields(
    resource,
    withoutNoise(resource, before),
    withoutNoise(resource, after),
  );
  if (!changes.some(isOneSided)) return changes;
  const [left, right] = [before, after].map((one) => withDefaultsOnly(resource, one));
  const written = diffFields(resource, left as JsonObject, right as JsonObject);
  return changes.flatMap((change) => (isOneSided(change) ? asWritten(change, written) : [change]));
}

function isOneSided({ change }: FieldChange): boolean {
  return change === "added" || change === "removed";
}

/** A field that one side has by default is there, and is shown with that value. */
function asWritten(change: FieldChange, written: readonly FieldChange[]): readonly FieldChange[] {
  const { path } = change;
  const there = written.filter(
    (one) =>
      one.path === path || one.path.startsWith(`${path}.`) || one.path.startsWith(`${path}[`),
  );
  return there.length === 0 ? [change] : there;
}

function marked(change: FieldChange): FieldChange {
  const { path } = change;
  const isMasked = maskedPaths.some(
    (place) => path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`),
  );
  return isMasked ? { ...change, masked: true } : change;
}
