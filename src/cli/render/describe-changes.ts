import type { BackupChanges, KindChanges } from "../../catalog/compare-backups.ts";
import { count, counted } from "./amounts.ts";
import type { DescriptionLine } from "./description.ts";
import { localTime, type TimeStyle } from "./local-time.ts";

/** What became of comparing a backup with the one before it. */
export type Comparison =
  | { readonly state: "first" }
  | {
      readonly state: "compared";
      readonly since: EarlierBackup;
      readonly changes: BackupChanges;
    }
  | { readonly state: "failed"; readonly since: EarlierBackup; readonly problem: string };

export interface EarlierBackup {
  readonly name: string;
  /** RFC 3339. */
  readonly startedAt?: string;
  /** Later ones that could not be read. */
  readonly passedOver: readonly string[];
}

/** Kinds shown without `--details`. */
const shownKinds = 15;

/** What is different since the last backup of the same scope. */
export function changeLines(
  comparison: Comparison,
  style: TimeStyle & { readonly details: boolean },
): readonly DescriptionLine[] {
  if (comparison.state === "first") {
    const value = "nothing to compare with: no earlier backup of this cluster and selection here";
    return [{ key: "Changes", value }];
  }
  const { since } = comparison;
  const name = sinceText(since, style);
  if (comparison.state === "failed") {
    return [{ key: "Changes", value: `not known since ${name}: ${comparison.problem}` }];
  }
  const { changes } = comparison;
  return [
    { key: "Changes", value: `since ${name}: ${totalsText(changes)}` },
    ...changedKindLines(changes, style.details),
  ];
}

/** Kinds in which something is different; all of them with `details`. */
export function changedKindLines(
  changes: BackupChanges,
  details: boolean,
): readonly DescriptionLine[] {
  const kinds = details ? changes.kinds : changes.kinds.slice(0, shownKinds);
  const left = changes.kinds.length - kinds.length;
  return [
    ...kinds.map((kind) => ({ key: kind.resource, value: kindText(kind), indent: 2 })),
    ...(left > 0 ? [{ text: `and ${counted(left, "kind")} more (--details)`, indent: 2 }] : []),
  ];
}

function sinceText({ name, startedAt, passedOver }: EarlierBackup, style: TimeStyle): string {
  const time = startedAt === undefined ? "" : ` of ${localTime(startedAt, style)}`;
  const unread = passedOver.length === 0 ? "" : ` (${passedOver.join(", ")} cannot be read)`;
  return `${name}${time}${unread}`;
}

export function totalsText(changes: BackupChanges): string {
  const parts = [...sorts(changes, (value) => value), `${count(changes.unchanged)} unchanged`];
  return parts.join(", ");
}

function sorts<T>(
  of: { readonly added: T; readonly removed: T; readonly changed: T },
  amount: (value: T) => number,
): string[] {
  return (["added", "removed", "changed"] as const).flatMap((sort) =>
    amount(of[sort]) === 0 ? [] : [`${count(amount(of[sort]))} ${sort}`],
  );
}

/** `2 added, 1 changed`, then the names: `+` added, `-` removed, `~` changed. */
function kindText(kind: KindChanges): string {
  const marks = [
    ["+", kind.added],
    ["-", kind.removed],
    ["~", kind.changed],
  ] as const;
  const head = sorts(kind, (objects) => objects.count).join(", ");
  const lines = marks.flatMap(([mark, objects]) => {
    const left = objects.count - objects.names.length;
    const names = objects.names.map((name) => `${mark} ${name}`);
    return left > 0 ? [...names, `${mark} ${count(left)} more`] : names;
  });
  return [kind.note === undefined ? head : `${head} (${kind.note})`, ...lines].join("\n");
}

/** The same for json and yaml; null where there is no earlier backup. */
export function changesJson(comparison: Comparison): unknown {
  if (comparison.state === "first") return null;
  const { since } = comparison;
  const earlier = {
    backup: since.name,
    ...(since.startedAt !== undefined && { startedAt: since.startedAt }),
    ...(since.passedOver.length > 0 && { passedOver: since.passedOver }),
  };
  if (comparison.state === "failed") return { ...earlier, problem: comparison.problem };
  return { ...earlier, ...changesOnlyJson(comparison.changes) };
}

/** Totals and kinds, without what was compared. */
export function changesOnlyJson(changes: BackupChanges): object {
  return { ...changes, kinds: changes.kinds.map(kindJson) };
}

function kindJson({ resource, added, removed, changed, unchanged, note }: KindChanges): unknown {
  return {
    resource,
    added: { count: added.count, names: added.names },
    removed: { count: removed.count, names: removed.names },
    changed: { count: changed.count, names: changed.names },
    unchanged,
    ...(note !== undefined && { note }),
  };
}
