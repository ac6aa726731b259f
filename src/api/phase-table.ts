/**
 * Which phase of a kind may follow which. The empty phase stands for a resource that nobody has
 * taken up yet; it may become what `New` may become.
 */
export interface PhaseTable<Phase extends string = string> {
  /** In the order in which the CRD lists them. */
  readonly phases: readonly Phase[];
  /** For each phase, those that may come after it. */
  readonly next: Readonly<Record<Phase, readonly Phase[]>>;
  /** Nothing more happens by itself. */
  readonly terminal: readonly Phase[];
  /** Phases, or a field that gets a value, at which Velero's own clients stop waiting. */
  readonly awaited: readonly (Phase | "status.downloadURL")[];
}

/** The enum of the CRD comes from the keys, so that no phase can be left out of the table. */
export function phaseTable<const Phase extends string>(
  next: Readonly<Record<Phase, readonly NoInfer<Phase>[]>>,
  ends: Pick<PhaseTable<NoInfer<Phase>>, "terminal" | "awaited">,
): PhaseTable<Phase> {
  return { phases: Object.keys(next) as Phase[], next, ...ends };
}

/** True where a resource in phase `from` may be written with phase `to`; the same phase always may. */
export function mayFollow(table: PhaseTable, from: string | undefined, to: string): boolean {
  if (!table.phases.includes(to)) return false;
  if (from === undefined || from === "") {
    return to === "New" || (table.next["New"] ?? []).includes(to);
  }
  return from === to || (table.next[from] ?? []).includes(to);
}

/** True where nothing more happens to the resource by itself. */
export function isTerminal(table: PhaseTable, phase: string | undefined): boolean {
  return phase !== undefined && table.terminal.includes(phase);
}
