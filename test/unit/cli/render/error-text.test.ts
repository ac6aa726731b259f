import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderError, safeLogText } from "../../../../src/cli/render/error-text.ts";
import { createPainter } from "../../../../src/cli/render/painter.ts";
import { ArkError, toArkError } from "../../../../src/lib/errors.ts";
import { fakeSink } from "../fake-environment.ts";

const painter = createPainter({ env: {}, argv: [] }, fakeSink());
const render = (error: ArkError, debug = false) => renderError(error, { painter, debug, argv: [] });

describe("renderError()", () => {
  it("tells what was tried, answered and what to do, and the code", () => {
    const error = new ArkError("ARK_STORE_DENIED", "cannot write to location s3://backups/prod", {
      tried: "PutObject backups/nightly/…",
      answer: "403 AccessDenied",
      advice: "give this user s3:PutObject,\nor choose credentials with --profile",
    });
    assert.equal(
      render(error),
      `ark-ts: cannot write to location s3://backups/prod
  tried    PutObject backups/nightly/…
  answer   403 AccessDenied
  do       give this user s3:PutObject,
           or choose credentials with --profile
  code     ARK_STORE_DENIED
`,
    );
  });

  it("keeps a usage error to its sentence and what to do", () => {
    const error = new ArkError("ARK_USAGE", "no flag --x", { advice: "did you mean --y?" });
    assert.equal(render(error), "ark-ts: no flag --x\n  do       did you mean --y?\n");
  });

  it("shows stacks and causes with --debug only", () => {
    const error = toArkError(new Error("inner"));
    assert.doesNotMatch(render(error), /at .*error-text/);
    assert.match(render(error), /run it again with --debug/);
    assert.match(render(error, true), /ARK_UNEXPECTED: [\s\S]*caused by Error: [\s\S]*at /);
  });

  const planted = [
    "Bearer abcdefghijklmnop",
    "Authorization: Basic YWRtaW46c2VjcmV0",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
    "https://b.s3/x?X-Amz-Credential=AKIAPLANTED&X-Amz-Signature=abcdefabcdef",
    "https://user:hunter2planted@proxy:3128",
    "aws_secret_access_key = wJalrXUtnFEMIplanted",
    'password: "planted-password"',
  ];
  const secrets =
    /abcdefghijklmnop|YWRtaW46|eyJhbGci|AKIAPLANTED|abcdefabcdef|hunter2planted|wJalrXUtnFEMI|planted-password/;
  for (const text of planted) {
    it(`blots out the secret in ${text.slice(0, 24)}…`, () => {
      const error = new ArkError("ARK_STORE_FAILED", text, {
        tried: text,
        answer: text,
        advice: text,
        cause: new Error(text),
      });
      assert.doesNotMatch(render(error, true), secrets);
      assert.match(render(error), /\[redacted\]/);
    });
  }

  it("lets no control character of others through", () => {
    const error = new ArkError("ARK_API_FAILED", "a\x1b[31mred\x1b]0;title\x07b\rc");
    const printed = [...render(error)].filter((char) => char < " " && char !== "\n");
    assert.deepEqual(printed, []);
  });
});

describe("safeLogText()", () => {
  it("keeps lines and tabs, and nothing that drives a terminal", () => {
    assert.equal(safeLogText("a\tb\r\n\x1b[2Jc\x07"), "a\tb\r\n?[2Jc?");
  });
});

describe("createPainter()", () => {
  const painted = (env: Record<string, string>, argv: string[], terminal: boolean) =>
    createPainter({ env, argv }, fakeSink(terminal)).bad("x");

  it("colours on a terminal only", () => {
    assert.equal(painted({}, [], true), "\x1b[31mx\x1b[39m");
    assert.equal(painted({}, [], false), "x");
  });

  it("honours NO_COLOR, TERM=dumb and --no-color", () => {
    assert.equal(painted({ NO_COLOR: "1" }, [], true), "x");
    assert.equal(painted({ TERM: "dumb" }, [], true), "x");
    assert.equal(painted({}, ["--no-color"], true), "x");
    assert.notEqual(painted({ NO_COLOR: "" }, [], true), "x");
  });
});
