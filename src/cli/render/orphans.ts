import { isRemovable, type TraceState } from "../../domain/volumes/csi/judge-trace.ts";
import type { JudgedTrace, NamedReason, OrphanReport } from "../../volumes/find-orphans.ts";
import type { RemovedOrphans } from "../../volumes/remove-orphans.ts";
import { counted } from "./amounts.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import { renderTable } from "./table.ts";

const states: Readonly<Record<TraceState, string>> = {
  orphan: "orphan",
  released: "left over",
  "in-use": "in use",
  interrupted: "interrupted",
  "other-location": "of another location",
  "other-cluster": "of another cluster",
  unclear: "unclear",
};

const placeOf = ({ trace }: JudgedTrace): string => {
  const place = trace.hasSnapshot ? `${trace.namespace}/${trace.name}` : trace.content;
  return trace.isGroup === true ? `group ${place}` : place;
};

function makerOf(trace: JudgedTrace["trace"]): string {
  if (!("restore" in trace)) return `backup ${trace.backup}`;
  return trace.restore === "" ? "a restore" : `restore ${trace.restore}`;
}

/** What is found, both ways, and what to do about it. */
export function renderOrphans(
  report: OrphanReport,
  style: TimeStyle & { readonly location: string },
): string {
  return [
    ...tracesText(report, style),
    ...lostText(report),
    ...reasonsText("not asked for", report.elsewhere),
    ...reasonsText("cannot be read", report.unread),
    ...nextSteps(report),
  ].join("");
}

function tracesText(
  { traces }: OrphanReport,
  style: TimeStyle & { readonly location: string },
): readonly string[] {
  const shown = traces.filter(({ verdict }) => verdict.state !== "in-use");
  const inUse = traces.length - shown.length;
  const of = `snapshots of runs of ark-ts in this cluster, compared with ${style.location}`;
  const users = "in use by runs that go on, or by claims that wait";
  const used = inUse === 0 ? "" : `; ${inUse} ${users}`;
  if (shown.length === 0) return [`${of}: nothing is left over${used}\n`];
  const table = renderTable(
    [
      { title: "SNAPSHOT", cell: placeOf },
      { title: "STATE", cell: ({ verdict }) => states[verdict.state] },
      { title: "MADE BY", cell: ({ trace }) => makerOf(trace) },
      { title: "CREATED", cell: ({ trace }) => localTime(trace.createdAt, style) },
      { title: "REASON", cell: ({ verdict }) => verdict.reason },
    ],
    shown,
  );
  return [`${of}:\n`, table, ...(inUse === 0 ? [] : [`${inUse} ${users}\n`])];
}

function lostText({ asked, lost, found }: OrphanReport): readonly string[] {
  if (!asked) return [];
  const head = `the drivers have ${found} of ${counted(found + lost.length, "snapshot")} that backups own\n`;
  if (lost.length === 0) return [head];
  const verbs = { gone: "is gone", unanswered: "no answer" } as const;
  const table = renderTable(
    [
      { title: "BACKUP", cell: ({ backup }) => backup },
      { title: "SNAPSHOT OF", cell: ({ what }) => what },
      { title: "STATE", cell: ({ answer }) => verbs[answer] },
      { title: "HANDLE", cell: ({ handle }) => handle },
      { title: "THE DRIVER SAYS", cell: ({ said }) => said },
    ],
    lost,
  );
  return [head, table];
}

const reasonsText = (what: string, reasons: readonly NamedReason[]): readonly string[] =>
  reasons.map(({ backup, reason }) => `backup ${backup} ${what}: ${reason}\n`);

function nextSteps({ traces, asked }: OrphanReport): readonly string[] {
  const count = traces.filter(({ verdict }) => isRemovable(verdict)).length;
  return [
    ...(count === 0
      ? []
      : [`to remove ${counted(count, "snapshot")}: ark-ts volume orphans --remove\n`]),
    ...(asked
      ? []
      : ["to ask the drivers for what backups own: ark-ts volume orphans --ask-drivers\n"]),
  ];
}

export function renderRemoved(chosen: number, { removed, left }: RemovedOrphans): string {
  if (chosen === 0) return "there is nothing to remove\n";
  const changed = chosen - removed.length - left.length;
  const lines = left.map(({ trace, error }) => {
    const what = trace.hasSnapshot ? `${trace.namespace}/${trace.name}` : trace.content;
    return `left  ${what}: ${error.message}   (${error.code})\n`;
  });
  const rest = changed === 0 ? "" : `; ${changed} changed meanwhile and stayed as they are`;
  return `${lines.join("")}${counted(removed.length, "snapshot")} of ${chosen} removed${rest}\n`;
}

/** The same for json and yaml; `removal` where one was asked for. */
export function orphansJson(report: OrphanReport, removal: RemovedOrphans | undefined): unknown {
  const { clusterId, asked, found, lost, elsewhere, unread } = report;
  return {
    clusterId,
    snapshots: report.traces.map(({ trace, verdict }) => ({ ...trace, ...verdict })),
    drivers: asked ? { asked, found, lost, notAsked: elsewhere } : { asked },
    unreadBackups: unread,
    ...(removal === undefined
      ? {}
      : {
          removed: removal.removed.map(({ namespace, name, content }) => ({
            namespace,
            name,
            content,
          })),
          left: removal.left.map(({ trace: { namespace, name, content }, error }) => ({
            ...{ namespace, name, content },
            ...{ code: error.code, message: error.message },
          })),
        }),
  };
}

/** Of what may be removed. */
export function orphanNames({ traces }: OrphanReport): readonly string[] {
  return traces
    .filter(({ verdict }) => isRemovable(verdict))
    .map((one) =>
      one.trace.hasSnapshot
        ? `volumesnapshot/${placeOf(one)}`
        : `volumesnapshotcontent/${one.trace.content}`,
    );
}
