const prefixPattern = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const namePattern = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const maxPrefixLength = 253;
const maxNameLength = 63;
/** Of all annotations of an object together, keys and values, in bytes. */
const maxAnnotationBytes = 256 * 1024;

/** What the API server would refuse in these labels, one sentence each. */
export function labelViolations(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...keyViolations("label", key),
    ...(isLabelValue(value)
      ? []
      : [
          `label ${key}: the value ${JSON.stringify(value)} is not allowed: at most ${maxNameLength} letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`,
        ]),
  ]);
}

/** What the API server would refuse in these annotations, one sentence each. */
export function annotationViolations(
  annotations: Readonly<Record<string, string>>,
): readonly string[] {
  const entries = Object.entries(annotations);
  const bytes = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return [
    // Unlike those of labels, keys of annotations are checked without regard to capitals.
    ...entries.flatMap(([key]) => keyViolations("annotation", key.toLowerCase(), key)),
    ...(bytes > maxAnnotationBytes
      ? [`the annotations have ${bytes} bytes; at most ${maxAnnotationBytes} are allowed`]
      : []),
  ];
}

const isLabelValue = (value: string): boolean =>
  value === "" || (value.length <= maxNameLength && namePattern.test(value));

function keyViolations(what: string, key: string, shown = key): readonly string[] {
  const slash = key.indexOf("/");
  const prefix = slash === -1 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  const badPrefix =
    prefix !== undefined && (prefix.length > maxPrefixLength || !prefixPattern.test(prefix));
  const badName = name.length > maxNameLength || !namePattern.test(name);
  if (!badPrefix && !badName) return [];
  const rule = badPrefix
    ? "before the slash stands a DNS name of lower-case letters, digits, - and ."
    : `${prefix === undefined ? "a key is" : "after the slash stand"} 1 to ${maxNameLength} letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`;
  return [`${what} ${JSON.stringify(shown)} is not allowed: ${rule}`];
}
