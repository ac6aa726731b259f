import type { Invocation } from "./command-spec.ts";
import { usageError } from "./usage-error.ts";

/** Of names, `--selector` and `--all` one says which; `noun` is in the plural. Errors: ARK_USAGE. */
export function checkOneChoice({ args, flags }: Invocation, noun: string): void {
  const ways = [args.length > 0, flags.has("selector"), flags.boolean("all") === true];
  const count = ways.filter(Boolean).length;
  if (count === 1) return;
  throw usageError(
    count === 0
      ? `which ${noun}? give names, --selector or --all`
      : "give only one of names, --selector and --all",
  );
}
