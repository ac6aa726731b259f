import { z } from "zod";
import { policyActions } from "./resource-policies.ts";

/** A mapping with these fields only; a field without a value counts as absent, as for Velero. */
function fields<Shape extends z.ZodRawShape>(shape: Shape, needsValue: readonly string[] = []) {
  const mayBeEmpty = Object.keys(shape).filter((key) => !needsValue.includes(key));
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).filter(([key, one]) => one !== null || !mayBeEmpty.includes(key)),
    );
  }, z.strictObject(shape));
}

const text = z.string();
const texts = z.array(text);
/** A key without a value has the empty text. */
const textMap = z.record(
  text,
  text.nullable().transform((value) => value ?? ""),
);

const labelSelector = fields({
  matchLabels: textMap.exactOptional(),
  matchExpressions: z
    .array(
      fields({
        key: text,
        operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
        values: texts.exactOptional(),
      }),
    )
    .exactOptional(),
});

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
