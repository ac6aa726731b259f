/**
 * A volume snapshotter whose disks and snapshots are files below the folder that its location's
 * config names: `disks/<id>` and `snapshots/<id>`, copies of each other. A snapshot has its tags
 * beside it. A disk beside which `<id>.fault` stands gets that: `error`, `crash`, and `crash-host`,
 * the end of who asked.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PluginDefinition, servePlugin } from "../../../src/plugin-sdk/serve.ts";

interface Disk {
  readonly hostPath?: { readonly path: string };
}

const definition: PluginDefinition = {
  volumeSnapshotters: {
    "example.io/disks": async ({ folder = "", ...unknown }) => {
      const strange = Object.keys(unknown).filter((key) => key !== "credentialsFile");
      if (folder === "" || strange.length > 0)
        throw new Error(`config has invalid keys ${strange}`);
      for (const name of ["disks", "snapshots"]) mkdirSync(join(folder, name), { recursive: true });
      const disk = (id: string) => join(folder, "disks", id);
      const snapshot = (id: string) => join(folder, "snapshots", id);
      return {
        volumeId: async (volume) => {
          const path = (volume["spec"] as Disk).hostPath?.path ?? "";
          return path.startsWith("/disks/") ? path.slice("/disks/".length) : "";
        },
        setVolumeId: async (volume, id) => ({
          ...volume,
          spec: { ...(volume["spec"] as object), hostPath: { path: `/disks/${id}` } },
        }),
        volumeInfo: async (id) => {
          if (!existsSync(disk(id))) throw new Error(`there is no disk ${id}`);
          return { type: "fast", iops: 3_000n };
        },
        createSnapshot: async (volumeId, zone, tags) => {
          const fault = existsSync(`${disk(volumeId)}.fault`)
            ? readFileSync(`${disk(volumeId)}.fault`, "utf8")
            : "";
          if (fault === "error") throw new Error(`disk ${volumeId} is on fire`);
          const id = `snap-${volumeId}-${tags["velero.io/backup"]}`;
          copyFileSync(disk(volumeId), snapshot(id));
          writeFileSync(`${snapshot(id)}.tags`, JSON.stringify({ zone, tags }));
          if (fault === "crash") process.kill(process.pid, "SIGKILL");
          if (fault === "crash-host") process.kill(process.ppid, "SIGKILL");
          return id;
        },
        createVolume: async (snapshotId, { zone }) => {
          const id = `of-${snapshotId}`;
          copyFileSync(snapshot(snapshotId), disk(id));
          writeFileSync(`${disk(id)}.zone`, zone);
          return id;
        },
        deleteSnapshot: async (id) => {
          rmSync(snapshot(id), { force: true });
          rmSync(`${snapshot(id)}.tags`, { force: true });
        },
      };
    },
  },
};

void servePlugin(definition, process);
