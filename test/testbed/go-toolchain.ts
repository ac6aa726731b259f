/** The one prerequisite beside Node: a Go toolchain. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const needed = { major: 1, minor: 26 } as const;
const advice = `Install Go ${needed.major}.${needed.minor} or newer from https://go.dev/dl/ and put its bin folder on PATH.`;

/** `go version go1.26.8 linux/amd64` is at least Go 1.26. */
export function isGoRecent(versionLine: string): boolean {
  const match = /^go version go(\d+)\.(\d+)/.exec(versionLine);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > needed.major || (major === needed.major && minor >= needed.minor);
}

let known: Promise<string> | undefined;

async function readGoVersion(): Promise<string> {
  const env = { ...process.env, GOTOOLCHAIN: "local" };
  const run = promisify(execFile);
  const { stdout } = await run("go", ["version"], { env, cwd: "/" }).catch((error: Error) => {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const what = missing ? "no `go` command was found" : `\`go version\` failed: ${error.message}`;
    throw new Error(`the testbed builds its servers with Go, and ${what}. ${advice}`);
  });
  const line = stdout.trim();
  if (isGoRecent(line)) return line;
  throw new Error(
    `the testbed needs Go ${needed.major}.${needed.minor}; here is "${line}". ${advice}`,
  );
}

/** What `go version` prints; throws a sentence that says what to install. */
export function requireGo(): Promise<string> {
  known ??= readGoVersion();
  return known;
}

/** Why no testbed can be had here; undefined if it can. */
export async function whyNoGo(): Promise<string | undefined> {
  return requireGo().then(
    () => undefined,
    (error: Error) => error.message,
  );
}
