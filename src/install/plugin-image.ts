import { createHash } from "node:crypto";

/** An image as it is pulled, taken apart. */
export interface PluginImage {
  /** As it was asked for. */
  readonly reference: string;
  /** Without tag and digest. */
  readonly repository: string;
}

const host = String.raw`(?:(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(?::\d+)?|[A-Za-z0-9-]+:\d+|localhost|\[[0-9a-fA-F:]+\](?::\d+)?)`;
const part = "[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*";
const pattern = new RegExp(
  String.raw`^((?:${host}/)?${part}(?:/${part})*)(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][\w.+-]*:[0-9a-fA-F]{32,})?$`,
);

/** Undefined when no container runtime could pull it. Contract: the grammar of image references. */
export function parseImage(reference: string): PluginImage | undefined {
  const [, repository] = pattern.exec(reference) ?? [];
  return repository === undefined ? undefined : { reference, repository };
}

/** Of a container, a DNS label. */
const nameLimit = 63;

/**
 * The name that Velero gives the init container of an image: its repository without the registry,
 * and with what a DNS label cannot hold as hyphens. `taken` names belong to images of other
 * repositories: then the name ends in a digest of this one, the same each time.
 */
export function containerName({ repository }: PluginImage, taken: ReadonlySet<string>): string {
  const slashes = repository.split("/").length - 1;
  const path = slashes > 1 ? repository.slice(repository.indexOf("/") + 1) : repository;
  const name = path.replace(/[^a-zA-Z0-9]/g, "-").toLowerCase();
  if (name.length <= nameLimit && !taken.has(name)) return name;
  const digest = createHash("sha256").update(repository).digest("hex").slice(0, 6);
  return `${name.slice(0, nameLimit - digest.length - 1).replace(/-+$/, "")}-${digest}`;
}
