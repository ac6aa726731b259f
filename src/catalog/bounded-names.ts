import type { IndexLine } from "../format/index-line.ts";
import { objectPlace } from "./damage.ts";

/** How many there are, and `namespace/name` of the first few. */
export interface NamedObjects {
  readonly count: number;
  readonly names: readonly string[];
}

export interface NameBounds {
  /** Names of one kind and one sort. */
  readonly perKind: number;
  /** Of all together. */
  readonly total: number;
}

/** Hands out lists of names that share one bound of their total. */
export interface NameBudget {
  list(): NameList;
}

export interface NameList extends NamedObjects {
  /** False once no more names fit; what does not fit is counted. */
  add(line: IndexLine): boolean;
  /** Names one that was counted before. */
  name(line: IndexLine): boolean;
  setCount(count: number): void;
}

export function createNameBudget({ perKind, total }: NameBounds): NameBudget {
  let left = total;
  return {
    list() {
      const names: string[] = [];
      let count = 0;
      const name = (line: IndexLine): boolean => {
        if (names.length >= perKind || left <= 0) return false;
        names.push(objectPlace(line));
        left -= 1;
        return true;
      };
      return {
        names,
        get count() {
          return count;
        },
        name,
        add(line) {
          count += 1;
          return name(line);
        },
        setCount(value) {
          count = value;
        },
      };
    },
  };
}
