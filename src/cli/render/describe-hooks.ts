import type { BackupResourceHookSpec, BackupSpec, ExecHook } from "../../api/backup.ts";
import { selectorText } from "./describe-selection.ts";
import { type DescriptionLine, listed } from "./description.ts";

/** The hooks of a spec in Velero's layout. */
export function hookSpecLines({ hooks }: BackupSpec): readonly DescriptionLine[] {
  const resources = hooks?.resources ?? [];
  if (resources.length === 0) return [{ key: "Hooks", value: "<none>" }];
  return [
    { text: "Hooks:" },
    { text: "Resources:", indent: 2 },
    ...resources.flatMap((resource) => resourceLines(resource)),
  ];
}

function resourceLines(resource: BackupResourceHookSpec): readonly DescriptionLine[] {
  const { pre = [], post = [] } = resource;
  return [
    { text: `${resource.name}:`, indent: 4 },
    { text: "Namespaces:", indent: 6 },
    { key: "Included", value: listed(resource.includedNamespaces, "*"), indent: 8 },
    { key: "Excluded", value: listed(resource.excludedNamespaces), indent: 8 },
    "",
    { text: "Resources:", indent: 6 },
    { key: "Included", value: listed(resource.includedResources, "*"), indent: 8 },
    { key: "Excluded", value: listed(resource.excludedResources), indent: 8 },
    "",
    { key: "Label selector", value: selectorText(resource.labelSelector), indent: 6 },
    ...pre.flatMap(({ exec }) => execLines("Pre Exec Hook:", exec)),
    ...post.flatMap(({ exec }) => execLines("Post Exec Hook:", exec)),
  ];
}

function execLines(title: string, exec: ExecHook | undefined): readonly DescriptionLine[] {
  if (exec === undefined) return [];
  const { container = "", command, onError = "", timeout = "0s" } = exec;
  return [
    "",
    { text: title, indent: 6 },
    { key: "Container", value: container, indent: 8 },
    { key: "Command", value: (command ?? []).join(" "), indent: 8 },
    { key: "On Error", value: onError, indent: 8 },
    { key: "Timeout", value: timeout, indent: 8 },
  ];
}
