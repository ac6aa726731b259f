/**
 * The language in which the resources are described: one description gives the TypeScript type
 * (`Valued<typeof spec>`), the schema of the CRD, and the checks of what comes from a file or a bucket.
 *
 * Null is as absent: Go writes it for what is unset. `nullable` only says that the API server takes it.
 */

/** A node of a structural schema (contract: `apiextensions.k8s.io/v1`), with what Velero's CRDs use of it. */
export interface SchemaNode {
  readonly description?: string;
  readonly type: "object" | "array" | "string" | "integer" | "boolean";
  readonly format?: "date-time" | "byte" | "int64";
  readonly nullable?: true;
  readonly enum?: readonly string[];
  readonly default?: string;
  readonly minItems?: number;
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode;
  readonly "x-kubernetes-list-type"?: "atomic";
  readonly "x-kubernetes-map-type"?: "atomic";
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
}

declare const valued: unique symbol;

/** A node that describes values of type T. */
export type Schema<T> = SchemaNode & { readonly [valued]?: T };

/** A field that must be there. */
export interface Required<T> {
  readonly required: Schema<T>;
}

type Field = Schema<unknown> | Required<unknown>;
export type Fields = Readonly<Record<string, Field>>;

/** The type of what a schema describes. */
export type Valued<S> =
  S extends Required<infer T>
    ? T
    : S extends { readonly [valued]?: infer T }
      ? Exclude<T, undefined>
      : never;

type RequiredKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Required<unknown> ? K : never;
}[keyof F];

type Flat<T> = { [K in keyof T]: T[K] };

type RecordOf<F extends Fields> = Flat<
  { readonly [K in RequiredKeys<F>]: Valued<F[K]> } & {
    readonly [K in Exclude<keyof F, RequiredKeys<F>>]?: Valued<F[K]>;
  }
>;

type Traits = Omit<SchemaNode, "type" | "description">;

function node<T>(type: SchemaNode["type"], description: string, traits: Traits = {}): Schema<T> {
  return { ...(description !== "" && { description }), type, ...traits };
}

/** `T` may be narrower than the CRD, where Velero's server checks what its schema does not. */
export const text = <T extends string = string>(description = ""): Schema<T> =>
  node<T>("string", description);

export const oneOf = <const T extends string>(
  values: readonly T[],
  description: string,
): Schema<T> => node<T>("string", description, { enum: values });

/** Go duration text, such as `1h30m`. */
export const duration = text<string>;

/** RFC 3339, seconds. */
export const time = (description: string): Schema<string> =>
  node("string", description, { format: "date-time", nullable: true });

/** Base64. */
export const bytes = (description: string): Schema<string> =>
  node("string", description, { format: "byte" });

export const flag = (description: string): Schema<boolean> => node("boolean", description);

/** A whole number. */
export const count = (description: string): Schema<number> => node("integer", description);

/** Whole numbers beyond 32 bits, such as sizes in bytes. */
export const bigCount = (description: string): Schema<number> =>
  node("integer", description, { format: "int64" });

export const listOf = <T>(
  items: Schema<T>,
  description: string,
  traits: Pick<SchemaNode, "minItems"> = {},
): Schema<readonly T[]> => node("array", description, { items, ...traits });

export const texts = (
  description: string,
  traits: Pick<SchemaNode, "minItems"> = {},
): Schema<readonly string[]> => listOf(text(), description, traits);

export const textMap = (description: string): Schema<Readonly<Record<string, string>>> =>
  node("object", description, { additionalProperties: text() });

export const required = <T>(schema: Schema<T>): Required<T> => ({ required: schema });

export const record = <const F extends Fields>(
  fields: F,
  description: string,
): Schema<RecordOf<F>> => {
  const entries = Object.entries(fields);
  const names = entries.flatMap(([name, field]) => (isRequired(field) ? [name] : []));
  const properties = Object.fromEntries(
    entries.map(([name, field]) => [name, isRequired(field) ? field.required : field]),
  );
  return node("object", description, {
    ...(entries.length > 0 && { properties }),
    ...(names.length > 0 && { required: names }),
  });
};

// The word is a list of names in a node, and a schema in a required field.
const isRequired = (field: Field): field is Required<unknown> =>
  "required" in field && !Array.isArray(field.required);

/** Objects of a kind that is not described here; nothing of them is dropped. */
export const anything = (description: string): Schema<Readonly<Record<string, unknown>>> =>
  node("object", description, { "x-kubernetes-preserve-unknown-fields": true });

/** Adds traits to a node, or gives it another description where it is used. */
export const but = <S extends SchemaNode>(schema: S, traits: Partial<SchemaNode>): S => ({
  ...schema,
  ...traits,
});

/** The API server takes null for it, and keeps it. */
export const nullable = <S extends SchemaNode>(schema: S): S => but(schema, { nullable: true });

/** Server-side apply replaces it as a whole. */
export const atomicMap = <S extends SchemaNode>(schema: S): S =>
  but(schema, { "x-kubernetes-map-type": "atomic" });

export const atomicList = <S extends SchemaNode>(schema: S): S =>
  but(schema, { "x-kubernetes-list-type": "atomic" });
