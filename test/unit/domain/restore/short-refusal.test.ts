import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { shortRefusal } from "../../../../src/domain/restore/short-refusal.ts";

const template =
  'core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:"", Labels:map[string]string{"batch.kubernetes.io/job-name":"a\\": }", "x":"y: z"}}, Spec:core.PodSpec{Volumes:[]core.Volume(nil), Containers:[]core.Container{core.Container{Name:"c", Image:"busybox:1", Resources:core.ResourceRequirements{Limits:core.ResourceList(nil)}}}, RestartPolicy:"Never", TerminationGracePeriodSeconds:(*int64)(0xc00f1d1c20)}}';

describe("shortRefusal()", () => {
  it("leaves out a printed object, and keeps field and reason", () => {
    assert.equal(
      shortRefusal(
        `Job.batch "j" is invalid: spec.template: Invalid value: ${template}: field is immutable`,
      ),
      'Job.batch "j" is invalid: spec.template: field is immutable',
    );
  });

  it("does so for each of several, also where they are printed as JSON", () => {
    const json = JSON.stringify({
      metadata: { labels: { app: "a" } },
      spec: { text: "x: y".repeat(40) },
    });
    assert.equal(
      shortRefusal(
        `Job.batch "j" is invalid: [spec.selector: Invalid value: ${json}: field is immutable, spec.template: Invalid value: ${template}: field is immutable, spec.parallelism: Invalid value: -1: must be greater than or equal to 0]`,
      ),
      'Job.batch "j" is invalid: [spec.selector: field is immutable, spec.template: field is immutable, spec.parallelism: Invalid value: -1: must be greater than or equal to 0]',
    );
  });

  it("leaves out the comparison below the sentence, and keeps what is said after it", () => {
    const said =
      'PersistentVolumeClaim "data" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    const lines =
      '\n  core.PersistentVolumeClaimSpec{\n  \tAccessModes:      {"ReadWriteOnce"},\n- \tVolumeName:       "pv-1",\n+ \tVolumeName:       "pv-2",\n  }\n';
    assert.equal(shortRefusal(`${said}${lines}`), said);
    const unified =
      '\n@@ -10,7 +10,7 @@\n   }\n  },\n  "VolumeName": "",\n- "StorageClassName": "slow",\n+ "StorageClassName": "fast",\n  "VolumeMode": "Filesystem",\n ';
    assert.equal(shortRefusal(`${said}${unified}`), said);
    assert.equal(shortRefusal(`${said}${unified}; it was`), `${said}; it was`);
    assert.equal(
      shortRefusal(`${said}${lines}; so it was not deleted, and is as it was`),
      `${said}; so it was not deleted, and is as it was`,
    );
  });

  it("keeps short values, quoted words, and what it cannot read", () => {
    for (const said of [
      'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
      'spec.type: Unsupported value: "x": supported values: "ClusterIP", "NodePort"',
      "StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
      `admission webhook "w" denied the request: Invalid value: ${"{".repeat(200)}`,
      "denied:\nthe image is not signed\nask security",
      // What has no reason of its own is followed by another field, or by what we say of it.
      `Pod "app" is invalid: spec.containers[2].name: Duplicate value: "sidecar"; ${"the backup has it already, ".repeat(4)}by webhook "w": it would be there twice`,
      `[spec.ports[0].name: Duplicate value: "http", spec.ports[1].protocol: ${"y".repeat(90)}: Required value: say which]`,
      "",
    ]) {
      assert.equal(shortRefusal(said), said);
    }
  });
});
