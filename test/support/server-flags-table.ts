import { refusedServerFlags } from "../../src/cli/flags/refused-server-flags.ts";

/** The rows of docs/compatibility.md for what `ark-ts server` refuses of Velero's flags. */
export function refusedFlagRows(): readonly string[] {
  return refusedServerFlags.map(({ name, reason, never }) => {
    const when = never === true ? "has no meaning here" : "not yet";
    return `| \`--${name}\` | ${when} | ${reason} |`;
  });
}
