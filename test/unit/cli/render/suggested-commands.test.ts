import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { suggestAtPlace } from "../../../../src/cli/render/suggested-commands.ts";

describe("suggestAtPlace()", () => {
  const text = "see ark-ts backup describe b --details; or ark-ts restore create --from-backup b";

  it("adds the place after the verb, quoted for a shell where it must be", () => {
    assert.equal(
      suggestAtPlace(text, ["backup", "get", "--store", "s3://b?region=x&y=it's"]),
      `see ark-ts backup describe --store 's3://b?region=x&y=it'\\''s' b --details; or ark-ts restore create --store 's3://b?region=x&y=it'\\''s' --from-backup b`,
    );
    assert.match(suggestAtPlace(text, ["--storage-location=lab"]), /describe --store lab b/);
  });

  it("takes the last of several, as the command does", () => {
    assert.match(suggestAtPlace(text, ["--store", "a", "--store=z"]), /describe --store z b/);
  });

  it("leaves the text alone where no place was typed", () => {
    for (const argv of [[], ["backup", "get"], ["--store"], ["--", "--store", "x"]]) {
      assert.equal(suggestAtPlace(text, argv), text);
    }
  });

  it("leaves commands alone that take no place", () => {
    const other =
      "ark-ts backup-location test lab; ark-ts mode set auto; ark-ts backup create from cron";
    assert.equal(suggestAtPlace(other, ["--store", "x"]), other);
  });
});
