/** Kinds that Velero 1.18 knows; plugins of other versions may list more, which are passed over. */
export const pluginKinds = [
  "ObjectStore",
  "VolumeSnapshotter",
  "BackupItemAction",
  "BackupItemActionV2",
  "RestoreItemAction",
  "RestoreItemActionV2",
  "DeleteItemAction",
  "ItemBlockAction",
] as const;
export type PluginKind = (typeof pluginKinds)[number];

export function isPluginKind(text: string): text is PluginKind {
  return (pluginKinds as readonly string[]).includes(text);
}

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const registeredName = new RegExp(`^(?<domain>${label}(\\.${label})*)/(?<name>[^/]+)$`);

/** What is wrong with the name of a plugin by Velero's rule; undefined: nothing. */
export function faultOfPluginName(name: string): string | undefined {
  const { domain } = registeredName.exec(name)?.groups ?? {};
  if (domain !== undefined && domain.length <= 253) return undefined;
  return "a name is a DNS name, one `/`, and a name, such as example.com/my-plugin";
}

/** A name without a domain is Velero's own: `aws` is `velero.io/aws`. */
export function fullPluginName(name: string): string {
  return name.includes("/") ? name : `velero.io/${name}`;
}
