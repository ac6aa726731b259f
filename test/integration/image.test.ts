import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { basePackages } from "../../deploy/image/base-packages.ts";
import { type BuiltImage, buildImage } from "../../deploy/image/build-image.ts";
import { whyNoPackages } from "../testbed/pinned-packages.ts";

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

describe("the server's image", { skip: (await whyNoPackages(basePackages)) ?? false }, () => {
  let folder: string;
  let built: BuiltImage;
  const build = (name: string, fresh = false): Promise<BuiltImage> =>
    buildImage({ folder: join(folder, name), name: "ark-ts:test", version: "0.1.0", fresh });
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ark-image-test-"));
    built = await build("first");
  });
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const blob = (digest: string): string =>
    join(folder, "first/blobs/sha256", digest.replace("sha256:", ""));
  const json = (digest: string): unknown => JSON.parse(readFileSync(blob(digest), "utf8"));
  const manifest = (): Manifest => json(built.digest) as Manifest;

  async function paths(): Promise<readonly string[]> {
    const names: string[] = [];
    for (const { digest } of manifest().layers) {
      const layer = createReadStream(blob(digest)).pipe(createGunzip()).pipe(extract());
      for await (const entry of layer) {
        names.push(entry.header.name);
        entry.resume();
      }
    }
    return names;
  }

  it("is the same to the last byte when it is built again, with nothing kept", async () => {
    const again = await build("second", true);
    assert.equal(again.digest, built.digest);
    assert.deepEqual(
      readFileSync(join(folder, "second/index.json")),
      readFileSync(join(folder, "first/index.json")),
    );
  });

  it("has every blob under its digest and of the size that the manifest says", () => {
    const { config, layers } = manifest();
    for (const { digest } of [config, ...layers]) {
      const content = readFileSync(blob(digest));
      assert.equal(`sha256:${createHash("sha256").update(content).digest("hex")}`, digest);
    }
    for (const { digest, size } of layers) assert.equal(statSync(blob(digest)).size, size);
  });

  it("has no shell, no package manager, no sources and no development packages (regression 85)", async () => {
    const names = await paths();
    const programs = names.filter((name) => /(?:^|\/)s?bin\/[^/]+$/.test(name));
    assert.deepEqual(programs.filter((name) => !name.startsWith("app/")).sort(), [
      "usr/bin/ark-ts",
      "usr/bin/node",
    ]);
    const shells = /(?:^|\/)(?:sh|bash|dash|ash|busybox|apt|apt-get|dpkg|npm|npx)$/;
    assert.deepEqual(
      names.filter((name) => shells.test(name)),
      [],
    );
    assert.deepEqual(
      names.filter((name) => /\.ts$|node_modules\/(?:typescript|fast-check|@biomejs)\//.test(name)),
      [],
    );
  });

  it("runs the command as a user without rights, from the entry point and no shell", () => {
    const { config } = json(manifest().config.digest) as {
      config: { User: string; Entrypoint: readonly string[] };
    };
    assert.equal(config.User, "65532:65532");
    assert.deepEqual(config.Entrypoint, ["/usr/bin/ark-ts"]);
  });

  it("names the licences of what it holds", async () => {
    const names = new Set(await paths());
    for (const path of [
      "usr/share/doc/node/LICENSE",
      "usr/share/doc/libc6/copyright",
      "usr/share/doc/gcc-12-base/copyright",
      "app/node_modules/undici/LICENSE",
    ]) {
      assert.ok(names.has(path), path);
    }
  });
});
