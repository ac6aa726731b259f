import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { ebsPlugin } from "../../../plugins/volume-snapshotter-aws/plugin.ts";
import type { VolumeSnapshotter } from "../../../src/ports/volume-snapshotter.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const how = { signal: new AbortController().signal };

/** `lost`: the request is taken, and the connection ends without an answer. */
type Answer =
  | { readonly status: number; readonly body: string; readonly retryAfter?: string }
  | "lost";

interface Ec2Double {
  readonly snapshotter: VolumeSnapshotter;
  /** What was asked, in its order. */
  readonly asked: URLSearchParams[];
  count(action: string): number;
  /** What the snapshotter has slept, in milliseconds. */
  readonly slept: readonly number[];
}

/** A snapshotter before an EC2 that answers each action in turn, the last answer for ever. */
async function withEc2(
  answers: Readonly<Record<string, readonly Answer[]>>,
  run: (double: Ec2Double) => Promise<void>,
): Promise<void> {
  const asked: URLSearchParams[] = [];
  const count = (action: string): number =>
    asked.filter((query) => query.get("Action") === action).length;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const query = new URLSearchParams(Buffer.concat(chunks).toString());
    const action = query.get("Action") ?? "";
    asked.push(query);
    const all = answers[action] ?? [];
    const answer = all[Math.min(count(action), all.length) - 1] ?? fault("Strange", 400);
    if (answer === "lost") request.socket.destroy();
    else {
      const later = answer.retryAfter && { "retry-after": answer.retryAfter };
      response.writeHead(answer.status, { "content-type": "text/xml", ...later }).end(answer.body);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = createVirtualClock({ jump: true, startMs: Date.now() });
  const snapshotter = await openAt(endpoint, clock);
  try {
    await run({ snapshotter, asked, count, slept: clock.slept });
  } finally {
    await snapshotter.close();
    server.closeAllConnections();
    server.close();
  }
}

function openAt(
  endpoint: string,
  clock: ReturnType<typeof createVirtualClock>,
): Promise<VolumeSnapshotter> {
  const config = { region: "us-east-1" };
  const options = ebsPlugin.parseOptions({ name: "disks", provider: "aws", config });
  const env = {
    AWS_ENDPOINT_URL_EC2: endpoint,
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLEEXAMPLE00",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  return ebsPlugin.open(options, { env, homeDirectory: "/none", clock, zoneOf: () => "a" });
}

const fault = (code: string, status = 400): Exclude<Answer, "lost"> => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>${code}.</Message></Error></Errors><RequestID>r-1</RequestID></Response>`,
});
const done = (action: string, body: string): Answer => ({
  status: 200,
  body: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${body}</${action}Response>`,
});
const tagSet = (tags: Readonly<Record<string, string>>): string => {
  const items = Object.entries(tags).map(
    ([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`,
  );
  return `<tagSet>${items.join("")}</tagSet>`;
};
const volume = (more = "<volumeType>gp3</volumeType>"): Answer =>
  done("DescribeVolumes", `<volumeSet><item><volumeId>vol-1</volumeId>${more}</item></volumeSet>`);
const snapshots = (...items: readonly string[]): Answer => {
  const set = items.map((item) => `<item>${item}</item>`).join("");
  return done("DescribeSnapshots", `<snapshotSet>${set}</snapshotSet>`);
};
const made = done("CreateSnapshot", "<snapshotId>snap-1</snapshotId><status>pending</status>");
const newVolume = done("CreateVolume", "<volumeId>vol-2</volumeId>");
const finished = "<snapshotId>snap-1</snapshotId><status>completed</status>";
const slowDown = fault("RequestLimitExceeded", 503);

const request = { volumeId: "vol-1", zone: "a", tags: { team: "x" }, idempotencyKey: "run/pv-1" };
const next = { snapshotId: "snap-1", zone: "a", volumeType: "gp3", idempotencyKey: "run/pv-1" };

describe("the volume snapshotter for AWS", () => {
  it("waits longer and longer where EC2 asks to slow down, and makes one snapshot", () =>
    withEc2(
      { DescribeVolumes: [volume()], CreateSnapshot: [slowDown, slowDown, slowDown, made] },
      async ({ snapshotter, count, slept }) => {
        const { snapshotId, ready } = await snapshotter.createSnapshot(request, how);
        assert.deepEqual([snapshotId, ready], ["snap-1", false]);
        assert.equal(count("CreateSnapshot"), 4);
        assert.deepEqual(slept, [750, 1_500, 3_000]);
      },
    ));

  it("waits as long as EC2 says, a minute at most", () => {
    const later = (retryAfter: string) => ({ ...slowDown, retryAfter });
    return withEc2(
      { DescribeVolumes: [volume()], CreateSnapshot: [later("7"), later("3600"), made] },
      async ({ snapshotter, slept }) => {
        await snapshotter.createSnapshot(request, how);
        assert.deepEqual(slept, [7_000, 60_000]);
      },
    );
  });

  it("gives up where EC2 goes on asking to slow down, and says so", () =>
    withEc2(
      { DescribeVolumes: [volume()], CreateSnapshot: [slowDown] },
      async ({ snapshotter, count }) => {
        const asking = snapshotter.createSnapshot(request, how);
        const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
        assert.match(error.message, /disks.* cannot make a snapshot of volume "vol-1"/);
        assert.match(error.answer ?? "", /^503 RequestLimitExceeded/);
        assert.match(error.advice ?? "", /fewer snapshots at once/);
        assert.equal(count("CreateSnapshot"), 8);
      },
    ));

  for (const [what, answer] of [
    ["is lost", "lost"],
    ["is that EC2 has failed within", fault("InternalError", 500)],
  ] as const) {
    it(`asks once for a snapshot whose answer ${what}, and finds it by its tag`, () =>
      withEc2(
        {
          DescribeVolumes: [volume()],
          CreateSnapshot: [answer, made],
          // It is listed late.
          DescribeSnapshots: [snapshots(), snapshots(), snapshots(finished)],
        },
        async ({ snapshotter, asked, count }) => {
          const asking = snapshotter.createSnapshot(request, how);
          await rejectsWithCode(asking, "ARK_VOLUME_OUTCOME_UNKNOWN");
          assert.equal(count("CreateSnapshot"), 1);
          const found = await snapshotter.findSnapshot(request.idempotencyKey, how);
          assert.deepEqual(found, { snapshotId: "snap-1", ready: true });
          const made = asked.find((query) => query.get("Action") === "CreateSnapshot");
          const looked = asked.at(-1);
          assert.equal(made?.get("TagSpecification.1.Tag.1.Key"), "ark-ts.dev/idempotency-key");
          assert.equal(looked?.get("Filter.1.Name"), "tag:ark-ts.dev/idempotency-key");
          assert.equal(looked.get("Filter.1.Value.1"), made.get("TagSpecification.1.Tag.1.Value"));
        },
      ));
  }

  it("asks once for a volume whose answer is lost, under the same token each time", () =>
    withEc2(
      { DescribeSnapshots: [snapshots(finished)], CreateVolume: ["lost", newVolume] },
      async ({ snapshotter, asked, count }) => {
        const asking = snapshotter.createVolume(next, how);
        await rejectsWithCode(asking, "ARK_VOLUME_OUTCOME_UNKNOWN");
        assert.equal(count("CreateVolume"), 1);
        assert.equal(await snapshotter.createVolume(next, how), "vol-2");
        const tokens = asked.map((query) => query.get("ClientToken")).filter(Boolean);
        assert.equal(tokens[0]?.length, 64);
        assert.deepEqual(tokens, [tokens[0], tokens[0]]);
      },
    ));

  it("asks again what changes nothing, and deletes again", () =>
    withEc2(
      {
        DescribeVolumes: ["lost", fault("Unavailable", 503), volume()],
        DeleteSnapshot: [fault("InternalError", 500), fault("InvalidSnapshot.NotFound")],
      },
      async ({ snapshotter, count }) => {
        const described = await snapshotter.describe(request, how);
        assert.deepEqual(described, { volumeType: "gp3" });
        assert.equal(count("DescribeVolumes"), 3);
        await snapshotter.deleteSnapshot("snap-1", how);
        assert.equal(count("DeleteSnapshot"), 2);
      },
    ));

  it("names the right that is missing, at once", () =>
    withEc2(
      { DescribeVolumes: [volume()], CreateSnapshot: [fault("UnauthorizedOperation", 403)] },
      async ({ snapshotter, count }) => {
        const asking = snapshotter.createSnapshot(request, how);
        const error = await rejectsWithCode(asking, "ARK_PROVIDER_DENIED");
        assert.match(error.advice ?? "", /ec2:CreateSnapshot and ec2:CreateTags/);
        assert.equal(count("CreateSnapshot"), 1);
      },
    ));

  it("knows that nothing was made where nobody listens", async () => {
    const clock = createVirtualClock({ jump: true, startMs: Date.now() });
    const snapshotter = await openAt("http://127.0.0.1:1", clock);
    const asking = snapshotter.createSnapshot(request, how);
    const error = await rejectsWithCode(asking, "ARK_PROVIDER_UNREACHABLE");
    assert.match(error.answer ?? "", /ECONNREFUSED/);
    await snapshotter.close();
  });

  it("makes no volume of a snapshot that is not finished, or without a zone", () => {
    const pending =
      "<snapshotId>snap-1</snapshotId><status>pending</status><progress>37%</progress>";
    return withEc2(
      { DescribeSnapshots: [snapshots(pending), snapshots(finished)] },
      async ({ snapshotter, count }) => {
        const early = snapshotter.createVolume(next, how);
        assert.match((await rejectsWithCode(early, "ARK_PROVIDER_FAILED")).message, /37%/);
        const placeless = snapshotter.createVolume({ ...next, zone: "" }, how);
        assert.match((await rejectsWithCode(placeless, "ARK_PROVIDER_FAILED")).message, /no zone/);
        assert.equal(count("CreateVolume"), 0);
      },
    );
  });

  it("tells how far a snapshot is, that it has failed, and that it is gone", () => {
    const state = (name: string, more: string) =>
      snapshots(`<snapshotId>snap-1</snapshotId><status>${name}</status>${more}`);
    return withEc2(
      {
        DescribeSnapshots: [
          state("pending", "<progress>37%</progress>"),
          state("error", "<statusMessage>key is disabled</statusMessage>"),
          fault("InvalidSnapshot.NotFound"),
        ],
      },
      async ({ snapshotter }) => {
        const tell = () => snapshotter.snapshotStatus("snap-1", how);
        assert.deepEqual(await tell(), { ready: false, progress: 0.37 });
        assert.deepEqual(await tell(), { ready: false, error: "key is disabled" });
        assert.equal(await tell(), undefined);
      },
    );
  });

  it("gives a gp3 volume its IOPS again where it had more than every one has", () => {
    const fast = "<volumeType>gp3</volumeType><iops>9000</iops>";
    const plain = "<volumeType>gp3</volumeType><iops>3000</iops>";
    return withEc2(
      {
        DescribeVolumes: [volume(fast), volume(plain)],
        DescribeSnapshots: [snapshots(finished)],
        CreateVolume: [newVolume],
      },
      async ({ snapshotter, asked }) => {
        const described = await snapshotter.describe(request, how);
        assert.deepEqual(described, { volumeType: "gp3", iops: 9_000n });
        assert.deepEqual(await snapshotter.describe(request, how), { volumeType: "gp3" });
        await snapshotter.createVolume({ ...next, ...described }, how);
        assert.equal(asked.at(-1)?.get("Iops"), "9000");
        await snapshotter.createVolume({ ...next, volumeType: "gp2", iops: 9_000n }, how);
        assert.equal(asked.at(-1)?.get("Iops"), null);
      },
    );
  });

  it("leaves AWS's own tags of the volume out", () => {
    const tags = { "aws:cloudformation:stack-name": "s", team: "old", name: "db" };
    return withEc2(
      {
        DescribeVolumes: [volume(`<volumeType>gp3</volumeType>${tagSet(tags)}`)],
        CreateSnapshot: [made],
      },
      async ({ snapshotter, asked }) => {
        await snapshotter.createSnapshot(request, how);
        const keys = [...(asked.at(-1) ?? [])].filter(([name]) => /Tag\.\d+\.Key$/.test(name));
        assert.deepEqual(
          keys.map(([, key]) => key),
          ["ark-ts.dev/idempotency-key", "team", "name"],
        );
      },
    );
  });
});
