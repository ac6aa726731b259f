import { annotationViolations, labelViolations } from "../domain/metadata-checks.ts";
import type { FlagValues } from "./flag-values.ts";
import { usageError } from "./usage-error.ts";

export interface TypedMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** `--labels` and `--annotations` of a new resource. Errors: ARK_USAGE, naming all that is wrong. */
export function metadataOfFlags(flags: FlagValues): TypedMetadata {
  const labels = flags.map("labels") ?? {};
  const annotations = flags.map("annotations") ?? {};
  const violations = [
    ...labelViolations(labels).map((text) => `--labels: ${text}`),
    ...annotationViolations(annotations).map((text) => `--annotations: ${text}`),
  ];
  if (violations.length > 0) throw usageError(violations.join("\n"));
  return { labels, annotations };
}
