/** `npm run image`: the server's image as an OCI layout, and as one file that engines load. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildImage } from "./build-image.ts";
import { writeArchive } from "./layout-archive.ts";

const root = join(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly version: string;
};
const { values } = parseArgs({
  options: {
    name: { type: "string", default: `ark-ts:${version}` },
    output: { type: "string", default: "dist/image" },
    fresh: { type: "boolean", default: false },
  },
});

const folder = resolve(process.env["INIT_CWD"] ?? root, values.output);
const { digest, layers } = await buildImage({
  folder,
  name: values.name,
  version,
  fresh: values.fresh,
});
const archive = `${folder}.tar`;
await writeArchive(folder, archive);
const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
for (const { what, size } of layers)
  process.stdout.write(`${mebibytes(size).padStart(10)}  ${what}\n`);
const total = layers.reduce((sum, { size }) => sum + size, 0);
process.stdout.write(`${mebibytes(total).padStart(10)}  ${values.name} ${digest}

  ${folder}      an OCI image layout: skopeo copy oci:${folder} docker://REGISTRY/${values.name}
  ${archive}  the same as one file: docker load, podman load, ctr images import, kind load image-archive
`);
