import type { Cluster, WriteOptions } from "../ports/cluster.ts";

/** The same cluster; every write asks the fence right before it leaves. */
export function fencedCluster(inner: Cluster, fence: () => void): Cluster {
  const fenced = <Options extends WriteOptions>(options: Options): Options => {
    const { fence: other } = options;
    if (other === undefined || other === fence) return { ...options, fence };
    const both = (): void => {
      fence();
      other();
    };
    return { ...options, fence: both };
  };
  return {
    identity: (options) => inner.identity(options),
    discover: (options) => inner.discover(options),
    list: (request, options) => inner.list(request, options),
    get: (ref, options) => inner.get(ref, options),
    openApi: (version, options) => inner.openApi(version, options),
    can: (verb, kind, namespace, options) => inner.can(verb, kind, namespace, options),
    watch: (request, options) => inner.watch(request, options),
    exec: (request, options) => {
      fence();
      return inner.exec(request, options);
    },
    create: (ref, body, options) => inner.create(ref, body, fenced(options)),
    patch: (ref, type, body, options) => inner.patch(ref, type, body, fenced(options)),
    replace: (ref, body, options) => inner.replace(ref, body, fenced(options)),
    remove: (ref, options) => inner.remove(ref, fenced(options)),
    close: () => inner.close(),
  };
}
