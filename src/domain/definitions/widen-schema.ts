/** A schema as the API server has it: any keyword may be there. */
export type LiveSchema = Readonly<Record<string, unknown>>;

export interface Widening {
  /** The former schema, with all that it lacked. Nothing that it allowed is taken away. */
  readonly schema: LiveSchema;
  /** What it did not allow, by path, such as `spec.paused` or `status.phase: "Queued"`. */
  readonly gains: readonly string[];
  /** Where both cannot be had: a path with what stands there. */
  readonly conflicts: readonly string[];
}

/**
 * The least schema that allows what either of two allows. Descriptions and defaults, and keywords
 * that the schemas of src/api do not have, stay as they are in `live`.
 */
export function widenSchema(live: LiveSchema, wanted: LiveSchema, at: string): Widening {
  if (live["type"] !== wanted["type"]) {
    const conflict = `${at} is of type ${live["type"]}, not ${wanted["type"]}`;
    return { schema: live, gains: [], conflicts: [conflict] };
  }
  const steps = [widenValues, widenRequired, widenBounds, widenFields, widenItems, widenMap];
  return steps.reduce<Widening>(
    (so, step) => {
      const next = step(so.schema, wanted, at);
      return {
        schema: next.schema,
        gains: [...so.gains, ...next.gains],
        conflicts: [...so.conflicts, ...next.conflicts],
      };
    },
    { schema: live, gains: [], conflicts: [] },
  );
}

const preserve = "x-kubernetes-preserve-unknown-fields";

function gained(schema: LiveSchema, gains: readonly string[]): Widening {
  return { schema, gains, conflicts: [] };
}

function without(schema: LiveSchema, key: string): LiveSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== key));
}

/** null, and the values of an enum. */
function widenValues(live: LiveSchema, wanted: LiveSchema, at: string): Widening {
  const gainsNull = wanted["nullable"] === true && live["nullable"] !== true;
  const schema = gainsNull ? { ...live, nullable: true } : live;
  const nulls = gainsNull ? [`${at}: null`] : [];
  const [had, needed] = [live["enum"], wanted["enum"]];
  if (!Array.isArray(had)) return gained(schema, nulls);
  if (!Array.isArray(needed)) {
    return gained(without(schema, "enum"), [...nulls, `${at} with any value`]);
  }
  const more = needed.filter((value) => !had.includes(value));
  if (more.length === 0) return gained(schema, nulls);
  const said = more.map((value) => `${at}: ${JSON.stringify(value)}`);
  return gained({ ...schema, enum: [...had, ...more] }, [...nulls, ...said]);
}

/** Fields that only the live one requires. */
function widenRequired(live: LiveSchema, wanted: LiveSchema, at: string): Widening {
  const had = namesIn(live["required"]);
  const needed = namesIn(wanted["required"]);
  const freed = had.filter((name) => !needed.includes(name));
  if (freed.length === 0) return gained(live, []);
  const kept = had.filter((name) => needed.includes(name));
  const rest = without(live, "required");
  return gained(
    kept.length === 0 ? rest : { ...rest, required: kept },
    freed.map((name) => `${at} without ${name}`.trimStart()),
  );
}

/** How many items a list needs, which texts are allowed, and whether unknown fields are kept. */
function widenBounds(live: LiveSchema, wanted: LiveSchema, at: string): Widening {
  const gains: string[] = [];
  let schema = live;
  const take = (key: string, said: string): void => {
    schema = without(schema, key);
    if (wanted[key] !== undefined) schema = { ...schema, [key]: wanted[key] };
    gains.push(said);
  };
  const needed = typeof wanted["minItems"] === "number" ? wanted["minItems"] : 0;
  if (typeof live["minItems"] === "number" && live["minItems"] > needed) {
    take("minItems", `${at} with ${needed} items`);
  }
  if (live["format"] !== undefined && live["format"] !== wanted["format"]) {
    take("format", `${at} not as ${live["format"]}`);
  }
  if (wanted[preserve] === true && live[preserve] !== true) take(preserve, `${at} with any field`);
  return gained(schema, gains);
}

/** Fields by name. One that keeps unknown fields lacks none. */
function widenFields(live: LiveSchema, wanted: LiveSchema, at: string): Widening {
  const needed = schemasIn(wanted["properties"]);
  const had = schemasIn(live["properties"]);
  if (live["additionalProperties"] !== undefined && Object.keys(needed).length > 0) {
    return { schema: live, gains: [], conflicts: [`${at} is a map with keys of any name`] };
  }
  const gains: string[] = [];
  const conflicts: string[] = [];
  const properties: Record<string, LiveSchema> = { ...had };
  for (const [name, schema] of Object.entries(needed)) {
    const place = at === "" ? name : `${at}.${name}`;
    const known = Object.hasOwn(had, name) ? had[name] : undefined;
    if (known === undefined) {
      if (live[preserve] === true) continue;
      properties[name] = schema;
      gains.push(place);
      continue;
    }
    const widened = widenSchema(known, schema, place);
    properties[name] = widened.schema;
    gains.push(...widened.gains);
    conflicts.push(...widened.conflicts);
  }
  const schema = gains.length === 0 ? live : { ...live, properties };
  return { schema, gains, conflicts };
}

function widenItems(live: LiveSchema, wanted: LiveSchema, at: string): Widening {
  return widenBelow("items", live, wanted, `${at}[]`);
}

function widenMap(live: LiveSchema, wanted: LiveSchema, at: string): Widening {
  const key = "additionalProperties";
  if (isSchema(wanted[key]) && live["properties"] !== undefined) {
    return { schema: live, gains: [], conflicts: [`${at} has fields of its own, and is no map`] };
  }
  return widenBelow(key, live, wanted, `${at}.*`);
}

function widenBelow(key: string, live: LiveSchema, wanted: LiveSchema, at: string): Widening {
  const [had, needed] = [live[key], wanted[key]];
  if (!isSchema(needed)) return gained(live, []);
  if (!isSchema(had)) {
    if (live[preserve] === true) return gained(live, []);
    return gained({ ...live, [key]: needed }, [at]);
  }
  const widened = widenSchema(had, needed, at);
  if (widened.gains.length === 0) return { ...widened, schema: live };
  return { ...widened, schema: { ...live, [key]: widened.schema } };
}

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

function schemasIn(value: unknown): Readonly<Record<string, LiveSchema>> {
  return isSchema(value) ? (value as Readonly<Record<string, LiveSchema>>) : {};
}

function isSchema(value: unknown): value is LiveSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
