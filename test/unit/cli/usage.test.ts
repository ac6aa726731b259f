import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { runCommandLine } from "../../../src/cli/main.ts";
import { fakeEnvironment } from "./fake-environment.ts";

/** A line, and what its one sentence must name. */
const wrong: readonly (readonly [string, RegExp])[] = [
  ["bakup get", /did you mean ark-ts backup\?/],
  ["backup get --outptu json", /did you mean --output\?/],
  ["backup create", /needs NAME/],
  ["backup create a b", /"b" as well/],
  ["backup create a --wait=maybe", /true or false/],
  ["backup create a --dry-run", /write --dry-run client: /],
  ["backup get -o", /write --output table or json or yaml or name/],
  ["backup list", /it is called get/],
  ["restore list", /it is called get/],
  [
    "backup-location create x s3://b --mode standalone",
    /backup-location set\) need an ark-ts server/,
  ],
  ["backup create a --wait=false --mode standalone", /always waited for/],
  ["backup create a --ttl 30d", /write 720h/],
  ["backup create a --labels x", /a=b/],
  [
    "backup create a --labels a/b/c=x,ok=a/b",
    /--labels: label "a\/b\/c"[\s\S]*--labels: label ok:/,
  ],
  ["backup create a --annotations -x=1", /--annotations: annotation "-x" is not allowed/],
  ["restore create --from-backup b --labels x=-", /--labels: label x: the value "-"/],
  [
    "backup create a --include-namespaces=",
    /--include-namespaces has an empty value[\s\S]*everything/,
  ],
  [
    "restore create --from-backup b --include-resources a,,b",
    /--include-resources has an empty item/,
  ],
  ["backup get --help=false", /--help takes no value/],
  ["backup create a --store file:rel", /write file:\/\/\/.*\/rel/],
  ["backup create A", /"A" is not allowed/],
  ["backup create a --selector x=y --or-selector z=w", /cannot be used together/],
  ["backup create a --snapshot-move-data", /not in this version yet/],
  ["backup create --from-schedule s --mode standalone", /schedules need an ark-ts server/],
  ["backup create a --storage-location nowhere --mode standalone", /no backup location "nowhere"/],
  [
    "backup create a --storage-location ftp://x/y --mode standalone",
    /not the URL of a backup location/,
  ],
  ["backup create a --as-group g", /without --as/],
  ["backup create a -o xml", /table, json, yaml or name/],
  ["backup get -n velero --mode standalone", /--include-namespaces/],
  ["backup ls a --mode server", /has no server form: it reads the store itself/],
  ["backup delete --mode standalone", /which backups/],
  ["backup delete a --all --mode standalone", /only one of/],
  ["backup cat a b --mode standalone", /names no object/],
  ["backup verify a --sample 5 --level index --mode standalone", /no effect with --level=index/],
  ["restore create", /--from-backup/],
  ["restore create --from-backup b --namespace-mappings a=b", /a:b/],
  [
    "restore create --from-backup b --existing-resource-policy overwrite",
    /none, update or recreate/,
  ],
  ["restore create --from-backup b --status-exclude-resources a", /no effect without/],
  ["backup-location set x", /needs a place/],
  ["backup-location set x s3://b --bucket c", /no effect beside a URL/],
  ["backup-location set x s3://b --config nonsense=1", /unknown key "nonsense"/],
  ["backup-location delete default --confirm", /built-in/],
  ["completion fish", /bash or zsh/],
  ["mode set both", /is no mode/],
  ["schedule create x", /--schedule is missing/],
  ["repo get", /not in this version yet/],
  ["backup create a", /no cluster configured|none of the files/],
];

describe("runCommandLine() refuses a wrong line", () => {
  const home = mkdtempSync(join(tmpdir(), "ark-usage-"));
  after(() => rmSync(home, { recursive: true, force: true }));

  for (const [line, pattern] of wrong) {
    it(`ark-ts ${line}: exit status 2, what is wrong, and nothing on stdout`, async () => {
      const environment = fakeEnvironment(home, line.split(" "));
      assert.equal(await runCommandLine(environment), 2, environment.stderr.text);
      assert.equal(environment.stdout.text, "");
      assert.match(environment.stderr.text, pattern);
      const lines = environment.stderr.text.split("\n");
      assert.equal(lines.filter((text) => text.startsWith("ark-ts: ")).length, 1);
      assert.doesNotMatch(environment.stderr.text, /\x1b|\n\s+at /);
    });
  }
});
