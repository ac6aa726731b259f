import { offsetsOf } from "./time-zone.ts";

/** What a clock on the wall shows. */
export interface WallTime {
  readonly year: number;
  /** 1 is January. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Seconds since 1970 and the clock on the wall of one zone. */
export interface WallClock {
  /** 0 is Sunday. */
  read(atSeconds: number): WallTime & { readonly weekday: number };
  /**
   * When the clock shows this; fields past their end carry over, as the 32nd of a month does. A time
   * that is missing, or comes twice, is resolved as Go's time.Date does it.
   */
  at(wall: WallTime): number;
}

/** `timeZone`: an IANA name that has no problem. */
export function createWallClock(timeZone: string): WallClock {
  const offsetAt = offsetsOf(timeZone);
  return {
    read(atSeconds) {
      const shown = new Date((atSeconds + offsetAt(atSeconds)) * 1000);
      return {
        year: shown.getUTCFullYear(),
        month: shown.getUTCMonth() + 1,
        day: shown.getUTCDate(),
        hour: shown.getUTCHours(),
        minute: shown.getUTCMinutes(),
        second: shown.getUTCSeconds(),
        weekday: shown.getUTCDay(),
      };
    },
    at({ year, month, day, hour, minute, second }) {
      const shown = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
      const guess = offsetAt(shown);
      return guess === 0 ? shown : shown - offsetAt(shown - guess);
    },
  };
}
