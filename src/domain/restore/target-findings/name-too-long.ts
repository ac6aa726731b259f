import { perTarget, type TargetFindingRule } from "./rule.ts";

const longest = 63;
const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

export function isNamespaceName(name: string): boolean {
  return name.length <= longest && label.test(name);
}

/** Names of objects stay as they were; only namespaces get new ones. */
export const nameTooLong: TargetFindingRule = {
  code: "name-not-allowed",
  reason: "a mapping may ask for a namespace that no cluster takes",
  open: perTarget((facts) =>
    [...facts.namespaces].flatMap(([name, { source }]) => {
      if (isNamespaceName(name)) return [];
      const problem =
        name.length > longest
          ? `has ${name.length} characters, ${longest} are allowed`
          : "may hold lower-case letters, digits and hyphens only, and ends with neither hyphen";
      return [
        {
          severity: "blocks" as const,
          code: "name-not-allowed",
          message: `namespace "${name}", to which ${source} is mapped, ${problem}`,
          resource: "namespaces",
          kind: "Namespace",
          name,
        },
      ];
    }),
  ),
};
