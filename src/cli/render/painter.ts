import { styleText } from "node:util";
import type { CliEnvironment, TextSink } from "../environment.ts";

/** Colour for a terminal; without one every function answers its text unchanged. */
export interface Painter {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

type Style = Parameters<typeof styleText>[0];

/** `--no-color`, NO_COLOR (not empty), TERM=dumb and a sink that is no terminal mean: plain. */
export function createPainter(
  environment: Pick<CliEnvironment, "env" | "argv">,
  sink: TextSink,
): Painter {
  const noColor = environment.env["NO_COLOR"];
  const plain =
    !sink.isTerminal ||
    (noColor !== undefined && noColor !== "") ||
    environment.env["TERM"] === "dumb" ||
    environment.argv.some((word) => word === "--no-color" || word === "--no-color=true");
  const paint = (style: Style) => (text: string) =>
    plain || text === "" ? text : styleText(style, text, { validateStream: false });
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    good: paint("green"),
    warn: paint("yellow"),
    bad: paint("red"),
  };
}

/** A phase in the colour of its meaning. */
export function paintPhase(painter: Painter, phase: string): string {
  if (phase === "Completed") return painter.good(phase);
  if (/PartiallyFailed/.test(phase)) return painter.warn(phase);
  if (/Fail|Damaged|Unreadable/.test(phase)) return painter.bad(phase);
  return phase;
}
