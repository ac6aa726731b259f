import { pluginNames } from "../../plugins/registry.ts";
import { createBackupController } from "../controllers/backup/backup-controller.ts";
import { createBackupStorageLocationController } from "../controllers/backup-storage-location/backup-storage-location-controller.ts";
import { createBackupSyncController } from "../controllers/backup-sync/create-backup-sync-controller.ts";
import type { ControllerContext } from "../controllers/controller-context.ts";
import { createDeleteBackupRequestController } from "../controllers/delete-backup-request/delete-backup-request-controller.ts";
import {
  createDownloadRequestController,
  type OwnUrls,
} from "../controllers/download-request/download-request-controller.ts";
import { createGarbageCollectionController } from "../controllers/garbage-collection/create-garbage-collection-controller.ts";
import { createRestoreController } from "../controllers/restore/restore-controller.ts";
import { createScheduleController } from "../controllers/schedule/create-schedule-controller.ts";
import {
  createServerStatusRequestController,
  type ServerPlugin,
} from "../controllers/server-status-request/server-status-request-controller.ts";
import type { Runnable } from "../runtime/life.ts";

/** What else the server has for its controllers. */
export interface ControllerParts {
  /** Undefined: it hands out no files itself. */
  readonly ownUrls: OwnUrls | undefined;
  /** In executables. */
  readonly plugins: readonly ServerPlugin[];
}

interface ControllerEntry {
  /** As `--disable-controllers` takes it; absent: it always runs. */
  readonly velerosName?: string;
  readonly create: (
    context: ControllerContext,
    parts: ControllerParts,
  ) => Runnable | readonly Runnable[];
}

/** In the order in which they begin. Add a line per controller. */
const controllers: readonly ControllerEntry[] = [
  { create: createBackupStorageLocationController },
  {
    velerosName: "server-status-request",
    create: (context, { plugins }) =>
      createServerStatusRequestController(context, withBuiltIn(plugins)),
  },
  { velerosName: "backup", create: createBackupController },
  {
    velerosName: "download-request",
    create: (context, { ownUrls }) => createDownloadRequestController(context, ownUrls),
  },
  { velerosName: "backup-sync", create: createBackupSyncController },
  { velerosName: "gc", create: createGarbageCollectionController },
  { velerosName: "restore", create: createRestoreController },
  { velerosName: "backup-deletion", create: createDeleteBackupRequestController },
  { velerosName: "schedule", create: (context) => createScheduleController(context) },
];

/** Names that `--disable-controllers` knows. */
export const disableableControllers: readonly string[] = [
  ...new Set(controllers.flatMap(({ velerosName }) => velerosName ?? [])),
];

/** What the leader does in its term. */
export function controllersOf(
  context: ControllerContext,
  disabled: readonly string[],
  parts: ControllerParts,
): readonly Runnable[] {
  return controllers
    .filter(({ velerosName }) => velerosName === undefined || !disabled.includes(velerosName))
    .flatMap(({ create }) => create(context, parts));
}

/** One line for each name: whether a program may go before what is built in is not told. */
function withBuiltIn(plugins: readonly ServerPlugin[]): readonly ServerPlugin[] {
  const builtIn = pluginNames();
  const isOurs = (one: ServerPlugin): boolean =>
    builtIn.some(({ kind, name }) => kind === one.kind && name === one.name);
  return [...builtIn, ...plugins.filter((one) => !isOurs(one))];
}
