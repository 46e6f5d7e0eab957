import { colours } from "./colours.ts";
import type { Resource } from "../bundle.ts";
import type { Finding } from "../lint/check.ts";
import type { Project } from "../project.ts";
import type { RenderOptions } from "../render/render.ts";
import type { Loaded } from "./load.ts";
import { whereIn } from "./servers.ts";

/** How much of each kind a bundle holds. */
export interface Counts {
  readonly boards: number;
  readonly recordingRules: number;
  readonly alerts: number;
  readonly ruleGroups: number;
  readonly dataSources: number;
  readonly folders: number;
  /** Helm values, manifests and install scripts. */
  readonly infrastructureFiles: number;
}

export function countsOf(resources: readonly Resource[]): Counts {
  const of = (kind: Resource["kind"]): number => resources.filter((resource) => resource.kind === kind).length;
  const rules = resources.flatMap((resource) => (resource.kind === "rule-group" ? resource.spec.rules : []));
  return {
    boards: of("dashboard"),
    recordingRules: rules.filter((rule) => "record" in rule).length,
    alerts: rules.filter((rule) => "alert" in rule).length,
    ruleGroups: of("rule-group"),
    dataSources: of("datasource"),
    folders: of("folder"),
    infrastructureFiles: of("file"),
  };
}

/** The fleet at a glance: who reads what, and where each cluster's data goes. */
export function fleetText({ project: { fleet, name }, file }: Loaded): string {
  const source = file ?? "the built-in reference fleet: there is no fleet.yaml or fleetglass.config.ts here";
  const regions = new Set(fleet.clusters.map(({ region }) => region)).size;
  const width = Math.max(...fleet.environments.map((environment) => environment.name.length));
  const rows = fleet.environments.map((environment) => {
    const clusters = fleet.clusters.filter((cluster) => cluster.environment === environment.name);
    const tenants = [...new Set(clusters.map(({ tenant }) => tenant))].join(", ");
    const names = clusters.map((cluster) =>
      cluster.state === "active" ? cluster.name : `${cluster.name} (${cluster.state})`,
    );
    return `  ${environment.name.padEnd(width)}  ${listed(names)}  ${colours.dim(`→ tenant ${tenants || "none"}`)}`;
  });
  const named = name === fleet.name ? "" : `, project ${name}`;
  return [
    `${colours.bold(`Fleet ${fleet.name}`)}${named} ${colours.dim(`(${source})`)}`,
    `  ${many(fleet.clusters.length, "cluster")}, ${many(fleet.environments.length, "environment")}, ${many(regions, "region")}, ${many(fleet.tenants.length, "tenant")}`,
    ...rows,
  ].join("\n");
}

const shownNames = 6;

function listed(names: readonly string[]): string {
  if (names.length === 0) return colours.dim("no clusters yet");
  const rest = names.length - shownNames;
  return names.slice(0, shownNames).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

export function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** What was generated, and where it lies. */
export function bundleText(
  resources: readonly Resource[],
  folder: string | undefined,
  format: RenderOptions = {},
): string {
  const { boards, recordingRules, alerts, ruleGroups, dataSources, infrastructureFiles } = countsOf(resources);
  const rows: readonly (readonly [string, Resource["kind"]])[] = [
    [many(boards, "board"), "dashboard"],
    [
      `${many(recordingRules, "recording rule")}, ${many(alerts, "alert")} in ${many(ruleGroups, "group")}`,
      "rule-group",
    ],
    [many(dataSources, "data source"), "datasource"],
    // Servers get none of these: whoever runs the clusters does.
    ...(folder === undefined ? [] : [[many(infrastructureFiles, "infrastructure file"), "file"] as const]),
  ];
  const present = rows.filter(([, kind]) => resources.some((resource) => resource.kind === kind));
  const width = Math.max(0, ...present.map(([what]) => what.length));
  const lines = present.map(([what, kind]) =>
    folder === undefined
      ? `  ${what}`
      : `  ${what.padEnd(width)}  ${colours.dim(whereIn(folder, resources, { kind, format }))}`,
  );
  return [colours.bold("Generated"), ...lines].join("\n");
}

/** From so many on, resources with the same finding are told of together: one mistake in a fleet is on each of its boards. */
const shared = 4;

/** Findings by the resource that holds them; what many have in common is said once. */
export function findingsText(findings: readonly Finding[]): string {
  const alike = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.check, finding.where, finding.message, finding.expr]);
    alike.set(key, [...(alike.get(key) ?? []), finding]);
  }
  const common = [...alike.values()].filter((group) => group.length >= shared);
  const single = findings.filter((finding) => !common.some((group) => group.includes(finding)));
  const lines = [
    ...common.flatMap((group) => [
      colours.bold(`${group[0]?.resource ?? ""} and ${group.length - 1} others`),
      ...group.slice(0, 1).flatMap(findingLines),
    ]),
    ...single.flatMap((finding, at) => [
      ...(single[at - 1]?.resource === finding.resource ? [] : [colours.bold(finding.resource)]),
      ...findingLines(finding),
    ]),
  ];
  return [...lines, "", `${many(findings.length, "finding")}.`].join("\n");
}

function findingLines({ check, where, message, expr }: Finding): string[] {
  return [
    `  ${colours.red(check)} ${where}: ${message}`,
    ...(expr === undefined ? [] : [colours.dim(`      ${expr.replaceAll(/\s+/gu, " ")}`)]),
  ];
}

/** Where to go from here, after the first run. */
export function nextText(loaded: Loaded): string {
  const own = loaded.file === undefined;
  return [
    colours.bold("Next"),
    "  read            the files named above: what Grafana and the rulers would get",
    ...(own ? ["  your own fleet  describe it in fleet.yaml (README: “Your own fleet”), and run this again"] : []),
    "  a live stack    set GRAFANA_URL, GRAFANA_TOKEN and MIMIR_URL, then: npx fleetglass publish --to live --plan",
  ].join("\n");
}

export function projectJson({ fleet, name }: Project, resources: readonly Resource[]): object {
  return {
    project: name,
    fleet: {
      name: fleet.name,
      clusters: fleet.clusters.map(({ name: cluster, environment, region, tenant, state }) => ({
        name: cluster,
        environment,
        region,
        tenant,
        state,
      })),
      tenants: fleet.tenants.map(({ id }) => id),
    },
    generated: countsOf(resources),
  };
}
