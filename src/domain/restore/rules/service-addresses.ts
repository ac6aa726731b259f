import { textAt, withoutAll } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";

/** An address may be taken meanwhile; only `None` (headless) is a wish and not an allocation. */
export const serviceAddresses: CleaningRule = {
  name: "service-addresses",
  resources: ["services"],
  clean: (service) =>
    textAt(service, ["spec", "clusterIP"]) === "None"
      ? service
      : withoutAll(service, [
          ["spec", "clusterIP"],
          ["spec", "clusterIPs"],
        ]),
};
