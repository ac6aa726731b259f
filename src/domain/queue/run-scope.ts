import type { BackupSpec } from "../../api/backup.ts";
import type { RestoreSpec } from "../../api/restore.ts";
import { isGlob } from "../../lib/glob.ts";
import { includesNamespace, resolveNamespaces } from "../selection/namespace-filter.ts";

/** Namespaces that a run reads or writes; `all`: it may be any. */
export type RunScope = ReadonlySet<string> | "all";

/** `namespaces`: those of the cluster; undefined: they cannot be listed. */
export function backupScope(
  spec: Pick<BackupSpec, "includedNamespaces" | "excludedNamespaces">,
  namespaces: readonly string[] | undefined,
): RunScope {
  const includes = spec.includedNamespaces ?? [];
  const excludes = spec.excludedNamespaces ?? [];
  const isOpen = includes.length === 0 || [...includes, ...excludes].some(isGlob);
  if (namespaces === undefined && isOpen) return "all";
  const named = includes.filter((name) => !isGlob(name));
  const known = [...new Set([...(namespaces ?? []), ...named])];
  const filter = resolveNamespaces({ includes, excludes }, known);
  return new Set(known.filter((name) => includesNamespace(filter, name)));
}

/**
 * Which namespaces a restore takes is known where it names them, or else its backup does. `backup`:
 * of the Backup that it restores from; undefined: not known.
 */
export function restoreScope(
  spec: Pick<RestoreSpec, "includedNamespaces" | "excludedNamespaces" | "namespaceMapping">,
  backup?: Pick<BackupSpec, "includedNamespaces">,
): RunScope {
  const own = spec.includedNamespaces ?? [];
  const isOpen = own.length === 0 || own.includes("*");
  const includes = isOpen ? (backup?.includedNamespaces ?? []) : own;
  if (includes.length === 0 || includes.some(isGlob)) return "all";
  const mapping = new Map(Object.entries(spec.namespaceMapping ?? {}));
  const excludes = new Set(spec.excludedNamespaces);
  const taken = includes.filter((name) => !excludes.has(name));
  return new Set(taken.map((name) => mapping.get(name) ?? name));
}

/** Whether two runs may meet in a namespace. */
export function collide(one: RunScope, other: RunScope): boolean {
  if (one === "all") return other === "all" || other.size > 0;
  if (other === "all") return one.size > 0;
  return [...one].some((namespace) => other.has(namespace));
}
