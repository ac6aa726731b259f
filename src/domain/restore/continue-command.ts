/** Leads in a command that is shown as it is kept. */
export const asItWasTyped = "run what began it: ";

/**
 * A clause. A command stands there as it is to be typed, whoever shows it: its own flags say where it
 * works. Undefined: its record cannot be read.
 */
export function howToContinue(record: { readonly command?: string } | undefined): string {
  if (record?.command === undefined) return "the command that began it, run again, continues it";
  return `to continue it, ${asItWasTyped}${record.command}`;
}
