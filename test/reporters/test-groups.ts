/** The groups that tests are counted in: the first folder below `test/`. */
import { globSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../", import.meta.url));

/** In the order in which they run: the quick and basic ones first. */
export const groupNames = [
  "architecture",
  "unit",
  "contract",
  "component",
  "simulation",
  "integration",
  "e2e",
] as const;

/** Those whose tests cannot do without real servers. */
export const serverGroups: readonly string[] = ["integration", "e2e"];

/** Those that use real servers where they can be had. */
export const testbedGroups: readonly string[] = ["contract", ...serverGroups];

/** The file's path below the repository, with `/`. */
export function toTestPath(file: string): string {
  return relative(repository, resolve(file)).split(sep).join("/");
}

/** `integration` for `test/integration/a/b.test.ts`. */
export function groupOf(file: string): string {
  const [top, group, name] = toTestPath(file).split("/");
  return top === "test" && name !== undefined ? (group as string) : "other";
}

/** The group's place in the order of running. */
export function rankOf(group: string): number {
  const rank = (groupNames as readonly string[]).indexOf(group);
  return rank < 0 ? groupNames.length : rank;
}

/** Every test file, by group and name. */
export function findTestFiles(): string[] {
  return globSync("test/**/*.test.ts", { cwd: repository })
    .map((file) => file.split(sep).join("/"))
    .sort((a, b) => rankOf(groupOf(a)) - rankOf(groupOf(b)) || (a < b ? -1 : 1));
}
