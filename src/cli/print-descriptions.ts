import type { Invocation } from "./command-spec.ts";
import type { DescribeStyle } from "./render/describe-backup.ts";
import { listOrItem, printResource } from "./render/resource-output.ts";

/** One thing in both forms a description has. */
export interface Described {
  readonly json: unknown;
  readonly text: () => string;
}

export interface DescribeRequest {
  /** Name of the location. */
  readonly location: string;
  readonly style: DescribeStyle;
}

/** Prints descriptions one after the other; one that was named alone stands alone. */
export async function printDescriptions(
  { args, flags, environment }: Invocation,
  noun: "backup" | "restore",
  described: readonly Described[],
  { location }: DescribeRequest,
): Promise<void> {
  const kind = noun === "backup" ? "BackupDescription" : "RestoreDescription";
  const items = described.map(({ json }) => json);
  await printResource(environment, flags.text("output"), {
    value: listOrItem(kind, items, args.length === 1),
    table: () =>
      described.length === 0
        ? `no ${noun}s in ${location}\n`
        : described.map(({ text }) => text()).join("\n\n"),
    names: [],
  });
}
