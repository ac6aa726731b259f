/** Tells on standard error what goes on: in place on a terminal, else one line each. */
export function tell(text: string): void {
  const { stderr } = process;
  stderr.write(stderr.isTTY === true ? `\r${text}\x1b[K` : `  ${text}\n`);
}

export function tellNothing(): void {
  if (process.stderr.isTTY === true) process.stderr.write("\r\x1b[K");
}
