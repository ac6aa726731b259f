import type { RawObject } from "../../api/raw-object.ts";
import { readRawObject } from "../../api/read-raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { persistentVolumeClaims } from "../../domain/references/edges.ts";
import {
  claimWithSnapshot,
  snapshotWithHandle,
} from "../../domain/volumes/csi/snapshot-objects.ts";
import { type JsonObject, parseJson } from "../../lib/json-text.ts";
import { volumeSnapshots } from "../../volumes/csi/snapshot-api.ts";
import type { RunSnapshot } from "./work-options.ts";

/**
 * An object as the backup has it: a claim with the name of its snapshot, a VolumeSnapshot with its
 * handle, so that Velero and ark-ts restore them. All others unchanged.
 */
export function storedForm(
  resource: GroupResource,
  object: RawObject,
  backup: string,
  ready: ReadonlyMap<string, RunSnapshot>,
): RawObject {
  const key = `${object.namespace}/${object.name}`;
  if (resource === persistentVolumeClaims) {
    const cut = ready.get(key)?.cut;
    if (cut === undefined) return object;
    const { restoreSize } = cut.state;
    const parts = { snapshot: cut.name, backup, restoreSize };
    return changed(object, (claim) => claimWithSnapshot(claim, parts));
  }
  if (resource !== volumeSnapshots) return object;
  const one = [...ready.values()].find(
    ({ cut }) => cut.namespace === object.namespace && cut.name === object.name,
  );
  if (one === undefined) return object;
  const of = { driver: one.driver, groupHandle: one.group?.handle };
  return changed(object, (snapshot) => snapshotWithHandle(snapshot, one.cut.state, of));
}

function changed(object: RawObject, change: (object: JsonObject) => JsonObject): RawObject {
  const value = change(parseJson(object.bytes.toString()) as JsonObject);
  return readRawObject(Buffer.from(JSON.stringify(value)));
}
