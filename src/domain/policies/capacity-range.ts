import { parseQuantity } from "../../api/quantity.ts";

/** Both inclusive, in units of {@link parseQuantity}; a zero side is unbounded. */
export interface CapacityRange {
  readonly low: bigint;
  readonly high: bigint;
}

/** Undefined when the text is no range. Empty text is the range of everything. */
export function parseCapacityRange(text: string): CapacityRange | undefined {
  const sides = (text === "" ? "," : text).split(",").map((side) => side.trim());
  if (sides.length !== 2) return undefined;
  const [low, high] = sides.map((side) => (side === "" ? 0n : parseQuantity(side)));
  return low === undefined || high === undefined ? undefined : { low, high };
}

/** Undefined when it is a range; else what is wrong with it. */
export function capacityProblem(text: string): string | undefined {
  const range = parseCapacityRange(text);
  if (range === undefined) {
    return `is ${JSON.stringify(text)}, and must be two quantities with a comma: "10Gi,100Gi", "10Gi," or ",100Gi"`;
  }
  if (range.high >= range.low || (range.low !== 0n && range.high === 0n)) return undefined;
  return `is ${JSON.stringify(text)}: its upper end is below its lower end`;
}

/** A volume without a capacity, such as an emptyDir, has 0 (as Velero counts it). */
export function isInRange({ low, high }: CapacityRange, capacity: bigint): boolean {
  if (low === 0n && high >= capacity) return true;
  if (high === 0n && low <= capacity) return true;
  return low !== 0n && high !== 0n && low <= capacity && high >= capacity;
}
