import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createUndoStays } from "../../../../src/domain/restore/undo-stays.ts";

const conf = { resource: "configmaps", namespace: "shop", name: "conf" };
const shop = { resource: "namespaces", namespace: "", name: "shop", uid: "u-shop" };
const web = { resource: "deployments.apps", namespace: "shop", name: "web", uid: "u-web" };
const top = { resource: "tops.demo.example", namespace: "", name: "top", uid: "u-top" };
const definition = {
  resource: "customresourcedefinitions.apiextensions.k8s.io",
  namespace: "",
  name: "configmaps",
  uid: "u-definition",
};

describe("what must stay for what undoing leaves", () => {
  it("is nothing at first", () => {
    const stays = createUndoStays();
    for (const place of [shop, web, top, definition]) assert.equal(stays.reason(place), undefined);
  });

  it("is its namespace, its definition and its owners, until it goes after all", () => {
    const stays = createUndoStays();
    stays.leave(conf, ["u-web"]);
    assert.equal(stays.reason(shop), "it holds what is left: configmaps/shop/conf");
    assert.equal(stays.reason(definition), "objects of its kind are left: configmaps/shop/conf");
    assert.equal(stays.reason(web), "it owns what is left: configmaps/shop/conf");
    assert.equal(stays.reason({ ...web, uid: "u-other" }), undefined);
    stays.release(conf);
    for (const place of [shop, web, definition]) assert.equal(stays.reason(place), undefined);
  });

  it("is its owners only when it is as it was before the restore", () => {
    const stays = createUndoStays();
    stays.keep(conf, ["u-web"]);
    assert.equal(stays.reason(shop), undefined);
    assert.notEqual(stays.reason(web), undefined);
  });

  it("is all that may own what could not be looked at, but not that itself", () => {
    const stays = createUndoStays();
    stays.leaveUnseen(conf);
    const told = "it may own what could not be looked at: configmaps/shop/conf";
    assert.equal(stays.reason(web), told);
    assert.equal(stays.reason(top), told);
    assert.equal(stays.reason({ ...conf, uid: "u-conf" }), undefined);
    assert.equal(stays.reason({ ...web, namespace: "other" }), undefined);
    stays.leaveUnseen({ ...conf, name: "second" });
    assert.equal(stays.reason(web), `${told} and 1 more`);
  });
});
