import type { CommandNode } from "../command-spec.ts";
import { clusterFlags, generalFlags, locationFlag, outputFlag } from "../flags/general-flags.ts";

export const volumeCommands: readonly CommandNode[] = [
  {
    name: "orphans",
    path: ["volume", "orphans"],
    summary: "list CSI snapshots that no backup has, and backups whose snapshots are gone",
    details: [
      "Compares the VolumeSnapshots and VolumeSnapshotContents that backups of ark-ts made in this cluster with the backups of one location, and lists what restores left of snapshots whose claims are gone. Those of users, of Velero, of another location or of another cluster are never removed.",
      "Once a backup is sealed, only the storage has its snapshots: --ask-drivers makes a VolumeSnapshotContent for each that lets it go when it is removed, reads the driver's answer, and removes it. The exit status is 1 when a driver does not have what a backup owns.",
    ],
    examples: [
      "ark-ts volume orphans",
      "ark-ts volume orphans --ask-drivers -o json",
      "ark-ts volume orphans --remove",
    ],
    flags: [
      {
        name: "ask-drivers",
        kind: "boolean",
        help: "also ask the CSI drivers whether they have the snapshots that backups own",
      },
      {
        name: "remove",
        kind: "boolean",
        help: "delete the orphans, in the storage as well, and the objects that are left over",
      },
      { name: "confirm", kind: "boolean", help: "remove without asking" },
      outputFlag,
      locationFlag,
      ...clusterFlags,
      ...generalFlags,
    ],
    load: () => import("../commands/volume/orphans.ts"),
  },
];
