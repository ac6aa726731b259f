import type { NameClaim } from "../catalog/name-claim.ts";
import { backupKeys } from "../format/keys.ts";
import { ArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";

/**
 * A folder with a manifest and without a seal, that no run owns, was whole once: its seal was
 * lost. A new run of the name would destroy what can still be saved: the claim is given back.
 * Errors: ARK_BACKUP_DAMAGED.
 */
export async function refuseRemains(
  name: string,
  claim: NameClaim,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  const { manifest } = backupKeys(name);
  if ((await store.head(manifest, { signal })) === undefined) return;
  await claim.release(signal);
  throw new ArkError(
    "ARK_BACKUP_DAMAGED",
    `${store.display} holds a backup "${name}" whose velero-backup.json is lost`,
    {
      advice: `bring that file back if you have it, or choose another name; to save what it holds: ark-ts restore create --from-backup ${name} --allow-damaged; to give it up: ark-ts backup delete ${name}`,
    },
  );
}
