/**
 * What a flag takes:
 * - `boolean`: tri-state; the bare flag means true and never takes the next word;
 * - `text`, `choice`, `duration` (Go's notation), `integer`: one value;
 * - `list`: comma separated and repeatable; `map`: `k=v,k=v`; `pairs`: `a:b,c:d`.
 */
export type FlagKind =
  | "boolean"
  | "text"
  | "choice"
  | "duration"
  | "integer"
  | "list"
  | "map"
  | "pairs";

export interface FlagSpec {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** Other long names that mean the same; values count as given under `name`. */
  readonly aliases?: readonly string[];
  readonly kind: FlagKind;
  /** What help shows in the place of the value. Default: by kind. */
  readonly placeholder?: string;
  /** With kind `choice`. */
  readonly choices?: readonly string[];
  /** What to type instead, by a value that is none of the choices. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** Completed with the names of these. */
  readonly names?: "backups" | "locations";
  /** One clause, lower case, no full stop. */
  readonly help: string;
  /** Heading in help; default `Flags`. */
  readonly heading?: string;
}

/** A flag that Velero or a later version has and this version has not: refused with `reason`. */
export interface LaterFlag {
  /** No version will have it: `--name has no meaning here: …`. */
  readonly never?: true;
  readonly name: string;
  readonly short?: string;
  readonly takesValue: boolean;
  /** Completes the sentence `--name is not in this version yet: …`. */
  readonly reason: string;
}

export type FlagValue =
  | boolean
  | string
  | number
  | readonly string[]
  | Readonly<Record<string, string>>;

export function takesValue(flag: FlagSpec): boolean {
  return flag.kind !== "boolean";
}

const placeholders: Readonly<Record<FlagKind, string>> = {
  boolean: "",
  text: "TEXT",
  choice: "",
  duration: "DURATION",
  integer: "N",
  list: "A,B",
  map: "K=V,K=V",
  pairs: "A:B,C:D",
};

/** The value's name in help and completion; empty for booleans. */
export function placeholderOf(flag: FlagSpec): string {
  if (flag.placeholder !== undefined) return flag.placeholder;
  return flag.kind === "choice" ? (flag.choices ?? []).join("|") : placeholders[flag.kind];
}
