import { createShape, parseJson } from "./json-shape.ts";
import type { Manifest } from "./manifest.ts";
import { checkManifest } from "./manifest-check.ts";

/** A reader loads the manifest whole: 250,000 members, about 1 TB of objects, take 30 MiB. */
export const maxManifestBytes = 64 * 1024 * 1024;

/**
 * Stable text: the same manifest gives the same bytes; one record per line, for people and diff.
 * Errors: ARK_BACKUP_FORMAT or ARK_BACKUP_DAMAGED when the manifest contradicts itself, before
 * it can reach a store.
 */
export function encodeManifest(manifest: Manifest): Buffer {
  // The check answers a copy whose keys stand in the order of the specification.
  const { archive, ...rest } = checkManifest(manifest, manifest.backup);
  const text = `{
  "formatVersion": ${rest.formatVersion},
  "requiredFeatures": ${JSON.stringify(rest.requiredFeatures)},
  "backup": ${JSON.stringify(rest.backup)},
  "runUid": ${JSON.stringify(rest.runUid)},
  "engineVersion": ${JSON.stringify(rest.engineVersion)},
  "normalForm": ${rest.normalForm},
  "cluster": ${JSON.stringify(rest.cluster)},
  "planSha256": ${JSON.stringify(rest.planSha256)},
  "cuts": ${onePerLine(rest.cuts, "  ")},
  "kinds": ${onePerLine(rest.kinds, "  ")},${versionsText(rest.versions)}${pluginsText(rest.plugins)}
  "archive": {
    "key": ${JSON.stringify(archive.key)},
    "sizeBytes": ${archive.sizeBytes},
    "sha256": ${JSON.stringify(archive.sha256)},
    "parts": ${onePerLine(archive.parts, "    ")},
    "members": ${onePerLine(archive.members, "    ")}
  },
  "files": ${onePerLine(rest.files, "  ")},
  "sealSha256": ${JSON.stringify(rest.sealSha256)}
}
`;
  return Buffer.from(text, "utf8");
}

function versionsText(versions: Manifest["versions"]): string {
  return versions === undefined ? "" : `\n  "versions": ${onePerLine(versions, "  ")},`;
}

function pluginsText(plugins: Manifest["plugins"]): string {
  return plugins === undefined ? "" : `\n  "plugins": ${onePerLine(plugins, "  ")},`;
}

function onePerLine(records: readonly object[], indent: string): string {
  if (records.length === 0) return "[]";
  const lines = records.map((record) => `${indent}  ${JSON.stringify(record)}`);
  return `[\n${lines.join(",\n")}\n${indent}]`;
}

/**
 * Untrusted bytes of `ark-manifest.json` of this backup. Unknown keys are ignored.
 * Errors: ARK_BACKUP_FORMAT for a version or feature unknown here and for what is not a
 * manifest; ARK_BACKUP_DAMAGED where parts or members do not cover the archive.
 */
export function decodeManifest(bytes: Uint8Array, backup: string): Manifest {
  const subject = `the manifest of backup "${backup}"`;
  if (bytes.length > maxManifestBytes) {
    throw createShape("ARK_BACKUP_FORMAT", subject).fail("it", `exceeds ${maxManifestBytes} bytes`);
  }
  return checkManifest(parseJson(bytes, "ARK_BACKUP_FORMAT", subject), backup);
}
