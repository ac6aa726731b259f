/** Units of {@link parseQuantity} in one: Kubernetes keeps nine decimal places. */
export const quantityUnits = 10n ** 9n;

/** Kubernetes caps what is larger. */
const maxQuantity = (2n ** 63n - 1n) * quantityUnits;

const factors: Readonly<Record<string, bigint>> = {
  n: 1n,
  u: 10n ** 3n,
  m: 10n ** 6n,
  "": quantityUnits,
  k: 10n ** 12n,
  M: 10n ** 15n,
  G: 10n ** 18n,
  T: 10n ** 21n,
  P: 10n ** 24n,
  E: 10n ** 27n,
  Ki: 2n ** 10n * quantityUnits,
  Mi: 2n ** 20n * quantityUnits,
  Gi: 2n ** 30n * quantityUnits,
  Ti: 2n ** 40n * quantityUnits,
  Pi: 2n ** 50n * quantityUnits,
  Ei: 2n ** 60n * quantityUnits,
};

const notation =
  /^([+-]?)(\d{1,100})?(?:\.(\d{0,100}))?(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/;

/**
 * A quantity of Kubernetes such as `10Gi`, `1.5T`, `100m` or `1e3`, in billionths of one, what is
 * finer rounded away from zero and what is larger than 2^63 - 1 capped. Undefined when it is none.
 */
export function parseQuantity(text: string): bigint | undefined {
  const match = notation.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent, suffix = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  const digits = BigInt(whole + fraction);
  const factor = factors[suffix] ?? quantityUnits;
  const scale = Number(exponent ?? "0") - fraction.length;
  const scaled =
    scale < 0
      ? divideUp(digits * factor, 10n ** BigInt(-scale))
      : digits * factor * 10n ** BigInt(scale);
  const size = scaled > maxQuantity ? maxQuantity : scaled;
  return sign === "-" ? -size : size;
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
