/**
 * Writes what is rendered from code: docs/errors.md, docs/waits.md, docs/rights.md, the help texts in
 * test/golden/help, and what stands in deploy/crds, deploy/kustomize and deploy/helm.
 * `sh test/bootstrap.sh test/render-docs.ts`. Unit tests hold the files against the code.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { errorCatalogue } from "../src/api/error-codes.ts";
import { type GroupSpec, isGroup, leavesOf } from "../src/cli/command-spec.ts";
import { commandTree } from "../src/cli/command-tree.ts";
import { exitStatus } from "../src/cli/exit-codes.ts";
import { helpText } from "../src/cli/main.ts";
import { type NamedWait, restoreWaits, waitIds } from "../src/domain/restore/waits.ts";
import { clusterRights, namespaceRights, type Right } from "../src/install/manifests/rights.ts";
import { deployFiles } from "./render-deploy.ts";

/** Paths from the root of the repository, and what must stand there. */
export function renderedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/errors.md", errorsPage()],
    ["docs/waits.md", waitsPage()],
    ["docs/rights.md", rightsPage()],
    ...helpPages(),
    ...deployFiles(),
  ]);
}

function rightsPage(): string {
  const all = clusterRights({ restores: true });
  const kept = clusterRights({ restores: false });
  const written = all.slice(kept.length);
  const own = namespaceRights({ downloads: false });
  const forDownloads = namespaceRights({ downloads: true }).slice(own.length);
  return `# What the server may do, and why

Rendered from \`src/install/manifests/rights.ts\` by \`test/render-docs.ts\`; do not edit.

\`ark-ts install\`, \`deploy/kustomize\` and \`deploy/helm\` give the server's account these rights and
no others. Whoever installs needs them too, or the verb \`escalate\` on roles: the API server lets
nobody give away what he does not have. \`ark-ts install --dry-run\` says what is missing.

## In the whole cluster

${rightsTable(kept)}

## In the whole cluster, for restores

Left out with \`ark-ts install --server-flags disable-controllers=restore\`: that server reads
everything and writes nothing outside its namespace, except what hooks do in pods, and snapshots of volumes.

${rightsTable(written)}

## In the server's namespace

${rightsTable(own)}

## In the server's namespace, for the files that it hands out itself

Left out with \`ark-ts install --server-flags download-address=none\`.

${rightsTable(forDownloads)}
`;
}

function rightsTable(rights: readonly Right[]): string {
  const rows = rights.map(({ apiGroups, resources, resourceNames, verbs, why }) => {
    const groups = apiGroups.map((group) => (group === "" ? "core" : group)).join(", ");
    const named = resourceNames === undefined ? "" : ` named ${resourceNames.join(", ")}`;
    return `| \`${groups}\` | ${resources.map((name) => `\`${name}\``).join(", ")}${named} | ${verbs.join(", ")} | ${why} |`;
  });
  return `| Group | Kinds | Verbs | Why |\n|---|---|---|---|\n${rows.join("\n")}`;
}

function waitsPage(): string {
  const rows = waitIds.map((id) => {
    const { what, endsWith, limit, setBy, atLimit }: NamedWait = restoreWaits[id];
    const from = setBy ?? `\`--wait-limits ${id}=…\``;
    const byDefault = limit === undefined ? "" : `; default ${span(limit.defaultMs)}`;
    return `| \`${id}\` | ${what} | ${endsWith} | ${from}${byDefault} | ${atLimit} |`;
  });
  return `# What a restore waits for

Rendered from \`src/domain/restore/waits.ts\` by \`test/render-docs.ts\`; do not edit.

A restore never sleeps without a name for what it sleeps for. While it stands still, its progress
line says what it waits for, what is known of why, and for how long already; its log
(\`ark-ts restore logs NAME\`) has a line when a wait begins (\`waiting\`, with the name of the wait
below), one every 30 s (\`still waiting\`), and one at its end (\`waited\`). A wait that ends without
success costs the objects that need it, never the rest of the restore.

\`ark-ts restore create --wait-limits namespace-terminating=30m,api-service-available=10m\` sets limits
as Go durations; also with \`--plan\`.

| Wait | For what | Ends when | Limit | At the limit |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

function span(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1000}s`;
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
| ${exitStatus.failed} | failed: it was refused, or ended before its work was done |
| ${exitStatus.usage} | usage: the command line, the kubeconfig or the configuration must be changed |
| ${exitStatus.partiallyFailed} | partially failed: it came to its end, and some of what it was to do, or all of it, failed; its report names what |
| ${exitStatus.cancelled} | cancelled by the user |

## Codes

The status is that of a command which the error ends. At an object of a backup or restore it ends
nothing: the run goes on and is partially failed (3), also where not one object could be written, or
completed (0) where the code stands at a warning.

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
