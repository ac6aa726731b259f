import { editDistance } from "./edit-distance.ts";

/**
 * The candidate that was most likely meant by `word`: few typing errors away, or the only one
 * that begins with it. Undefined when nothing is near.
 */
export function closestMatch(word: string, candidates: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll("_", "-");
  const wanted = plain(word);
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const near = candidates
    .map((candidate) => ({ candidate, steps: editDistance(wanted, plain(candidate)) }))
    .filter(({ steps }) => steps <= limit)
    .sort((a, b) => a.steps - b.steps)[0];
  if (near !== undefined) return near.candidate;
  const extended = candidates.filter(
    (candidate) => wanted.length > 2 && plain(candidate).startsWith(wanted),
  );
  return extended.length === 1 ? extended[0] : undefined;
}
