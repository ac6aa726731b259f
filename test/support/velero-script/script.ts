/** What the real `velero` command is told, in order, once with each server behind it. */

/** What must be so before the next line is run: the command itself does not wait for it. */
export type Until =
  | { readonly kind: string; readonly name: string; readonly phase: string }
  /** A field of its status that is there. */
  | { readonly kind: string; readonly name: string; readonly has: string }
  | { readonly kind: string; readonly gone: readonly string[] | "all" };

export interface Line {
  /** `{bucket}`, `{s3}` and `{folder}` are those of the side. */
  readonly line: string;
  readonly until?: Until;
}

const isIn = (kind: string, name: string, phase: string): Until => ({ kind, name, phase });
const isGone = (kind: string, ...gone: readonly string[]): Until => ({ kind, gone });
const allGone = (kind: string): Until => ({ kind, gone: "all" });

const location =
  "--provider aws --bucket {bucket} --config region=minio,s3ForcePathStyle=true,s3Url={s3} --credential minio=cloud";

const locations: readonly Line[] = [
  { line: "backup-location get" },
  {
    line: `backup-location create main ${location} --default --backup-sync-period 1h --validation-frequency 1s`,
    until: isIn("backupstoragelocations", "main", "Available"),
  },
  { line: `backup-location create main ${location}` },
  { line: `backup-location create printed ${location} --prefix p --labels a=b -o yaml` },
  { line: "backup-location create less --provider aws" },
  { line: "backup-location create less --bucket b" },
  { line: `backup-location create less ${location} --access-mode Sometimes` },
  { line: `backup-location create less ${location} --cacert {folder}/nothing.pem` },
  {
    line: `backup-location create second ${location} --prefix second --access-mode ReadOnly --labels tier=cold`,
    until: isIn("backupstoragelocations", "second", "Available"),
  },
  {
    line: "backup-location create broken --provider aws --bucket no-such-bucket-{bucket} --config region=minio,s3ForcePathStyle=true,s3Url={s3} --credential minio=cloud",
    until: isIn("backupstoragelocations", "broken", "Unavailable"),
  },
  {
    line: "backup-location create odd --provider moon --bucket {bucket}",
    until: isIn("backupstoragelocations", "odd", "Unavailable"),
  },
  { line: "backup-location get" },
  { line: "backup-location get --default" },
  { line: "backup-location get broken -o yaml" },
  { line: "backup-location get odd -o yaml" },
  { line: "backup-location get -l tier=cold --show-labels" },
  { line: "get backup-locations -L tier" },
  { line: "backup-location get nothing" },
  { line: "backup-location set second --credential minio=cloud" },
  { line: "backup-location set nothing --default" },
  { line: "backup-location set second --default" },
  { line: "backup-location get" },
  { line: "backup-location set main --default" },
  { line: "backup-location delete nothing --confirm" },
  { line: "backup-location delete --confirm" },
  { line: "snapshot-location create snaps --provider aws --config region=minio" },
  { line: "snapshot-location create snaps --provider aws" },
  { line: "snapshot-location create less" },
  { line: "snapshot-location set snaps --credential minio=cloud" },
  { line: "snapshot-location set nothing --credential minio=cloud" },
  { line: "snapshot-location get" },
  { line: "snapshot-location get snaps -o yaml" },
  { line: "snapshot-location get nothing" },
];

const backups: readonly Line[] = [
  { line: "version" },
  { line: "version --client-only" },
  { line: "plugin get" },
  { line: "plugin get -o json" },
  { line: "get plugins" },
  { line: "repo get" },
  { line: "repo get nothing" },
  { line: "backup get" },
  { line: "backup get -o json" },
  {
    line: "backup create b1 --include-namespaces shop --labels team=a,tier=gold --annotations note=first --wait",
  },
  { line: "backup create b1 --include-namespaces shop --wait" },
  { line: "backup create --include-namespaces shop" },
  { line: "backup create b0 --moon" },
  { line: "backup create b0 --ttl later" },
  { line: "backup create b0 --selector a=b --or-selector 'a=b or c=d'" },
  { line: "backup create b0 --include-resources pods --include-cluster-scoped-resources nodes" },
  { line: "backup create b0 --storage-location nothing" },
  { line: "backup create b0 --storage-location second --wait" },
  { line: "backup create b0 --volume-snapshot-locations nothing" },
  { line: "backup create b0 --snapshot-move-data --data-mover nothing -o json" },
  { line: "backup create Bad_Name" },
  { line: "backup create b0 --from-schedule nothing" },
  { line: "backup create b0 --include-namespaces '*,shop'" },
  {
    line: "backup create v1 --include-resources pods --exclude-resources pods",
    until: isIn("backups", "v1", "FailedValidation"),
  },
  {
    line: "backup create v2 --storage-location broken",
    until: isIn("backups", "v2", "FailedValidation"),
  },
  {
    line: "backup create v3 --resource-policies-configmap nothing",
    until: isIn("backups", "v3", "FailedValidation"),
  },
  { line: "backup describe v1" },
  { line: "backup describe v2" },
  { line: "backup describe v3 --details" },
  { line: "backup logs v1" },
  { line: "backup download v1 -o {folder}/v1.tar.gz" },
  {
    line: "backup create b2 --include-namespaces 'shop,w*' --exclude-resources secrets --include-cluster-resources=false --selector app=plain --ttl 48h --storage-location main --snapshot-volumes=false --csi-snapshot-timeout 20m --item-operation-timeout 2h --ordered-resources 'configmaps=shop/two,shop/one' --wait",
  },
  {
    line: "backup create b3 --include-cluster-scoped-resources widgets.shop.example.io,persistentvolumes --exclude-namespace-scoped-resources secrets,endpoints --include-namespaces shop --wait",
  },
  {
    line: "backup create b4 --include-namespaces web --or-selector 'app=plain or app=other' --resource-policies-configmap rules --wait",
  },
  { line: "backup create b5 --include-namespaces missing --wait" },
  { line: "backup create b6 --include-namespaces web -o yaml" },
  { line: "backup create b6 --include-namespaces web -o name" },
  { line: "create backup b7 --include-namespaces web", until: isIn("backups", "b7", "Completed") },
  { line: "backup get" },
  { line: "get backups -l team=a --show-labels" },
  { line: "backup get b1 b2 -L team" },
  { line: "backup get b1 -o json" },
  { line: "backup get b2 -o yaml" },
  { line: "backup get b3 b4 -o yaml" },
  { line: "backup get nothing" },
  { line: "backup get b1 -o custom-columns=NAME:.metadata.name" },
  { line: "backup describe b1" },
  { line: "backup describe b1 --details" },
  { line: "backup describe b2 --details" },
  { line: "backup describe b3 --details" },
  { line: "describe backups b4 b5 --details" },
  { line: "backup describe b1 --details -o json" },
  { line: "backup describe b2 -o json" },
  { line: "backup describe -l team=a" },
  { line: "backup describe nothing" },
  { line: "backup logs b1" },
  { line: "backup logs nothing" },
  { line: "backup logs" },
  { line: "backup download b1 -o {folder}/b1.tar.gz" },
  { line: "backup download b1 -o {folder}/b1.tar.gz" },
  { line: "backup download b1 -o {folder}/b1.tar.gz --force" },
  { line: "backup download nothing -o {folder}/nothing.tar.gz" },
];

const schedules: readonly Line[] = [
  { line: "schedule get" },
  {
    line: "schedule create s1 --schedule '@every 24h' --include-namespaces shop --labels team=a --annotations note=s --ttl 72h",
    until: isIn("schedules", "s1", "Enabled"),
  },
  { line: "schedule create s1 --schedule '@every 24h'" },
  { line: "schedule create s2" },
  {
    line: "schedule create s2 --schedule '0 3 * * *' --paused --use-owner-references-in-backup --skip-immediately",
  },
  {
    line: "schedule create s3 --schedule '61 * * * *'",
    until: isIn("schedules", "s3", "FailedValidation"),
  },
  { line: "schedule create s4 --schedule 'CRON_TZ=Europe/Berlin 5 4 * * 1' -o yaml" },
  {
    line: "schedule create s5 --schedule 'CRON_TZ=Europe/Berlin 5 4 * * 1' --include-namespaces web",
    until: isIn("schedules", "s5", "Enabled"),
  },
  {
    line: "create schedule s6 --schedule '@daily' --storage-location second --or-selector 'a=b or c=d'",
  },
  { line: "schedule get" },
  { line: "schedule get s1 -o json" },
  { line: "schedule get s2 s3 -o yaml" },
  { line: "get schedules -l team=a --show-labels" },
  { line: "schedule get nothing" },
  { line: "schedule describe s1" },
  { line: "describe schedules s2 s3 s5" },
  { line: "schedule describe nothing" },
  { line: "schedule pause s1 s5" },
  { line: "schedule pause s1" },
  { line: "schedule pause nothing" },
  { line: "schedule get s1" },
  { line: "schedule describe s1" },
  { line: "schedule unpause s1" },
  { line: "schedule unpause s1 --skip-immediately=false" },
  { line: "schedule pause --all" },
  { line: "schedule unpause --selector team=a" },
  { line: "schedule unpause" },
  { line: "schedule get" },
  { line: "backup create f1 --from-schedule s1 --wait" },
  { line: "backup create f2 --from-schedule s1 --include-namespaces web" },
  { line: "backup get f1 -o yaml" },
  { line: "backup describe f1 --details" },
  { line: "schedule get s1 -o yaml" },
];

const restores: readonly Line[] = [
  { line: "restore get" },
  {
    line: "restore create r1 --from-backup b1 --namespace-mappings shop:shop-r1 --labels team=a --annotations note=r --wait",
  },
  { line: "restore create r1 --from-backup b1" },
  { line: "restore create r0" },
  { line: "restore create r0 --from-backup b1 --from-schedule s1" },
  { line: "restore create r0 --from-backup nothing --wait" },
  { line: "restore create r0 --from-backup b1 --existing-resource-policy sometimes" },
  { line: "restore create r0 --from-backup b1 --moon" },
  { line: "restore create r0 --from-schedule nothing" },
  { line: "restore create r0 --from-backup b1 --resource-modifier-configmap nothing" },
  {
    line: "restore create w1 --from-backup v1",
    until: isIn("restores", "w1", "Failed"),
  },
  {
    line: "restore create w2 --from-backup b1 --include-resources pods --exclude-resources pods",
    until: isIn("restores", "w2", "FailedValidation"),
  },
  { line: "restore describe w1" },
  { line: "restore describe w2 --details" },
  { line: "restore logs w1" },
  {
    line: "restore create r2 --from-backup b1 --include-resources configmaps,secrets --selector app=plain --existing-resource-policy update --restore-volumes=false --preserve-nodeports --item-operation-timeout 2h --include-cluster-resources=false --wait",
  },
  {
    line: "restore create r3 --from-schedule s1 --namespace-mappings shop:shop-r3 --include-resources deployments,services --allow-partially-failed --wait",
  },
  {
    line: "restore create r4 --from-backup b1 --include-namespaces shop --namespace-mappings shop:shop-r4 --status-include-resources '*' --or-selector 'app=plain or app=other' -o yaml",
  },
  {
    line: "restore create r5 --from-backup b4 --exclude-namespaces none --exclude-resources secrets --write-sparse-files --parallel-files-download 3 --wait",
  },
  { line: "restore create r6 --from-backup b5 --wait" },
  {
    line: "create restore r7 --from-backup b2 --namespace-mappings shop:shop-r7,web:web-r7",
    until: isIn("restores", "r7", "Completed"),
  },
  { line: "restore get" },
  { line: "restore get r1 r2 -L team" },
  { line: "get restores -l team=a --show-labels" },
  { line: "restore get r1 -o json" },
  { line: "restore get r2 -o yaml" },
  { line: "restore get r3 r7 -o yaml" },
  { line: "restore get nothing" },
  { line: "restore describe r1" },
  { line: "restore describe r1 --details" },
  { line: "restore describe r2 --details" },
  { line: "restore describe r3 r5 --details" },
  { line: "describe restores r6 r7" },
  { line: "restore describe nothing" },
  { line: "restore logs r1" },
  { line: "restore logs nothing" },
];

const endings: readonly Line[] = [
  {
    line: "backup-location delete broken odd --confirm",
    until: isGone("backupstoragelocations", "broken", "odd"),
  },
  {
    line: "backup-location get",
    until: { kind: "backupstoragelocations", name: "main", has: "lastSyncedTime" },
  },
  {
    line: "backup-location get",
    until: { kind: "backupstoragelocations", name: "second", has: "lastSyncedTime" },
  },
  { line: "backup-location get main -o json" },
  { line: "backup-location get second -o yaml" },
  { line: "client config set namespace=velero colorized=false" },
  { line: "client config get" },
  { line: "client config get namespace" },
  { line: "debug --output {folder}/bundle.tar.gz --backup b1 --restore r1" },
  { line: "restore delete r3 --confirm", until: isGone("restores", "r3") },
  { line: "restore delete nothing --confirm" },
  { line: "restore delete" },
  { line: "restore delete r5" },
  { line: "delete restore r5 r6 --confirm", until: isGone("restores", "r5", "r6") },
  { line: "schedule delete s2 s3 --confirm", until: isGone("schedules", "s2", "s3") },
  { line: "schedule delete nothing --confirm" },
  { line: "delete schedule -l team=a --confirm", until: isGone("schedules", "s1") },
  { line: "backup delete nothing --confirm" },
  { line: "backup delete" },
  { line: "backup delete b7" },
  { line: "backup delete b1 --confirm", until: isGone("backups", "b1") },
  { line: "backup delete v1 v2 --confirm", until: isGone("backups", "v1", "v2") },
  {
    line: "backup delete -l velero.io/schedule-name=s1 --confirm",
    until: isGone("backups", "f1", "f2"),
  },
  { line: "backup get" },
  { line: "restore get" },
  { line: "schedule get" },
  // b0 stays: its location is read-only.
  {
    line: "backup delete --all --confirm",
    until: isGone("backups", "b2", "b3", "b4", "b5", "b7", "v3"),
  },
  { line: "schedule delete --all --confirm", until: allGone("schedules") },
  { line: "restore delete --all --confirm", until: allGone("restores") },
  {
    line: "backup-location delete main --confirm",
    until: isGone("backupstoragelocations", "main"),
  },
  { line: "backup-location get" },
  { line: "backup create late" },
  { line: "snapshot-location get -o json" },
];

/** Each with a name of its own: its text, and which time it is where it comes again. */
export interface NamedLine extends Line {
  readonly id: string;
}

function named(lines: readonly Line[]): readonly NamedLine[] {
  const times = new Map<string, number>();
  return lines.map((one) => {
    const time = (times.get(one.line) ?? 0) + 1;
    times.set(one.line, time);
    return { ...one, id: time === 1 ? one.line : `${one.line} (${time})` };
  });
}

export const script = named([...locations, ...backups, ...schedules, ...restores, ...endings]);
