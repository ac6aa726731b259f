import {
  type VolumeSnapshotLocation,
  volumeSnapshotLocationKind,
} from "../../api/volume-snapshot-location.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { renderSnapshotLocations } from "../render/location-resources-table.ts";
import { listOrItem, printResource } from "../render/resource-output.ts";
import type { Session } from "../session.ts";
import { usageError } from "../usage-error.ts";
import { chosenResources } from "./chosen-resources.ts";
import { credentialOfFlags } from "./location/spec-of-flags.ts";
import { resourcesOf } from "./resources.ts";
import type { ServerAccess } from "./server-access.ts";

/** Snapshots of volumes that no CSI driver has. */
const use =
  "snapshots of volumes without a CSI driver are made there by a plugin for its provider, of the server or of the command that runs here, and deleted with their backup; restores make volumes of them";

export async function getSnapshotLocations(
  session: Session,
  server: ServerAccess,
): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const locations = resourcesOf(volumeSnapshotLocationKind, server, session.signal);
  const chosen = await chosenResources(locations, {
    names: args,
    selector: flags.text("selector"),
  });
  await printResource(environment, flags.text("output"), {
    value: listOrItem("VolumeSnapshotLocation", chosen, args.length === 1),
    table: () => renderSnapshotLocations(chosen, { namespace: server.namespace }),
    names: chosen.map(({ metadata }) => `snapshot-location/${metadata.name}`),
  });
  return exitStatus.done;
}

export async function createSnapshotLocation(
  session: Session,
  server: ServerAccess,
): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const [name = ""] = args;
  const provider = flags.text("provider");
  if (provider === undefined) throw usageError("a snapshot location needs --provider");
  const config = flags.map("config");
  const spec = {
    provider,
    ...(config === undefined ? {} : { config }),
    ...credentialOfFlags(flags),
  };
  const locations = resourcesOf(volumeSnapshotLocationKind, server, session.signal);
  const made = await locations.create({ name, spec, labels: flags.map("labels") ?? {} });
  return await print(session, made, `snapshot location ${name}: made\n`);
}

export async function setSnapshotLocation(
  session: Session,
  server: ServerAccess,
): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const [name = ""] = args;
  const patch = credentialOfFlags(flags);
  if (patch.credential === undefined) {
    throw usageError("nothing is to be changed", "--credential SECRET=KEY can be set");
  }
  const locations = resourcesOf(volumeSnapshotLocationKind, server, session.signal);
  const changed = await locations.patch(name, { spec: patch });
  return await print(session, changed, `snapshot location ${name}: changed\n`);
}

async function print(
  session: Session,
  location: VolumeSnapshotLocation,
  text: string,
): Promise<ExitStatus> {
  const { environment, flags } = session.invocation;
  await printResource(environment, flags.text("output"), {
    value: location,
    table: () => text,
    names: [`snapshot-location/${location.metadata.name}`],
  });
  session.note(use);
  return exitStatus.done;
}
