/** How times are shown: in the zone of the machine, or in the one given. */
export interface TimeStyle {
  /** IANA name; absent: the machine's. */
  readonly timeZone?: string;
}

function parts(at: Date, locale: string, style: TimeStyle): Record<string, string> {
  const format = new Intl.DateTimeFormat(locale, {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
    ...(style.timeZone === undefined ? {} : { timeZone: style.timeZone }),
  });
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
}

/** `2026-11-20 14:02:11 CET`. Anything that is no time answers `-`. */
export function localTime(rfc3339: string | undefined | null, style: TimeStyle = {}): string {
  const at = new Date(rfc3339 ?? Number.NaN);
  if (Number.isNaN(at.getTime())) return "-";
  const american = parts(at, "en-US", style);
  let zone = american["timeZoneName"] ?? "";
  // Each locale has names for its own zones only; an offset is the answer where none has one.
  if (zone.startsWith("GMT") && zone !== "GMT")
    zone = parts(at, "en-GB", style)["timeZoneName"] ?? zone;
  const get = (name: string) => american[name] ?? "";
  return `${get("year")}-${get("month")}-${get("day")} ${get("hour")}:${get("minute")}:${get("second")} ${zone}`;
}

/** `20261120140211` in local time: the stamp in default names. */
export function localStamp(at: Date, style: TimeStyle = {}): string {
  const { year, month, day, hour, minute, second } = parts(at, "en-US", style);
  return `${year}${month}${day}${hour}${minute}${second}`;
}
