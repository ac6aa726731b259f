/** Words by which keys, annotations and settings tell that they hold a secret. */
const words =
  "passw(?:or)?d|passphrase|token|secret|credentials?|connection-?string|(?:access|secret|account|storage|private|api)-?key";

const holdsOne = new RegExp(`(?:${words})$`, "i");
const speaksOfOne = new RegExp(words, "i");

/** Whether what has this name is a secret by the look of it: `clientSecret`, and not `credentialsFile`. */
export function isSecretName(name: string): boolean {
  return holdsOne.test(name);
}

/** Whether the name has to do with a secret at all: `credentialsFile` too. */
export function speaksOfSecret(name: string): boolean {
  return speaksOfOne.test(name);
}
