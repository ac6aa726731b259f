/**
 * Writes what is rendered from code: docs/errors.md and the help texts in test/golden/help.
 * `sh test/bootstrap.sh test/render-docs.ts`. Unit tests hold the files against the code.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { errorCatalogue } from "../src/api/error-codes.ts";
import { type GroupSpec, isGroup, leavesOf } from "../src/cli/command-spec.ts";
import { commandTree } from "../src/cli/command-tree.ts";
import { exitStatus } from "../src/cli/exit-codes.ts";
import { helpText } from "../src/cli/main.ts";

/** Paths from the root of the repository, and what must stand there. */
export function renderedFiles(): ReadonlyMap<string, string> {
  return new Map([["docs/errors.md", errorsPage()], ...helpPages()]);
}

function errorsPage(): string {
  const rows = Object.entries(errorCatalogue)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { exit, meaning }]) => `| \`${code}\` | ${exitStatus[exit]} | ${meaning} |`);
  return `# Error codes

Rendered from \`src/api/error-codes.ts\` by \`test/render-docs.ts\`; do not edit.

An error says what could not be done and on what, what was tried, what the other side answered,
what to do, and its code. The codes are stable: scripts may match on them. A usage error has only
its sentence and what to do. \`--debug\` adds the stack. No error holds a secret.

## Exit statuses

| Status | Meaning |
|---|---|
| ${exitStatus.done} | done |
| ${exitStatus.failed} | failed: nothing usable came of it |
| ${exitStatus.usage} | usage: the command line, the kubeconfig or the configuration must be changed |
| ${exitStatus.partiallyFailed} | partially failed: a backup or restore ended, and some of its objects are not in it |
| ${exitStatus.cancelled} | cancelled by the user |

## Codes

| Code | Status | Meaning |
|---|---|---|
${rows.join("\n")}
`;
}

function helpPages(): [string, string][] {
  const words = [[], ...groupWords(commandTree, []), ...leafWords()];
  return words.map((path) => [
    `test/golden/help/${["ark-ts", ...path].join("-")}.txt`,
    helpText(path),
  ]);
}

/** Commands by their noun-first form; the verb-first one is the same command. */
function leafWords(): string[][] {
  return [...leavesOf(commandTree)]
    .filter(({ words, leaf }) => leaf.hidden !== true && words.join(" ") === leaf.path.join(" "))
    .map(({ words }) => [...words]);
}

function groupWords(group: GroupSpec, words: readonly string[]): string[][] {
  return group.children.flatMap((child) => {
    const path = [...words, child.name];
    return isGroup(child) ? [path, ...groupWords(child, path)] : [];
  });
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of renderedFiles()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
