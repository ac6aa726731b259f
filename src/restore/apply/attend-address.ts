import { adviceToKeepAddress, droppedAddress } from "../../domain/restore/chosen-address.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import type { ShapedObject } from "./assess-item.ts";

/** After a Service was made: says so where it has no longer the cluster IP that was chosen for it. */
export function attendAddress(
  run: RestoreRun,
  { resource, target, backedUp, item }: ShapedObject,
): void {
  if (resource !== "services") return;
  const address = droppedAddress(backedUp, item.desired);
  if (address === undefined) return;
  run.log.find({
    severity: "warning",
    code: "ARK_ADDRESS_CHANGED",
    message: `${describeTarget(target)} had cluster IP ${address}, which was chosen for it; the API server chose the new one, as with Velero`,
    advice: adviceToKeepAddress,
    resource,
    namespace: target.namespace,
    name: target.name,
  });
}
