import type { ProbeResult } from "../../../ports/object-store.ts";
import type { Invocation } from "../../command-spec.ts";
import { openStore } from "../../compose.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { chosenLocation } from "../../locations.ts";
import { isMissingDirectory } from "../../missing-directory.ts";
import type { Painter } from "../../render/painter.ts";
import { printResource } from "../../render/resource-output.ts";
import { adviceFor, conclusionsOf } from "../../render/store-advice.ts";
import { renderTable } from "../../render/table.ts";
import { withSession } from "../../session.ts";

/** Tries what a location can do and prints each answer; fails when a check failed. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const location = await chosenLocation(args[0], session.config, environment);
    const wasMissing = await isMissingDirectory(location);
    const store = await openStore(session, location);
    const results = await store.probe({ signal: session.signal });
    if (wasMissing && !(await isMissingDirectory(location))) {
      session.note(`the directory ${location.display} did not exist: this test has made it`);
    }
    const conclusions = conclusionsOf(results);
    const title = `location ${location.isTyped ? "" : `${location.name}  `}${location.display}`;
    await printResource(environment, flags.text("output"), {
      value: {
        location: location.name,
        store: store.display,
        checks: withAdvice(results),
        conclusions,
      },
      table: () =>
        `${title}\n\n${table(results, session.out)}\n${[...advices(results), ...conclusions].map((line) => `- ${line}\n`).join("")}`,
      names: results.map(({ check, outcome }) => `${check}=${outcome}`),
    });
    return results.some(({ outcome }) => outcome === "failed")
      ? exitStatus.failed
      : exitStatus.done;
  });
}

function withAdvice(results: readonly ProbeResult[]): readonly object[] {
  return results.map((result) => {
    const advice = adviceFor(result);
    return advice === undefined ? result : { ...result, advice };
  });
}

function advices(results: readonly ProbeResult[]): readonly string[] {
  return results.flatMap((result) => {
    const advice = adviceFor(result);
    return advice === undefined ? [] : [`${result.check}: ${advice}`];
  });
}

function table(results: readonly ProbeResult[], painter: Painter): string {
  const paint = (text: string, { outcome }: ProbeResult): string => {
    if (outcome === "failed") return painter.bad(text);
    return outcome === "yes" ? painter.good(text) : text;
  };
  return renderTable<ProbeResult>(
    [
      { title: "CHECK", cell: ({ check }) => check },
      { title: "OUTCOME", cell: ({ outcome }) => outcome, paint },
      { title: "DETAIL", cell: ({ detail }) => detail },
    ],
    results,
  );
}
