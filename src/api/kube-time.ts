/** RFC 3339 in UTC without a fraction: how Kubernetes writes `metav1.Time`. */
export function kubeTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
