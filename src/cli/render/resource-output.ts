import { decodeJson } from "../../lib/json-text.ts";
import type { CliEnvironment } from "../environment.ts";
import { suggestAtPlace } from "./suggested-commands.ts";

export type OutputFormat = "table" | "json" | "yaml" | "name";

/** One answer of a command in every form it can be asked for. */
export interface ResourceOutput {
  /** What json and yaml hold: RFC 3339 times, plain numbers. */
  readonly value: unknown;
  readonly table: () => string;
  /** One line each, such as `backup/nightly`. */
  readonly names: readonly string[];
}

/** Prints the answer; `undefined` counts as `table`. */
export async function printResource(
  environment: Pick<CliEnvironment, "stdout" | "argv">,
  format: string | undefined,
  output: ResourceOutput,
): Promise<void> {
  environment.stdout.write(await formatResource(format, output, environment.argv));
}

async function formatResource(
  format: string | undefined,
  output: ResourceOutput,
  argv: readonly string[],
): Promise<string> {
  switch (format) {
    case "json":
      return `${JSON.stringify(output.value, undefined, 2)}\n`;
    case "yaml":
      return await toYaml(output.value);
    case "name":
      return output.names.map((name) => `${name}\n`).join("");
    default:
      return suggestAtPlace(output.table(), argv);
  }
}

/** YAML that readers of YAML 1.1 understand the same way. */
export async function toYaml(value: unknown): Promise<string> {
  const { dump } = await import("js-yaml");
  return dump(decodeJson(JSON.stringify(value)), { lineWidth: -1, noRefs: true });
}

/** A list in the shape of Kubernetes; a single named item stands alone. */
export function listOrItem(
  kind: string,
  items: readonly unknown[],
  oneNamed: boolean,
  extra: Readonly<Record<string, unknown>> = {},
): unknown {
  if (oneNamed && items.length === 1) return items[0];
  return { apiVersion: "velero.io/v1", kind: `${kind}List`, items, ...extra };
}
