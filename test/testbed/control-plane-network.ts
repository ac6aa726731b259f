/** The addresses of a control plane. */

export interface ControlPlaneNetwork {
  /** IPv4 address on which the API server listens; what is not 127.0.0.1 can have a node. */
  readonly address: string;
  /** CIDR of the ClusterIPs. */
  readonly serviceRange: string;
  /** The first address of that range, the API server's own Service. */
  readonly serviceAddress: string;
}

export const loopbackNetwork: ControlPlaneNetwork = {
  address: "127.0.0.1",
  serviceRange: "10.96.0.0/16",
  serviceAddress: "10.96.0.1",
};

export function isLoopback({ address }: ControlPlaneNetwork): boolean {
  return address.startsWith("127.");
}
