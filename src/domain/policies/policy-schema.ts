import { z } from "zod";
import { fields, labelSelector, text, textMap, texts } from "../rule-schema.ts";
import { policyActions } from "./resource-policies.ts";

const resourceFilters = z
  .array(
    fields({
      kinds: texts.default([]),
      labelSelector: labelSelector.exactOptional(),
      orLabelSelectors: z.array(labelSelector).exactOptional(),
      names: texts.exactOptional(),
      excludedNames: texts.exactOptional(),
    }),
  )
  .default([]);

/** `nfs:` and `csi:` without a value would be no condition at all, where `{}` means any. */
const conditions = fields(
  {
    capacity: text.exactOptional(),
    storageClass: texts.exactOptional(),
    nfs: fields({ server: text.exactOptional(), path: text.exactOptional() }).exactOptional(),
    csi: fields({
      driver: text.exactOptional(),
      volumeAttributes: textMap.exactOptional(),
    }).exactOptional(),
    volumeTypes: texts.exactOptional(),
    pvcLabels: textMap.exactOptional(),
    pvcPhase: texts.exactOptional(),
    pvcVolumeMode: text.exactOptional(),
    pvcAccessModes: texts.exactOptional(),
  },
  ["nfs", "csi"],
);

const scopedLists = fields({
  includedClusterScopedResources: texts.exactOptional(),
  excludedClusterScopedResources: texts.exactOptional(),
  includedNamespaceScopedResources: texts.exactOptional(),
  excludedNamespaceScopedResources: texts.exactOptional(),
});

/** The file as Velero 1.18.3 decodes it: no field that it does not know. */
export const policySchema = fields({
  version: z.literal("v1"),
  volumePolicies: z
    .array(
      fields({
        conditions: conditions.default({}),
        action: fields({
          type: z.enum(policyActions),
          parameters: z.record(text, z.unknown()).exactOptional(),
        }),
      }),
    )
    .default([]),
  includeExcludePolicy: scopedLists.exactOptional(),
  clusterScopedFilterPolicy: fields({ resourceFilters }).exactOptional(),
  namespacedFilterPolicies: z
    .array(fields({ namespaces: texts.default([]), resourceFilters }))
    .default([]),
});
