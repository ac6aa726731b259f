/** Names of snapshots and disks, as Azure Resource Manager has them; to Azure, case is nothing. */
export interface ResourceId {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly kind: "disks" | "snapshots";
  readonly name: string;
}

const form =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Compute\/(disks|snapshots)\/([^/]+)$/i;
const subscriptionForm = /^[\w-]{1,64}$/;
const groupForm = /^[\p{L}\p{N}_.()-]{0,89}[\p{L}\p{N}_()-]$/u;
const nameForm = /^(?!\.+$)[\w.-]{1,80}$/;

/** undefined: the text is no id of a resource of this kind. */
export function parseResourceId(text: string, kind: ResourceId["kind"]): ResourceId | undefined {
  const [, subscription = "", resourceGroup = "", found = "", name = ""] = form.exec(text) ?? [];
  const isWell =
    found.toLowerCase() === kind &&
    subscriptionForm.test(subscription) &&
    groupForm.test(resourceGroup) &&
    nameForm.test(name);
  return isWell ? { subscription, resourceGroup, kind, name } : undefined;
}

/** Spelled as Velero's plugin does. */
export const formatResourceId = ({ subscription, resourceGroup, kind, name }: ResourceId): string =>
  `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/${kind}/${name}`;

/** The path of its URL. */
export const pathOf = ({ subscription, resourceGroup, kind, name }: ResourceId): string =>
  formatResourceId({
    subscription: encodeURIComponent(subscription),
    resourceGroup: encodeURIComponent(resourceGroup),
    kind,
    name: encodeURIComponent(name),
  });

export const isDiskName = (text: string): boolean => nameForm.test(text);

export const isSameId = (left: string, right: string): boolean =>
  left.toLowerCase() === right.toLowerCase();
