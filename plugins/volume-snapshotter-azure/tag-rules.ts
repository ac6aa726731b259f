/**
 * What Azure takes as tags of a resource
 * (learn.microsoft.com/azure/azure-resource-manager/management/tag-resources, "Limitations").
 */
export const maxTags = 50;
export const maxTagKeyLength = 512;
export const maxTagValueLength = 256;

const reservedPrefix = /^(?:microsoft|azure|windows)/i;

export const isTagKey = (key: string): boolean =>
  key !== "" && key.length <= maxTagKeyLength && !/[<>%&\\?/]/.test(key);

/** Keys that begin so are Azure's own to give. */
export const isReservedTagKey = (key: string): boolean => reservedPrefix.test(key);
