const maxLineChars = 64 * 1024;

/** Cuts text into lines; a longer one comes in pieces of 64 Ki characters. */
export function createLineSplitter(onLine: (line: string) => void): {
  push(text: string): void;
  /** What stands after the last newline, if anything does. */
  end(): void;
} {
  let rest = "";
  return {
    push(text) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) onLine(line.replace(/\r$/, ""));
      while (rest.length > maxLineChars) {
        onLine(rest.slice(0, maxLineChars));
        rest = rest.slice(maxLineChars);
      }
    },
    end() {
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}
