import type { GroupResource } from "../../api/resource-kind.ts";

export interface StayPlace {
  readonly resource: GroupResource;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * What is there still when a restore has been undone, and what must stay for it: its namespace, its
 * definition, its owners, with which the garbage collector would delete it, and what it names and
 * cannot do without.
 */
export interface UndoStays {
  /** Undoing leaves it. `owners`: uids, owners of owners too. */
  leave(place: StayPlace, owners: Iterable<string>): void;
  /** It could not be looked at: whatever may own it must stay as well. */
  leaveUnseen(place: StayPlace): void;
  /** What is left, or must stay, cannot do without the other. */
  need(place: StayPlace, needed: StayPlace): void;
  /** It is what it was before the restore, so only its owners stay for it. */
  keep(place: StayPlace, owners: Iterable<string>): void;
  /** It goes after all, or owes nothing to its owners any more. */
  release(place: StayPlace): void;
  /** Why this one must not be deleted; undefined: nothing is left that would go with it. */
  reason(place: StayPlace & { readonly uid: string }): string | undefined;
}

export function createUndoStays(): UndoStays {
  const byOwner = createGroups();
  const byNamespace = createGroups();
  const byDefinition = createGroups();
  const unseen = createGroups();
  const byNeed = createGroups();
  const groups = [byOwner, byNamespace, byDefinition, unseen, byNeed];
  const owe = (place: StayPlace, owners: Iterable<string>): void => {
    for (const uid of owners) byOwner.add(uid, placeText(place));
  };
  const occupy = (place: StayPlace): void => {
    if (place.namespace !== "") byNamespace.add(place.namespace, placeText(place));
    byDefinition.add(place.resource, placeText(place));
  };
  return {
    leave(place, owners) {
      occupy(place);
      owe(place, owners);
    },
    leaveUnseen(place) {
      occupy(place);
      unseen.add(place.namespace, placeText(place));
    },
    need: (place, needed) => byNeed.add(placeText(needed), placeText(place)),
    keep: owe,
    release(place) {
      for (const group of groups) group.remove(placeText(place));
    },
    reason(place) {
      const { resource, namespace, name, uid } = place;
      const isDefinition = resource === "customresourcedefinitions.apiextensions.k8s.io";
      const text = placeText(place);
      return (
        (resource === "namespaces"
          ? sentence("it holds what is left", byNamespace.of(name, text))
          : undefined) ??
        (isDefinition
          ? sentence("objects of its kind are left", byDefinition.of(name, text))
          : undefined) ??
        sentence("it owns what is left", byOwner.of(uid, text)) ??
        sentence("what is left needs it", byNeed.of(text, text)) ??
        // Objects are owned by those of their namespace, and by those of none.
        (namespace === ""
          ? sentence("it may own what could not be looked at", unseen.all(text))
          : sentence("it may own what could not be looked at", unseen.of(namespace, text)))
      );
    },
  };
}

function placeText({ resource, namespace, name }: StayPlace): string {
  return `${resource}/${namespace === "" ? name : `${namespace}/${name}`}`;
}

interface Groups {
  add(group: string, member: string): void;
  remove(member: string): void;
  /** Of one group, less `but`. */
  of(group: string, but: string): readonly string[];
  all(but: string): readonly string[];
}

function createGroups(): Groups {
  const members = new Map<string, Set<string>>();
  const groupsOf = new Map<string, Set<string>>();
  const put = (map: Map<string, Set<string>>, key: string, value: string): void => {
    const set = map.get(key);
    if (set === undefined) map.set(key, new Set([value]));
    else set.add(value);
  };
  const listed = (found: Iterable<string>, but: string): readonly string[] =>
    [...found].filter((member) => member !== but);
  return {
    add(group, member) {
      put(members, group, member);
      put(groupsOf, member, group);
    },
    remove(member) {
      for (const group of groupsOf.get(member) ?? []) members.get(group)?.delete(member);
      groupsOf.delete(member);
    },
    of: (group, but) => listed(members.get(group) ?? [], but),
    all: (but) => listed(groupsOf.keys(), but),
  };
}

function sentence(what: string, found: readonly string[]): string | undefined {
  const [first, ...others] = found;
  if (first === undefined) return undefined;
  return `${what}: ${first}${others.length > 0 ? ` and ${others.length} more` : ""}`;
}
