import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  lostAddresses,
  withFormerAddresses,
} from "../../../../src/domain/restore/former-addresses.ts";
import type { JsonObject } from "../../../../src/lib/json-text.ts";

const service = (spec: JsonObject): JsonObject => ({ kind: "Service", spec });
const former = service({
  type: "LoadBalancer",
  clusterIP: "10.0.0.7",
  clusterIPs: ["10.0.0.7", "fd00::7"],
  ipFamilies: ["IPv4", "IPv6"],
  externalTrafficPolicy: "Local",
  healthCheckNodePort: 31000,
  ports: [
    { name: "web", port: 80, protocol: "TCP", nodePort: 30080 },
    { name: "dns", port: 53, protocol: "UDP", nodePort: 30053 },
  ],
});
const spec = (object: JsonObject) => object["spec"] as JsonObject;

describe("withFormerAddresses()", () => {
  it("takes over all that is left open, port by port", () => {
    const wanted = service({
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      ports: [
        { port: 80 },
        { port: 53, protocol: "TCP" },
        { port: 53, protocol: "UDP", nodePort: 30999 },
      ],
    });
    assert.deepEqual(spec(withFormerAddresses(wanted, former)), {
      ...spec(wanted),
      clusterIP: "10.0.0.7",
      clusterIPs: ["10.0.0.7", "fd00::7"],
      healthCheckNodePort: 31000,
      ports: [
        { port: 80, nodePort: 30080 },
        { port: 53, protocol: "TCP" },
        { port: 53, protocol: "UDP", nodePort: 30999 },
      ],
    });
  });

  it("asks for nothing that the type, the families or the object itself rule out", () => {
    const named = service({ type: "ExternalName", externalName: "a.example" });
    assert.equal(withFormerAddresses(named, former), named);
    const headless = service({ clusterIP: "None", ports: [{ port: 80 }] });
    assert.deepEqual(withFormerAddresses(headless, former), headless);
    const single = service({ type: "ClusterIP", ipFamilies: ["IPv4"], ports: [{ port: 80 }] });
    assert.deepEqual(withFormerAddresses(single, former), single);
    const portless = service({
      ...{ type: "LoadBalancer", allocateLoadBalancerNodePorts: false },
      ports: [{ port: 80 }],
    });
    const placed = spec(withFormerAddresses(portless, former));
    assert.deepEqual(placed["ports"], [{ port: 80 }]);
    assert.equal(placed["healthCheckNodePort"], undefined);
  });

  it("gives one node port to one port", () => {
    const ports = [{ port: 80 }, { port: 81, nodePort: 30080 }];
    const wanted = service({ type: "NodePort", ports });
    assert.deepEqual(spec(withFormerAddresses(wanted, former))["ports"], ports);
  });
});

describe("lostAddresses()", () => {
  it("names each with what is there instead", () => {
    const made = service({ clusterIP: "10.0.0.9", ports: [{ port: 80, nodePort: 30081 }] });
    assert.deepEqual(lostAddresses(former, made), [
      "cluster IP 10.0.0.7 is now 10.0.0.9",
      "node port of 80/TCP 30080 is now 30081",
      "node port of 53/UDP 30053 is now none",
      "health check node port 31000 is now none",
    ]);
    assert.deepEqual(lostAddresses(former, former), []);
  });
});
