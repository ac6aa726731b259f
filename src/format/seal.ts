import type { Backup } from "../api/backup.ts";
import { annotations } from "../api/labels.ts";
import { ArkError } from "../lib/errors.ts";
import { maxResourceValues } from "./json-bounds.ts";
import { createShape, parseJson } from "./json-shape.ts";
import type { Manifest } from "./manifest.ts";
import { sha256 } from "./normal-form.ts";
import { checkBackup } from "./resource-check.ts";

/** A Backup resource is bounded by etcd's request limit of 1.5 MiB; pretty text is larger. */
export const maxSealBytes = 8 * 1024 * 1024;

const digits = 64;
const zeros = "0".repeat(digits);
const marker = Buffer.from(`${JSON.stringify(annotations.manifestSha256)}: "`);

/**
 * `velero-backup.json` with 64 zeros in the annotation that will hold the manifest's SHA-256.
 * Errors: ARK_BACKUP_FORMAT when the Backup names that annotation's key elsewhere.
 */
export function encodeSeal(backup: Backup): Buffer {
  const { metadata } = backup;
  const sealed: Backup = {
    ...backup,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [annotations.manifestSha256]: zeros },
    },
  };
  const bytes = Buffer.from(`${JSON.stringify(sealed, null, 2)}\n`, "utf8");
  digitsOffset(bytes);
  return bytes;
}

/** Hex SHA-256 of the seal as if the 64 digits were zeros: what the manifest holds. */
export function sealDigest(bytes: Uint8Array): string {
  const copy = Buffer.from(bytes);
  copy.write(zeros, digitsOffset(copy), "latin1");
  return sha256(copy);
}

/** Writes the digits into `bytes`, which {@link encodeSeal} made, and answers them. */
export function fillSeal(bytes: Buffer, manifestSha256: string): Buffer {
  bytes.write(
    createShape("ARK_BACKUP_FORMAT", "the seal").sha256(manifestSha256, "its digest"),
    digitsOffset(bytes),
    "latin1",
  );
  return bytes;
}

/** The manifest's SHA-256 that a decoded seal names; undefined when ark-ts did not write it. */
export function manifestSha256Of(backup: Backup): string | undefined {
  return backup.metadata.annotations?.[annotations.manifestSha256];
}

/**
 * Both directions: the seal names these bytes of the manifest, and the manifest these bytes of
 * the seal. Errors: ARK_BACKUP_DAMAGED.
 */
export function checkSeal(
  sealBytes: Uint8Array,
  manifestBytes: Uint8Array,
  manifest: Pick<Manifest, "sealSha256" | "backup">,
): void {
  const seal = Buffer.from(sealBytes);
  const at = digitsOffset(seal);
  if (seal.toString("latin1", at, at + digits) !== sha256(manifestBytes)) {
    throw new ArkError(
      "ARK_BACKUP_DAMAGED",
      `the seal of backup "${manifest.backup}" names another manifest than the one that is there`,
    );
  }
  if (sealDigest(seal) !== manifest.sealSha256) {
    throw new ArkError(
      "ARK_BACKUP_DAMAGED",
      `velero-backup.json of backup "${manifest.backup}" was changed after it was sealed`,
    );
  }
}

/** Where the 64 digits stand. The key stands there once, or nothing could tell which is meant. */
function digitsOffset(bytes: Buffer): number {
  const at = bytes.indexOf(marker);
  const start = at + marker.length;
  const quote = start + digits;
  if (at === -1 || bytes.indexOf(marker, start) !== -1 || bytes[quote] !== 0x22) {
    throw new ArkError(
      "ARK_BACKUP_FORMAT",
      `a seal must hold "${annotations.manifestSha256}" once, with 64 digits`,
    );
  }
  return start;
}

/**
 * Any Velero Backup, of whatever phase; unknown fields are kept, null counts as absent.
 * Errors: ARK_BACKUP_FORMAT.
 */
export function decodeSeal(bytes: Uint8Array, name: string): Backup {
  const subject = `velero-backup.json of backup "${name}"`;
  const shape = createShape("ARK_BACKUP_FORMAT", subject);
  if (bytes.length > maxSealBytes) throw shape.fail("it", `exceeds ${maxSealBytes} bytes`);
  return checkBackup(parseJson(bytes, "ARK_BACKUP_FORMAT", subject, maxResourceValues), name);
}
