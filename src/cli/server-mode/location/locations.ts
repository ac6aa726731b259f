import { backupKind } from "../../../api/backup.ts";
import {
  type BackupStorageLocation,
  backupStorageLocationKind,
} from "../../../api/backup-storage-location.ts";
import { labels } from "../../../api/labels.ts";
import { labelValue } from "../../../domain/label-value.ts";
import { isResourceName } from "../../../format/keys.ts";
import { ArkError } from "../../../lib/errors.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { counted } from "../../render/amounts.ts";
import { renderLocationResources } from "../../render/location-resources-table.ts";
import { listOrItem, printResource } from "../../render/resource-output.ts";
import type { Session } from "../../session.ts";
import { usageError } from "../../usage-error.ts";
import { chosenResources } from "../chosen-resources.ts";
import { placeOf, type Resources, resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";
import { locationPatch, newLocationSpec } from "./spec-of-flags.ts";

type Locations = Resources<BackupStorageLocation>;

/** Lists the BackupStorageLocations of the server. */
export async function getLocations(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const locations = resourcesOf(backupStorageLocationKind, server, session.signal);
  const chosen = await chosenResources(locations, {
    names: args,
    selector: flags.text("selector"),
  });
  const shown = chosen.filter(
    ({ spec }) => flags.boolean("default") !== true || spec.default === true,
  );
  await printResource(environment, flags.text("output"), {
    value: listOrItem("BackupStorageLocation", shown, args.length === 1),
    table: () => renderLocationResources(shown, { namespace: server.namespace }),
    names: shown.map(({ metadata }) => `backup-location/${metadata.name}`),
  });
  return exitStatus.done;
}

/** Makes a BackupStorageLocation; the server tries it within its validation frequency. */
export async function createLocation(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const [name = ""] = args;
  if (!isResourceName(name)) {
    throw new ArkError("ARK_NAME_INVALID", `location name ${JSON.stringify(name)} is not allowed`, {
      advice: 'use lower-case letters, digits, "-" and "."; begin and end with a letter or digit',
    });
  }
  const locations = resourcesOf(backupStorageLocationKind, server, session.signal);
  const spec = await newLocationSpec(session.invocation);
  const before = spec.default === true ? await defaultsBeside(locations, name) : [];
  if (before.length > 0) {
    throw usageError(
      `--default: ${before.join(", ")} is the default already`,
      `make it without --default, then ark-ts backup-location set ${name} --default`,
    );
  }
  const made = await locations.create({ name, spec, labels: flags.map("labels") ?? {} });
  await printLocation(
    session,
    made,
    `backup location ${name}: made; the server will try it\n\nto see whether it can be used: ark-ts backup-location get ${name}\n`,
  );
  return exitStatus.done;
}

/** Changes what was typed, and nothing else (Velero's forgets the certificates that are not typed again). */
export async function setLocation(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const [name = ""] = args;
  const locations = resourcesOf(backupStorageLocationKind, server, session.signal);
  const { spec } = await locations.get(name);
  const patch = await locationPatch(session.invocation, spec);
  const before = flags.boolean("default") === true ? await defaultsBeside(locations, name) : [];
  // The new one first: at no time is there none.
  const changed = await locations.patch(name, { spec: patch });
  for (const other of before) await locations.patch(other, { spec: { default: false } });
  const also = before.length === 0 ? "" : `; ${before.join(", ")} no longer is the default`;
  await printLocation(session, changed, `backup location ${name}: changed${also}\n`);
  return exitStatus.done;
}

/**
 * Removes locations, and from the cluster the Backups in them, as Velero does. What is stored stays,
 * and appears again when the location does.
 */
export async function deleteLocations(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, environment } = session.invocation;
  const { signal } = session;
  const locations = resourcesOf(backupStorageLocationKind, server, signal);
  const backups = resourcesOf(backupKind, server, signal);
  const chosen = await chosenResources(locations, { names: args });
  const question = `Remove ${counted(args.length, "location")} of ${placeOf(server)}, and the Backups in them from the cluster: ${args.join(", ")}? What is stored there stays.`;
  if (!(await confirmed(session, question))) return exitStatus.failed;
  for (const { metadata } of chosen) {
    const { name, uid } = metadata;
    const inIt = await backups.list(`${labels.storageLocation}=${labelValue(name)}`);
    await locations.remove(name, uid);
    for (const backup of inIt) await backups.remove(backup.metadata.name, backup.metadata.uid);
    const gone =
      inIt.length === 0 ? "" : `, and ${counted(inIt.length, "Backup")} from the cluster`;
    environment.stdout.write(
      `backup location ${name}: removed${gone}; what is stored there stays\n`,
    );
  }
  return exitStatus.done;
}

async function defaultsBeside(locations: Locations, name: string): Promise<readonly string[]> {
  const all = await locations.list();
  return all
    .filter(({ metadata, spec }) => spec.default === true && metadata.name !== name)
    .map(({ metadata }) => metadata.name);
}

async function printLocation(
  { invocation }: Session,
  location: BackupStorageLocation,
  text: string,
): Promise<void> {
  await printResource(invocation.environment, invocation.flags.text("output"), {
    value: location,
    table: () => text,
    names: [`backup-location/${location.metadata.name}`],
  });
}
