import { parse } from "yaml";
import { bundle, type DashboardResource } from "../../src/bundle.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { defineProject } from "../../src/project.ts";
import { renderConfigMaps } from "../../src/render/config-maps.ts";

const resources = bundle(defineProject({ fleet: referenceFleet }));

test("a board is what the sidecar looks for, and its name is one that Kubernetes takes", () => {
  const files = renderConfigMaps(resources);
  const board = files.find(({ id }) => id === "sre/multi-cluster-overview.yaml");
  const object = parse(board?.spec.text ?? "") as {
    metadata: { name: string; labels: object; annotations: object };
    data: Record<string, string>;
  };
  expect(object).toMatchObject({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { labels: { grafana_dashboard: "1" }, annotations: { grafana_folder: "Platform Core SRE" } },
  });
  expect(JSON.parse(object.data["multi-cluster-overview.json"] ?? "")).toMatchObject({ uid: "multi-cluster-overview" });
  for (const { spec } of files) {
    expect((parse(spec.text) as typeof object).metadata.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/u);
  }
  expect(new Set(files.map(({ spec }) => (parse(spec.text) as typeof object).metadata.name)).size).toBe(files.length);
});

test("data sources are a Secret, as Grafana provisions them", () => {
  const text = renderConfigMaps(resources).find(({ id }) => id === "datasources.yaml")?.spec.text ?? "";
  const secret = parse(text) as { kind: string; stringData: Record<string, string> };
  expect(secret.kind).toBe("Secret");
  const provisioned = parse(secret.stringData["fleetglass.yaml"] ?? "") as { datasources: { name: string }[] };
  expect(provisioned.datasources.map(({ name }) => name)).toContain("Mimir-All-Environments");
});

test("a board that no ConfigMap holds is named", () => {
  const board = resources.find((one): one is DashboardResource => one.kind === "dashboard");
  if (!board) throw new Error("there is no board");
  const large = {
    ...board,
    spec: { ...board.spec, dashboard: { ...board.spec.dashboard, description: "x".repeat(1_000_001) } },
  };
  expect(() => renderConfigMaps([large])).toThrow(/more than a ConfigMap holds: split it/u);
});
