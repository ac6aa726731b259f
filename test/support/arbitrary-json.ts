import fc from "fast-check";

/** A JSON text, kept as text so that spelling (numbers, escapes, white space) is part of the case. */
export type JsonText = string;

const oddNumbers = fc.constantFrom(
  ...[
    "0",
    "-0",
    "1.0",
    "1.50",
    "1e400",
    "-1E-7",
    "9007199254740993",
    "123456789012345678901234567890",
  ],
);

const oddStrings = fc.constantFrom(
  ...['{"a":[', '"', "\\", '\\"', "}]", "é", "日本", "\u{1F600}", "\n\t", "", "</", ",", ":"],
);

export const anyText = fc.oneof(
  oddStrings,
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ minLength: 30, maxLength: 120 }),
  fc.array(oddStrings, { maxLength: 40 }).map((parts) => parts.join("")),
);

/** Spells `text` as a JSON string, some characters as \u escapes. */
export function spelled(text: string, escapeEvery: number): JsonText {
  if (escapeEvery === 0) return JSON.stringify(text);
  let index = 0;
  const escaped = Array.from(text, (character) => {
    index += 1;
    if (index % escapeEvery !== 0) return JSON.stringify(character).slice(1, -1);
    return Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
    ).join("");
  });
  return `"${escaped.join("")}"`;
}

export const stringText: fc.Arbitrary<JsonText> = fc
  .tuple(anyText, fc.nat({ max: 3 }))
  .map(([text, every]) => spelled(text, every));

const keyText: fc.Arbitrary<JsonText> = fc
  .tuple(anyText, fc.nat({ max: 3 }))
  .map(([text, every]) => spelled(text, every));

/** Any JSON value of small depth, with nested keys that look like the ones we cut. */
export const valueText: fc.Arbitrary<JsonText> = fc.letrec<{ value: JsonText }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(oddNumbers, stringText, fc.constantFrom("true", "false", "null", "{}", "[]")),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
    fc
      .array(
        fc.tuple(
          fc.oneof(keyText, fc.constantFrom('"metadata"', '"status"', '"items"', '"name"')),
          tie("value"),
        ),
        { maxLength: 4 },
      )
      .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(",")}}`),
  ),
})).value;

export interface Member {
  readonly key: string;
  readonly text: JsonText;
}

/** Members in any order, each key at most once, keys partly spelled with escapes. */
export function objectText(
  members: readonly Member[],
  escapeEvery: number,
  space: string,
): JsonText {
  const parts = members.map(
    ({ key, text }) => `${space}${spelled(key, escapeEvery)}${space}:${space}${text}${space}`,
  );
  return `{${parts.length === 0 ? space : parts.join(",")}}`;
}

const nameText = fc
  .oneof(fc.constant("web-1"), anyText)
  .chain((text) => fc.nat({ max: 2 }).map((every) => spelled(text, every)));

const labelsText = fc.oneof(
  fc.constant("null"),
  fc
    .uniqueArray(fc.tuple(anyText, anyText), { selector: ([key]) => key, maxLength: 4 })
    .map((pairs) =>
      objectText(
        pairs.map(([key, value]) => ({ key, text: JSON.stringify(value) })),
        0,
        "",
      ),
    ),
);

function shuffledSubset(members: Readonly<Record<string, fc.Arbitrary<JsonText>>>) {
  const keys = Object.keys(members);
  return fc
    .shuffledSubarray(keys)
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((key) =>
          (members[key] as fc.Arbitrary<JsonText>).map((text) => ({ key, text })),
        ),
      ),
    );
}

const layout = fc.tuple(fc.nat({ max: 4 }), fc.constantFrom("", "", " ", "\n\t"));

const metadataText = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom("null", "{}") },
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        shuffledSubset({
          name: nameText,
          namespace: nameText,
          uid: nameText,
          resourceVersion: nameText,
          labels: labelsText,
          deletionTimestamp: fc.constantFrom("null", '"2026-01-01T00:00:00Z"'),
          generation: valueText,
          creationTimestamp: valueText,
          managedFields: valueText,
          selfLink: valueText,
          annotations: valueText,
          finalizers: valueText,
        }),
        layout,
      )
      .map(([members, [every, space]]) => objectText(members, every, space)),
  },
);

/** The text of something like a Kubernetes object: every part optional, in any order. */
export const kubeObjectText: fc.Arbitrary<JsonText> = fc
  .tuple(
    shuffledSubset({
      kind: fc.constant('"Thing"'),
      apiVersion: fc.constant('"v1"'),
      metadata: metadataText,
      spec: valueText,
      status: valueText,
      data: valueText,
      metadata2: valueText,
    }),
    layout,
  )
  .map(([members, [every, space]]) => objectText(members, every, space));

/** Bytes cut into chunks at arbitrary places, single bytes included. */
export function cutInto(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (let index = 0; offset < bytes.length; index += 1) {
    const size = Math.max(1, sizes[index % Math.max(1, sizes.length)] ?? bytes.length);
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return chunks;
}
