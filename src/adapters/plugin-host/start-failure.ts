import { open } from "node:fs/promises";
import { ArkError } from "../../lib/errors.ts";
import { displayCommand, type PluginCommand } from "./host-options.ts";

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

export function describeEnd({ code, signal }: ProcessEnd): string {
  if (signal === "SIGKILL") {
    return "was ended by SIGKILL, as the kernel does when memory runs out";
  }
  return code === null ? `was ended by ${signal}` : `ended with status ${code}`;
}

/** Machines by their number in the head of an ELF file. */
const machines: Readonly<Record<number, { readonly name: string; readonly arch: string }>> = {
  3: { name: "x86 (32 bit)", arch: "ia32" },
  40: { name: "ARM (32 bit)", arch: "arm" },
  62: { name: "x86-64", arch: "x64" },
  183: { name: "ARM64", arch: "arm64" },
  243: { name: "RISC-V", arch: "riscv64" },
  22: { name: "S390", arch: "s390x" },
  21: { name: "PowerPC64", arch: "ppc64" },
};

/** The machine that an executable is made for, where it is not this one. */
async function foreignMachine(path: string): Promise<string | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const head = Buffer.alloc(20);
    await file.read(head, 0, 20, 0);
    if (head.readUInt32BE(0) !== 0x7f454c46) return undefined;
    const number = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
    const machine = machines[number] ?? { name: `machine ${number}`, arch: "" };
    return machine.arch === process.arch ? undefined : machine.name;
  } finally {
    await file.close();
  }
}

/** Errors of starting, each with what is the likely cause. */
export async function startFailure(
  command: PluginCommand,
  failure: { readonly thrown?: NodeJS.ErrnoException; readonly end?: ProcessEnd },
  printed: string,
): Promise<ArkError> {
  const { thrown, end } = failure;
  const machine = await foreignMachine(command.path);
  const what = `plugin ${JSON.stringify(displayCommand(command))} could not be started`;
  const said = [
    thrown?.message,
    end === undefined ? undefined : `it ${describeEnd(end)} before it listened`,
    printed.trim() === "" ? undefined : `it printed: ${lastWords(printed)}`,
  ].filter((part) => part !== undefined);
  return new ArkError("ARK_PLUGIN_START", what, {
    answer: said.join("; "),
    ...adviceFor(machine, thrown, printed),
    cause: thrown,
  });
}

function adviceFor(
  machine: string | undefined,
  thrown: NodeJS.ErrnoException | undefined,
  printed: string,
): { readonly advice?: string } {
  if (machine !== undefined) {
    return { advice: `it is built for ${machine}, and this machine is ${process.arch}` };
  }
  if (thrown?.code === "EACCES") return { advice: "the file must be executable (chmod +x)" };
  if (thrown?.code === "ENOENT") {
    return { advice: "the file, or the loader or interpreter that it names, does not exist here" };
  }
  if (/error while loading shared libraries/.test(printed)) {
    return { advice: "a library that it needs is missing here; static builds need none" };
  }
  return {};
}

/** The cause of a Go program's end stands at the top of its trace. */
export function lastWords(printed: string): string {
  const lines = printed.trim().split("\n");
  const cause = lines.findIndex((line) => /^(?:panic|fatal error): /.test(line));
  return (cause < 0 ? lines.slice(-3) : lines.slice(cause, cause + 3)).join(" | ");
}
