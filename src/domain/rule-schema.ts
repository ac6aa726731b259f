import { z } from "zod";

/**
 * A mapping with these fields only; a field without a value counts as absent, as for Velero, save
 * those of `needsValue`.
 */
export function fields<Shape extends z.ZodRawShape>(
  shape: Shape,
  needsValue: readonly string[] = [],
) {
  const mayBeEmpty = Object.keys(shape).filter((key) => !needsValue.includes(key));
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).filter(([key, one]) => one !== null || !mayBeEmpty.includes(key)),
    );
  }, z.strictObject(shape));
}

export const text = z.string();
export const texts = z.array(text);

/** A key without a value has the empty text. */
export const textMap = z.record(
  text,
  text.nullable().transform((value) => value ?? ""),
);

export const labelSelector = fields({
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
