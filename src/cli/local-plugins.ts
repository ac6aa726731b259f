import type { SurveyedProgram } from "../adapters/plugin-host/survey-programs.ts";
import { type ExitStatus, exitStatus } from "./exit-codes.ts";
import { pluginFolder, pluginHostOptions } from "./plugin-host.ts";
import { printResource } from "./render/resource-output.ts";
import { renderTable } from "./render/table.ts";
import type { Session } from "./session.ts";

interface PluginRow {
  readonly name: string;
  readonly kind: string;
  readonly state: "Available" | "Failed";
  readonly version: string;
  /** Path of the executable; `built in` for our own. */
  readonly program: string;
}

/** Starts every executable of the folder, asks what it serves, and ends it. Failures are rows, and the exit status. */
export async function listLocalPlugins(session: Session): Promise<ExitStatus> {
  const { environment, flags } = session.invocation;
  const { surveyPrograms } = await import("../adapters/plugin-host/survey-programs.ts");
  const { pluginNames } = await import("../../plugins/registry.ts");
  const { engineVersion } = await import("./engine-version.ts");
  const folder = pluginFolder(session);
  const programs = await surveyPrograms(folder, await pluginHostOptions(session), session.signal);
  const version = await engineVersion();
  const rows: PluginRow[] = pluginNames().map(({ name, kind }) => ({
    name,
    kind,
    state: "Available",
    version,
    program: "built in",
  }));
  for (const program of programs) rows.push(...(await rowsOf(program)));
  await printResource(environment, flags.text("output"), {
    value: { plugins: rows },
    table: () =>
      renderTable(
        [
          { title: "NAME", cell: ({ name }) => name },
          { title: "KIND", cell: ({ kind }) => kind },
          { title: "STATE", cell: ({ state }) => state },
          { title: "VERSION", cell: (row) => row.version },
          { title: "PROGRAM", cell: ({ program }) => program },
        ],
        rows,
      ),
    names: rows.map(({ name }) => name),
  });
  for (const { command, failure, passedOver } of programs) {
    if (failure !== undefined) {
      session.note([failure.message, failure.answer, failure.advice].filter(Boolean).join("; "));
    }
    for (const sentence of passedOver) session.note(`${command.path}: passed over: ${sentence}`);
  }
  if (programs.length === 0) session.note(`no executables in ${folder}`);
  return programs.some(({ failure }) => failure !== undefined)
    ? exitStatus.failed
    : exitStatus.done;
}

async function rowsOf({ command, plugins, failure }: SurveyedProgram): Promise<PluginRow[]> {
  const { versionOfProgram } = await import("../adapters/plugin-host/program-version.ts");
  const { version = "-" } = await versionOfProgram(command.path);
  const program = command.path;
  if (failure !== undefined) {
    return [{ name: "-", kind: "-", state: "Failed", version, program }];
  }
  return plugins.map(({ name, kind }) => ({ name, kind, state: "Available", version, program }));
}
