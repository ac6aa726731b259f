import { createHash } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Credentials of locations as files, which the libraries of the stores want. One file for each
 * reference: what is read anew replaces it, and stores that are open see it.
 */
export interface CredentialFiles {
  /** Path of the file that now holds `content`. */
  put(reference: string, content: Buffer): Promise<string>;
  /** Removes all of them. */
  close(): Promise<void>;
}

/** In a private folder below `parent`, readable by this user only. */
export function createCredentialFiles(parent: string): CredentialFiles {
  let folder: Promise<string> | undefined;
  const digests = new Map<string, string>();
  let writes = 0;
  return {
    async put(reference, content) {
      folder ??= mkdtemp(join(parent, "ark-ts-credentials-"));
      const path = join(await folder, digestOf(reference).slice(0, 32));
      const digest = digestOf(content);
      if (digests.get(path) === digest) return path;
      writes += 1;
      const fresh = `${path}.${writes}`;
      await writeFile(fresh, content, { mode: 0o600 });
      await rename(fresh, path);
      digests.set(path, digest);
      return path;
    },
    async close() {
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
    },
  };
}

const digestOf = (content: string | Buffer): string =>
  createHash("sha256").update(content).digest("hex");
