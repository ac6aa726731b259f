/** Tables for people, and the same as data. Nothing here fails a run: a ratio is told, not judged. */
import { cpus, loadavg, totalmem } from "node:os";
import type { Summary } from "./samples.ts";

export interface Budget {
  readonly text: string;
  readonly kept: boolean;
}

export interface Row {
  readonly what: string;
  readonly objects: number;
  readonly summary: Summary;
  /** Rate of this over that of `to`. */
  readonly ratio?: { readonly to: string; readonly value: number };
  readonly budgets?: readonly Budget[];
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly notes?: readonly string[];
}

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: all[0]?.model ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

export function machineLine(machine: Machine): string {
  const { date, cpu, cores, memoryGiB, node, loadBefore } = machine;
  return `${date}, ${cores} cores of ${cpu}, ${memoryGiB} GiB, Node ${node}, load before: ${loadBefore}`;
}

export function atLeast(value: number, wanted: number, unit = ""): Budget {
  return { text: `>= ${wanted}${unit}`, kept: value >= wanted };
}

export const rssBudgetMiB = 256;

export function withinMemory(summary: Summary): Budget {
  return {
    text: `RSS <= ${rssBudgetMiB} MiB`,
    kept: (summary.peakRssBytes ?? 0) <= rssBudgetMiB * 2 ** 20,
  };
}

const seconds = (ms: number): string =>
  ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
const grouped = (value: number): string => Math.round(value).toLocaleString("en-GB");

function cells(row: Row): string[] {
  const { summary, ratio, budgets = [] } = row;
  const spread = summary.runs > 1 ? `${seconds(summary.minMs)} - ${seconds(summary.maxMs)}` : "";
  const rate = row.objects > 1 ? grouped((row.objects * 1000) / summary.medianMs) : "";
  return [
    row.what,
    String(summary.runs),
    seconds(summary.medianMs),
    spread,
    rate,
    ratio === undefined ? "" : `${ratio.value.toFixed(2)} of ${ratio.to}`,
    summary.peakRssBytes === undefined ? "" : `${grouped(summary.peakRssBytes / 2 ** 20)} MiB`,
    summary.cpuMs === undefined ? "" : seconds(summary.cpuMs),
    budgets.map(({ text, kept }) => `${text}: ${kept ? "within" : "OUTSIDE"} budget`).join("; "),
  ];
}

const heads = [
  ...["what", "runs", "median", "min - max", "objects/s", "rate", "peak RSS", "CPU", "budget"],
];

/** A Markdown table, readable as it stands. */
export function renderSection({ title, rows, notes = [] }: Section): string {
  const table = [heads, ...rows.map(cells)];
  const widths = heads.map((_, at) => Math.max(...table.map((line) => (line[at] ?? "").length)));
  const lines = table.map(
    (line) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`,
  );
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const text = [`### ${title}`, "", lines[0], rule, ...lines.slice(1)];
  return [...text, ...(notes.length > 0 ? [""] : []), ...notes, ""].join("\n");
}
