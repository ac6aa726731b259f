import { changeConfig } from "./config/config-file.ts";
import { isDirectory, type NamedLocation } from "./locations.ts";
import { isMissingDirectory } from "./missing-directory.ts";
import type { Session } from "./session.ts";

/**
 * Says where the backup goes and, once for each directory, what it means to keep backups there.
 * That it was said is remembered; where that fails it is said again next time.
 */
export async function sayWhereItGoes(session: Session, location: NamedLocation): Promise<void> {
  const change = location.builtIn
    ? "  (change with --storage-location, or `ark-ts backup-location set`)"
    : "";
  const name = location.isTyped ? "" : `${location.name}  `;
  session.note(`location  ${name}${location.display}${change}`);
  if (!isDirectory(location.spec)) return;
  const key = `directory-store:${location.spec.bucket}`;
  const isNew = await isMissingDirectory(location);
  if (isNew && !location.builtIn) {
    session.note(`the directory ${location.display} does not exist yet: this backup creates it`);
  }
  if (session.config.said.includes(key)) return;
  session.note("first use: Secrets are stored readable there, and the copy dies with this machine");
  try {
    await changeConfig(session.configDir, (config) => ({
      ...config,
      said: [...config.said.filter((said) => said !== key), key],
    }));
  } catch (error) {
    session.log.write("debug", "what was said could not be remembered", { error });
  }
}
