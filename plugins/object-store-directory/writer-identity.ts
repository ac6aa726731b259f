import { readFile } from "node:fs/promises";

/** Who writes a temporary file, told by its name, so that only a dead writer's files are removed. */
export interface Writer {
  /** Boot id of the machine, shortened; `unknown` where there is none. */
  readonly boot: string;
  readonly pid: number;
}

export async function currentWriter(): Promise<Writer> {
  try {
    const text = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    return { boot: text.replaceAll("-", "").trim().slice(0, 16), pid: process.pid };
  } catch {
    return { boot: "unknown", pid: process.pid };
  }
}

export function temporaryName(writer: Writer, unique: string): string {
  return `${writer.boot}.${writer.pid}.${unique}.tmp`;
}

/** undefined for a name that this store did not give. */
export function parseTemporaryName(name: string): Writer | undefined {
  const match = /^([0-9a-f]{16}|unknown)\.(\d+)\.[^.]+\.tmp$/.exec(name);
  const [, boot, pid] = match ?? [];
  return boot === undefined ? undefined : { boot, pid: Number(pid) };
}

/** Conservative: says yes wherever it cannot be told. */
export function mayBeAlive(writer: Writer, here: Writer): boolean {
  if (writer.boot !== here.boot || writer.boot === "unknown") return true;
  try {
    process.kill(writer.pid, 0);
    return true;
  } catch (thrown) {
    return !(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH");
  }
}
