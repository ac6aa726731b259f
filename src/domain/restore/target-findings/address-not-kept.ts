import { adviceToKeepAddress, droppedAddress } from "../chosen-address.ts";
import { about, perObject, type TargetFindingRule } from "./rule.ts";

export const addressNotKept: TargetFindingRule = {
  code: "address-not-kept",
  reason: "who calls a Service by a cluster IP that was chosen for it does not reach the new one",
  open: perObject((object) => {
    if (object.resource !== "services" || object.action !== "create") return [];
    const address = droppedAddress(object.backedUp ?? {}, object.desired);
    if (address === undefined) return [];
    return [
      {
        severity: "warning",
        code: "address-not-kept",
        message: `cluster IP ${address}, which was chosen for it, is left to the API server, as Velero does`,
        ...about(object),
        advice: adviceToKeepAddress,
      },
    ];
  }),
};
