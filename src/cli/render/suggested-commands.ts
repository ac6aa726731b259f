const flags = ["--storage-location", "--store"] as const;
const commands =
  /\bark-ts (?:backup (?:get|describe|logs|download|delete|discard|prune|ls|cat|thaw|verify)|restore (?:create|get|describe|logs|discard))\b/g;

/**
 * Commands that a text suggests, with the location that was named on the line, without which they
 * would look elsewhere.
 */
export function suggestAtPlace(text: string, argv: readonly string[]): string {
  const place = placeTyped(argv);
  if (place === undefined) return text;
  return text.replace(commands, (command) => `${command} --store ${shellWord(place)}`);
}

function placeTyped(argv: readonly string[]): string | undefined {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  const places = words.flatMap((word, at) => {
    const flag = flags.find((name) => word === name || word.startsWith(`${name}=`));
    if (flag === undefined) return [];
    return [word === flag ? (words[at + 1] ?? "") : word.slice(flag.length + 1)];
  });
  return places.at(-1) || undefined;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
