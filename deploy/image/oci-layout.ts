/** An OCI image layout: blobs by their digest, and an index that names the image. */
import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WrittenLayer } from "./layer.ts";

export interface ImageLayer extends WrittenLayer {
  /** Where it lies; moved into the layout. */
  readonly file: string;
  readonly what: string;
}

export interface ImageDescription {
  /** With tag, such as `ark-ts:0.1.0`. */
  readonly name: string;
  readonly version: string;
  readonly user: number;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const epoch = "1970-01-01T00:00:00Z";
const type = (what: string): string => `application/vnd.oci.image.${what}`;

function labelsOf(version: string): Readonly<Record<string, string>> {
  return {
    "org.opencontainers.image.title": "ark-ts",
    "org.opencontainers.image.description": "Disaster recovery for Kubernetes",
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.licenses": "Apache-2.0",
  };
}

/** Writes the layout into `folder`, and answers the digest of the image's manifest. */
export function writeLayout(
  folder: string,
  layers: readonly ImageLayer[],
  { name, version, user }: ImageDescription,
): string {
  const blobs = join(folder, "blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  for (const { file, digest } of layers) renameSync(file, join(blobs, digest));
  const put = (mediaType: string, value: unknown): Descriptor => {
    const text = JSON.stringify(value);
    const digest = createHash("sha256").update(text).digest("hex");
    writeFileSync(join(blobs, digest), text);
    return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
  };
  const config = put(type("config.v1+json"), {
    created: epoch,
    architecture: "amd64",
    os: "linux",
    config: {
      User: `${user}:${user}`,
      ExposedPorts: { "8085/tcp": {} },
      // cmd/ark-ts says why malloc's threshold is set; an arena for each thread takes 15 MiB at rest.
      Env: ["PATH=/usr/bin", "HOME=/tmp", "MALLOC_MMAP_THRESHOLD_=131072", "MALLOC_ARENA_MAX=1"],
      Entrypoint: ["/usr/bin/ark-ts"],
      WorkingDir: "/tmp",
      Labels: labelsOf(version),
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => `sha256:${diffId}`) },
    history: layers.map(({ what }) => ({ created: epoch, created_by: `ark-ts: ${what}` })),
  });
  const manifest = put(type("manifest.v1+json"), {
    schemaVersion: 2,
    mediaType: type("manifest.v1+json"),
    config,
    layers: layers.map(({ digest, size }) => ({
      mediaType: type("layer.v1.tar+gzip"),
      digest: `sha256:${digest}`,
      size,
    })),
    annotations: labelsOf(version),
  });
  const index = {
    schemaVersion: 2,
    mediaType: type("index.v1+json"),
    manifests: [
      {
        ...manifest,
        platform: { architecture: "amd64", os: "linux" },
        // Importers take the name from the one or the other.
        annotations: {
          "org.opencontainers.image.ref.name": name.split(":").at(-1),
          "io.containerd.image.name": name,
        },
      },
    ],
  };
  writeFileSync(join(folder, "index.json"), JSON.stringify(index));
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return manifest.digest;
}
