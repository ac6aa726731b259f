/**
 * Node ports that tests choose themselves, one for each on the shared control plane. They are of
 * the part of the range that the API server leaves to such choices while others are free.
 */
export const chosenPorts = { services: 30_011, thief: 30_012, plan: 30_013 } as const;
