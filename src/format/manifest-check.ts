import type { PluginRecord } from "../api/plugin-record.ts";
import { ArkError } from "../lib/errors.ts";
import { maxMemberInflatedBytes } from "./gzip-member.ts";
import { createShape, type Shape } from "./json-shape.ts";
import { backupKeys } from "./keys.ts";
import type {
  Manifest,
  ManifestArchive,
  ManifestCut,
  ManifestFile,
  ManifestKind,
  ManifestMember,
} from "./manifest.ts";

/** Features that this reader knows; format 1 has none yet. */
const knownFeatures: ReadonlySet<string> = new Set();

const maxMembers = 1_000_000;
/** A reader holds a member whole; room for one that holds only padding (see docs/format.md). */
const maxMemberBytes = 2 * maxMemberInflatedBytes;
/** S3's limit of parts in one upload. */
const maxParts = 10_000;
const maxKinds = 100_000;
const maxNames = 100;
const maxCuts = 1_000;
const maxFiles = 1_000;
const maxPlugins = 10_000;

/**
 * Any value to a Manifest whose keys stand in the order of the specification.
 * Errors: ARK_BACKUP_FORMAT for an unknown version or feature and a wrong shape;
 * ARK_BACKUP_DAMAGED for contradictions.
 */
export function checkManifest(value: unknown, backup: string): Manifest {
  const shape = createShape("ARK_BACKUP_FORMAT", `the manifest of backup "${backup}"`);
  const top = shape.record(value, "it");
  const requiredFeatures = readableFeatures(top, backup, shape);
  const manifest: Manifest = {
    formatVersion: 1,
    requiredFeatures,
    backup: shape.text(top["backup"], "backup"),
    runUid: shape.text(top["runUid"], "runUid"),
    engineVersion: shape.text(top["engineVersion"], "engineVersion"),
    normalForm: 1,
    cluster: clusterOf(top["cluster"], shape),
    planSha256: shape.sha256(top["planSha256"], "planSha256"),
    cuts: shape.list(top["cuts"], "cuts", maxCuts, (one, where) => cutOf(one, where, shape)),
    kinds: shape.list(top["kinds"], "kinds", maxKinds, (one, where) => kindOf(one, where, shape)),
    ...(top["versions"] !== undefined && {
      versions: shape.list(top["versions"], "versions", maxKinds, (one, where) =>
        kindOf(one, where, shape),
      ),
    }),
    ...(top["plugins"] !== undefined && {
      plugins: shape.list(top["plugins"], "plugins", maxPlugins, (one, where) =>
        pluginOf(one, where, shape),
      ),
    }),
    archive: archiveOf(top["archive"], shape),
    files: shape.list(top["files"], "files", maxFiles, (one, where) => fileOf(one, where, shape)),
    sealSha256: shape.sha256(top["sealSha256"], "sealSha256"),
  };
  checkConsistent(manifest, backup);
  return manifest;
}

function pluginOf(value: unknown, where: string, shape: Shape): PluginRecord {
  const plugin = shape.record(value, where);
  const text = (key: string): string => shape.text(plugin[key], `${where}.${key}`);
  return {
    kind: text("kind"),
    name: text("name"),
    program: text("program"),
    ...(plugin["version"] !== undefined && { version: text("version") }),
    sha256: shape.sha256(plugin["sha256"], `${where}.sha256`),
  };
}

function readableFeatures(
  top: Readonly<Record<string, unknown>>,
  backup: string,
  shape: Shape,
): readonly string[] {
  const advice = "read it with a newer ark-ts";
  if (top["formatVersion"] !== 1) {
    throw new ArkError(
      "ARK_BACKUP_FORMAT",
      `backup "${backup}" has format ${shownVersion(top["formatVersion"])}; this ark-ts reads format 1`,
      { advice },
    );
  }
  const features = shape.list(top["requiredFeatures"], "requiredFeatures", 1000, (one, where) =>
    shape.text(one, where, 200),
  );
  const unknown = features.filter((feature) => !knownFeatures.has(feature));
  if (unknown.length > 0) {
    throw new ArkError(
      "ARK_BACKUP_FORMAT",
      `backup "${backup}" needs what this ark-ts does not know: ${unknown.join(", ")}`,
      { advice },
    );
  }
  if (top["normalForm"] !== 1) throw shape.fail("normalForm", "is not 1");
  return features;
}

function shownVersion(value: unknown): string {
  return typeof value === "number" || typeof value === "string"
    ? JSON.stringify(value).slice(0, 100)
    : "that is no number";
}

function clusterOf(value: unknown, shape: Shape): Manifest["cluster"] {
  const cluster = shape.record(value, "cluster");
  return {
    id: shape.text(cluster["id"], "cluster.id", 512),
    idSource: shape.oneOf(cluster["idSource"], "cluster.idSource", [
      "kube-system-uid",
      "server-digest",
    ]),
    gitVersion: shape.text(cluster["gitVersion"], "cluster.gitVersion", 512),
  };
}

function cutOf(value: unknown, where: string, shape: Shape): ManifestCut {
  const cut = shape.record(value, where);
  return {
    resourceVersion: shape.text(cut["resourceVersion"], `${where}.resourceVersion`, 512),
    takenAt: shape.text(cut["takenAt"], `${where}.takenAt`, 64),
  };
}

function kindOf(value: unknown, where: string, shape: Shape): ManifestKind {
  const kind = shape.record(value, where);
  const { cut, reason, names } = kind as { [key in "cut" | "reason" | "names"]?: unknown };
  return {
    resource: shape.text(kind["resource"], `${where}.resource`, 512),
    version: shape.text(kind["version"], `${where}.version`, 512),
    kind: shape.text(kind["kind"], `${where}.kind`, 512),
    namespaced: shape.flag(kind["namespaced"], `${where}.namespaced`),
    count: shape.count(kind["count"], `${where}.count`),
    resourceVersion: shape.text(kind["resourceVersion"], `${where}.resourceVersion`, 512),
    oneRevision: shape.flag(kind["oneRevision"], `${where}.oneRevision`),
    ...(cut !== undefined && { cut: shape.count(cut, `${where}.cut`) }),
    ...(reason !== undefined && { reason: shape.text(reason, `${where}.reason`) }),
    ...(names !== undefined && {
      names: shape.list(names, `${where}.names`, maxNames, (one, at) => shape.text(one, at, 512)),
    }),
  };
}

function archiveOf(value: unknown, shape: Shape): ManifestArchive {
  const archive = shape.record(value, "archive");
  return {
    key: shape.text(archive["key"], "archive.key"),
    sizeBytes: shape.count(archive["sizeBytes"], "archive.sizeBytes"),
    sha256: shape.sha256(archive["sha256"], "archive.sha256"),
    parts: shape.list(archive["parts"], "archive.parts", maxParts, (one, where) => {
      const part = shape.record(one, where);
      return {
        sizeBytes: shape.count(part["sizeBytes"], `${where}.sizeBytes`),
        sha256: shape.sha256(part["sha256"], `${where}.sha256`),
      };
    }),
    members: shape.list(archive["members"], "archive.members", maxMembers, (one, where) =>
      memberOf(one, where, shape),
    ),
  };
}

function memberOf(value: unknown, where: string, shape: Shape): ManifestMember {
  const member = shape.record(value, where);
  const inflatedBytes = shape.count(member["inflatedBytes"], `${where}.inflatedBytes`);
  if (inflatedBytes > maxMemberInflatedBytes) {
    throw shape.fail(`${where}.inflatedBytes`, `exceeds ${maxMemberInflatedBytes}`);
  }
  const sizeBytes = shape.count(member["sizeBytes"], `${where}.sizeBytes`);
  if (sizeBytes > maxMemberBytes) {
    throw shape.fail(`${where}.sizeBytes`, `exceeds ${maxMemberBytes}`);
  }
  return {
    offset: shape.count(member["offset"], `${where}.offset`),
    sizeBytes,
    inflatedBytes,
    resource: shape.text(member["resource"], `${where}.resource`, 512),
  };
}

const plainFileName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function fileOf(value: unknown, where: string, shape: Shape): ManifestFile {
  const file = shape.record(value, where);
  const name = shape.text(file["name"], `${where}.name`, 512);
  if (!plainFileName.test(name)) throw shape.fail(`${where}.name`, "is not a plain file name");
  return {
    name,
    sizeBytes: shape.count(file["sizeBytes"], `${where}.sizeBytes`),
    sha256: shape.sha256(file["sha256"], `${where}.sha256`),
  };
}

function checkVersions(
  { kinds, cuts, versions = [] }: Manifest,
  resources: ReadonlySet<string>,
  contradicts: Shape["fail"],
): void {
  const seen = new Set(kinds.map(({ resource, version }) => `${resource} ${version}`));
  for (const { resource, version, cut = -1 } of versions) {
    const name = `${resource} ${version}`;
    if (!resources.has(resource)) throw contradicts("versions", `names ${name}, not in kinds`);
    if (seen.has(name)) throw contradicts("versions", `names ${name} twice`);
    if (cut >= cuts.length) throw contradicts(`version ${name}`, "names no cut of cuts");
    seen.add(name);
  }
}

function checkConsistent(manifest: Manifest, backup: string): void {
  const { archive, kinds, cuts, files } = manifest;
  const contradicts = createShape("ARK_BACKUP_DAMAGED", `the manifest of backup "${backup}"`).fail;
  if (manifest.backup !== backup) {
    throw contradicts("it", `is that of backup ${JSON.stringify(manifest.backup)}`);
  }
  if (archive.key !== backupKeys(backup).archive) {
    throw contradicts("archive.key", `is ${JSON.stringify(archive.key)}`);
  }
  const partBytes = archive.parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (partBytes !== archive.sizeBytes) {
    throw contradicts("archive.parts", `give ${partBytes} bytes, the archive ${archive.sizeBytes}`);
  }
  const resources = new Set(kinds.map((kind) => kind.resource));
  if (resources.size !== kinds.length) throw contradicts("kinds", "names a resource twice");
  checkVersions(manifest, resources, contradicts);
  let end = 0;
  for (const [at, member] of archive.members.entries()) {
    const where = `archive.members[${at}]`;
    if (member.offset !== end)
      throw contradicts(where, `begins at ${member.offset}, not at ${end}`);
    if (member.sizeBytes === 0) throw contradicts(where, "is empty");
    if (member.resource !== "" && !resources.has(member.resource)) {
      throw contradicts(where, `is of ${JSON.stringify(member.resource)}, which kinds lacks`);
    }
    end += member.sizeBytes;
  }
  if (end !== archive.sizeBytes) {
    throw contradicts("archive.members", `end at ${end}, the archive at ${archive.sizeBytes}`);
  }
  const outside = kinds.find((kind) => kind.cut !== undefined && kind.cut >= cuts.length);
  if (outside !== undefined) throw contradicts(`kind ${outside.resource}`, "names no cut of cuts");
  if (new Set(files.map((file) => file.name)).size !== files.length) {
    throw contradicts("files", "names a file twice");
  }
}
