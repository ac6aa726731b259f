/** The unmodified velero command, told the same with a Velero server and with an ark-ts server. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { diffLines, judge, type LineDifference } from "../support/velero-script/compare-lines.ts";
import { renderNormalisations } from "../support/velero-script/normalise.ts";
import { script } from "../support/velero-script/script.ts";
import { openArkSide, openVeleroSide, type Side } from "../support/velero-script/sides.ts";

describe(`${script.length} commands of velero 1.18.3`, { skip: await whyNoTestbed() }, () => {
  let velero: Side | undefined;
  let ark: Side | undefined;

  before(async () => {
    const minio = await sharedMinio();
    const name = uniqueBucket("script");
    const opening = await Promise.allSettled([
      openVeleroSide(minio, `${name}-v`).then((side) => (velero = side)),
      openArkSide(minio, `${name}-a`).then((side) => (ark = side)),
    ]);
    for (const one of opening) if (one.status === "rejected") throw one.reason;
  });
  after(async () => {
    await Promise.all([velero?.close(), ark?.close()]);
  });

  it("print the same with a Velero server and with an ark-ts server, but for what is listed", async (t) => {
    assert.ok(velero && ark);
    t.diagnostic(renderNormalisations());
    const found = new Map<string, LineDifference>();
    for (const line of script) {
      const [theirs, ours] = await Promise.all([velero.run(line), ark.run(line)]);
      found.set(line.id, diffLines(theirs, ours));
    }
    const { alike, different, wrong } = judge(found);
    t.diagnostic(
      `${script.length} commands: ${alike} print the same, ${different} differ as is listed`,
    );
    assert.deepEqual(wrong, []);
  });
});
