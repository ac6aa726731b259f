/** `12480` as `12,480`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** `1 object`, `12,480 objects`. */
export function counted(value: number, singular: string, plural = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : plural}`;
}

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes in binary units with three digits at most: `512 B`, `4.1 MiB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1);
  return `${text} ${units[unit]}`;
}

/** A span for people: `0.4 s`, `12 s`, `3 min 20 s`, `5 h 2 min`, `29 d 4 h`. */
export function span(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const steps = [
    [86_400, "d", 3600, "h"],
    [3600, "h", 60, "min"],
    [60, "min", 1, "s"],
  ] as const;
  for (const [large, largeName, small, smallName] of steps) {
    if (seconds < large) continue;
    const rest = Math.floor((seconds % large) / small);
    const head = `${Math.floor(seconds / large)} ${largeName}`;
    return rest === 0 ? head : `${head} ${rest} ${smallName}`;
  }
  return `${seconds} s`;
}
