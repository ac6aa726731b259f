/**
 * The seed that an environment variable names. Default 1: what fails in CI then fails for a change,
 * and not for what was drawn. `random` draws one; whoever uses it prints it.
 */
export function drawnSeed(variable: string): number {
  const text = process.env[variable] ?? "1";
  if (text === "random") return Date.now() % 100_000;
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new Error(`${variable}=${text} is neither a whole number nor "random"`);
}
