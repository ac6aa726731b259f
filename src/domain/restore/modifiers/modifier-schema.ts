import { z } from "zod";
import { fields, labelSelector, text, texts } from "../../rule-schema.ts";

const conditions = fields({
  groupResource: text.default(""),
  namespaces: texts.default([]),
  resourceNameRegex: text.default(""),
  labelSelector: labelSelector.exactOptional(),
  matches: z.array(fields({ path: text.default(""), value: text.default("") })).default([]),
});

const operation = fields({
  operation: text.default(""),
  from: text.default(""),
  path: text.default(""),
  value: text.default(""),
});

const patches = z.array(fields({ patchData: text.default("") })).default([]);

/** The file as Velero 1.18.3 decodes it: no field that it does not know. */
export const modifierSchema = fields({
  version: text.default(""),
  resourceModifierRules: z
    .array(
      fields({
        conditions: conditions.prefault({}),
        patches: z.array(operation).default([]),
        mergePatches: patches,
        strategicPatches: patches,
      }),
    )
    .default([]),
});

export type ModifierFile = z.infer<typeof modifierSchema>;
export type RuleText = ModifierFile["resourceModifierRules"][number];
export type OperationText = RuleText["patches"][number];
