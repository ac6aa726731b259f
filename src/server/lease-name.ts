/** Name of the Lease, by which commands also see that a server is there. */
export const leaseName = "ark-ts";
