import type { GroupResource } from "./resource-kind.ts";

/** Who made a restored object other than it was planned. */
export const authors = ["api-server", "webhook", "writer"] as const;
export type Author = (typeof authors)[number];

/** One field that differs in the same way in one or more objects of one kind. */
export interface Difference {
  readonly resource: GroupResource;
  /** As `ark-ts diff` writes it: `spec.containers[name=web].image`. */
  readonly path: string;
  readonly change: "added" | "removed" | "changed" | "reordered";
  readonly by: Author;
  /**
   * The webhooks, or mutating policies, that may have done it; or the field manager that wrote it,
   * with its subresource. Empty: nobody is known.
   */
  readonly who: readonly string[];
  readonly objects: number;
  /** `namespace/name` of the first few. */
  readonly names: readonly string[];
}

/** What a restore found when it read back what it had made. Defaults are no differences. */
export interface ReadBack {
  /** Objects that were created or updated, and could be read. */
  readonly compared: number;
  /** Of these: without any difference. */
  readonly asPlanned: number;
  /** Restored, and gone when they were read back, or on their way out. */
  readonly vanished: number;
  /** Restored, and not compared: what was read could not be told, or there were too many. */
  readonly unread: number;
  /** Fields that differ, by who made them so. */
  readonly fields: Readonly<Record<Author, number>>;
  /** Most frequent first, at most 100. */
  readonly differences: readonly Difference[];
}
