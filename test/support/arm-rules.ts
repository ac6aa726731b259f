/**
 * What Azure Resource Manager refuses of disks and snapshots, for the double in `arm-double.ts`.
 * From the reference of Microsoft.Compute (learn.microsoft.com/rest/api/compute/snapshots and
 * …/disks), the limits of tags (learn.microsoft.com/azure/azure-resource-manager/management/
 * tag-resources) and answers that users have shown (Azure/azure-cli 22166, 28879).
 */

export interface ArmRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** What is stored: the request's own fields, and what the service adds. */
export interface ArmResource {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  tags: Record<string, string>;
  readonly sku?: { readonly name: string };
  readonly zones?: readonly string[];
  readonly properties: {
    provisioningState: string;
    completionPercent?: number;
    readonly creationData: { readonly createOption: string; readonly sourceResourceId?: string };
    readonly [field: string]: unknown;
  };
}

export type ArmBody = Partial<Omit<ArmResource, "properties">> & {
  readonly properties?: Partial<ArmResource["properties"]>;
};

const bad = (code: string, message: string): ArmRefusal => ({ status: 400, code, message });

/** undefined: nothing is wrong with the call in itself. */
export function refusalOfName(name: string): ArmRefusal | undefined {
  if (/^[A-Za-z0-9_][\w.-]{0,79}$/.test(name)) return undefined;
  return bad("InvalidParameter", `The entity name '${name}' is invalid according to its rule.`);
}

export function refusalOfTags(tags: Readonly<Record<string, unknown>>): ArmRefusal | undefined {
  const names = Object.keys(tags);
  if (names.length > 50) return bad("InvalidTags", `There are ${names.length} tags, more than 50.`);
  const distinct = new Set(names.map((name) => name.toLowerCase()));
  if (distinct.size < names.length) return bad("DuplicateTags", "Tag names differ in case only.");
  for (const [name, value] of Object.entries(tags)) {
    if (/[<>%&\\?/]/.test(name)) {
      return bad("InvalidTagNameCharacters", `The tag names '${name}' have reserved characters.`);
    }
    if (name.length > 512 || typeof value !== "string" || value.length > 256) {
      return bad("InvalidTags", `The tag '${name.slice(0, 40)}' is too long.`);
    }
    if (/^(microsoft|azure|windows)/i.test(name)) {
      return bad("ReservedTagName", `The tag name '${name}' has a reserved prefix.`);
    }
  }
  return undefined;
}

const incrementalOnly: readonly string[] = ["PremiumV2_LRS", "UltraSSD_LRS"];

export interface ArmPut {
  readonly kind: "disks" | "snapshots";
  readonly body: ArmBody;
  readonly source: ArmResource | undefined;
  readonly existing: ArmResource | undefined;
}

export function refusalOfPut({ kind, body, source, existing }: ArmPut): ArmRefusal | undefined {
  const { location, tags = {}, sku, zones = [], properties = {} } = body;
  const { creationData, incremental, diskIOPSReadWrite } = properties;
  if (!location) return bad("LocationRequired", "The location property is required.");
  if (creationData === undefined) {
    return bad("InvalidParameter", "Required parameter 'creationData' is missing (null).");
  }
  const { createOption, sourceResourceId } = creationData;
  if (createOption !== "Copy" || sourceResourceId === undefined) {
    return bad("InvalidParameter", `createOption ${createOption} is none of this double.`);
  }
  if (existing !== undefined) {
    const { sourceResourceId: former = "" } = existing.properties.creationData;
    if (former.toLowerCase() === sourceResourceId.toLowerCase()) return refusalOfTags(tags);
    const what = "Changing property 'creationData.sourceResourceId' is not allowed";
    return bad("PropertyChangeNotAllowed", `${what} for existing disk '${existing.name}'.`);
  }
  if (source === undefined) {
    const message = `The resource '${sourceResourceId}' was not found.`;
    return { status: 404, code: "NotFound", message };
  }
  if (location !== source.location) {
    return bad("InvalidParameter", `The source lies in ${source.location}, not in ${location}.`);
  }
  const { provisioningState, completionPercent = 100 } = source.properties;
  if (provisioningState !== "Succeeded" || completionPercent < 100) {
    const message = "The source is not in a state in which it can be copied.";
    return { status: 409, code: "OperationNotAllowed", message };
  }
  if (zones.some((zone) => !["1", "2", "3"].includes(zone))) {
    return bad("InvalidAvailabilityZone", `The zone(s) '${zones.join()}' are not supported.`);
  }
  const isRedundant = /_ZRS$/.test(sku?.name ?? "");
  if (isRedundant && zones.length > 0) {
    return bad("InvalidParameter", "A zone redundant disk has no zones.");
  }
  const sourceSku = source.sku?.name ?? "";
  if (kind === "snapshots" && incrementalOnly.includes(sourceSku) && incremental !== true) {
    return bad("InvalidParameter", `Only incremental snapshots of ${sourceSku} are supported.`);
  }
  if (diskIOPSReadWrite !== undefined && !incrementalOnly.includes(sku?.name ?? "")) {
    return bad("InvalidParameter", "diskIOPSReadWrite is not for disks of this type.");
  }
  return refusalOfTags(tags);
}
