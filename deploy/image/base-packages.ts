/** What the image has of Debian 12: the libraries that Node's binary is linked against. */
import { ensurePackages, type PinnedSet, parsePins } from "../../test/testbed/pinned-packages.ts";

const pins = `
gcc-12-base 12.2.0-14+deb12u1 1896a2aacf4ad681ff5eacc24a5b0ca4d5d9c9b9c9e4b6de5197bc1e116ea619
libc6 2.36-9+deb12u14 ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf
libgcc-s1 12.2.0-14+deb12u1 3016e62cb4b7cd8038822870601f5ed131befe942774d0f745622cc77d8a88f7
libstdc++6 12.2.0-14+deb12u1 5cd3171216d4ab0fc911cfe9c35509bf2dd8f47761c43b7f6a4296701551a24d`;

export const basePackages: PinnedSet = {
  name: "image",
  purpose: "the C and C++ libraries of the image",
  file: "deploy/image/base-packages.ts",
  packages: parsePins(pins),
};

/** Where a file is in the packages, by where it is in the image. */
const libraries = "lib/x86_64-linux-gnu";
export const baseFiles: Readonly<Record<string, string>> = {
  // The binary names its loader by this path.
  "lib64/ld-linux-x86-64.so.2": `${libraries}/ld-linux-x86-64.so.2`,
  [`${libraries}/libc.so.6`]: `${libraries}/libc.so.6`,
  [`${libraries}/libdl.so.2`]: `${libraries}/libdl.so.2`,
  [`${libraries}/libm.so.6`]: `${libraries}/libm.so.6`,
  [`${libraries}/libpthread.so.0`]: `${libraries}/libpthread.so.0`,
  [`${libraries}/libgcc_s.so.1`]: `${libraries}/libgcc_s.so.1`,
  [`${libraries}/libstdc++.so.6`]: "usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30",
  "usr/share/doc/libc6/copyright": "usr/share/doc/libc6/copyright",
  "usr/share/doc/gcc-12-base/copyright": "usr/share/doc/gcc-12-base/copyright",
};

/** As `dpkg` keeps it: scanners learn from it which versions are in the image. */
export function packageStatus(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    basePackages.packages.map(({ name, version }) => [
      `var/lib/dpkg/status.d/${name}`,
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`,
    ]),
  );
}

/** The folder of the unpacked packages. */
export const ensureBase = (signal?: AbortSignal): Promise<string> =>
  ensurePackages(basePackages, signal);
