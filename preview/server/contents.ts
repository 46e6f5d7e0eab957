import type { Generated, PreviewBoard, PreviewBundle, PreviewRules, PreviewSource } from "../bundle.ts";

/** A data source as the proxy needs it. */
export interface Source {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  /** Headers that Grafana would add, the tenant among them; they never reach the browser. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What is shown, and what only the proxy knows. */
export interface Contents {
  readonly sources: readonly Source[];
  readonly bundle: Omit<PreviewBundle, "data" | "problems">;
  /** Boards that the page can't draw, with what can. */
  readonly left: readonly string[];
}

type DataSource = Extract<Generated["resources"][number], { readonly kind: "datasource" }>;

/** @param answers whether anything would answer for a data source */
export function contentsOf(generated: Generated, answers: (source: Source) => boolean): Contents {
  const { project, fleet, findings, resources } = generated;
  const found = resources.filter((resource): resource is DataSource => resource.kind === "datasource");
  const sources = found.map(({ spec: { uid, name, type, jsonData, secureJsonData = {} } }) => ({
    uid,
    name,
    type,
    headers: headersOf(jsonData, secureJsonData),
  }));
  return {
    sources,
    bundle: {
      project,
      fleet,
      findings,
      boards: boardsOf(generated),
      sources: found.map((resource, at) => pageSource(resource, sources[at], answers)),
      rules: rulesOf(generated, sources),
    },
    left: resources.flatMap((one) =>
      one.kind === "dashboard" && "apiVersion" in one.spec.dashboard
        ? [`${one.id} is in Grafana's model v2, which is drawn by Grafana only: fleetglass preview --grafana`]
        : [],
    ),
  };
}

function boardsOf({ resources }: Generated): PreviewBoard[] {
  const folders = new Map(
    resources.flatMap((one) => (one.kind === "folder" ? [[one.spec.uid, one.spec.title] as const] : [])),
  );
  return resources.flatMap((one) => {
    if (one.kind !== "dashboard" || "apiVersion" in one.spec.dashboard) {
      return [];
    }
    const { dashboard, folder } = one.spec;
    return [
      {
        uid: one.id,
        title: dashboard.title ?? one.id,
        description: dashboard.description ?? "",
        tags: dashboard.tags ?? [],
        folder: folders.get(folder) ?? folder,
        origin: one.origin,
        resource: ["dashboard", one.at.system, one.at.organisation, one.id].join("/"),
        dashboard,
      },
    ];
  });
}

function pageSource(
  { spec }: DataSource,
  source: Source | undefined,
  answers: (source: Source) => boolean,
): PreviewSource {
  const interval = spec.jsonData["timeInterval"];
  return {
    uid: spec.uid,
    name: spec.name,
    type: spec.type,
    tenants: source === undefined ? [] : tenantsOf(source),
    live: source !== undefined && answers(source),
    isDefault: false,
    ...(typeof interval === "string" && { interval }),
  };
}

function rulesOf({ resources }: Generated, sources: readonly Source[]): PreviewRules[] {
  return resources.flatMap((one) => {
    if (one.kind !== "rule-group") {
      return [];
    }
    const { tenant, namespace } = one.at;
    const reader = sources.find((source) => source.type === "prometheus" && tenantsOf(source).join("|") === tenant);
    return [
      {
        tenant,
        namespace,
        resource: ["rule-group", one.at.system, tenant, namespace, one.id].join("/"),
        origin: one.origin,
        group: one.spec,
        ...(reader !== undefined && { source: reader.uid }),
      },
    ];
  });
}

/** Grafana pairs `httpHeaderName1` with `httpHeaderValue1`, and so on. */
function headersOf(
  jsonData: Readonly<Record<string, unknown>>,
  secure: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(jsonData).flatMap(([key, name]) => {
      const value = secure[key.replace("httpHeaderName", "httpHeaderValue")];
      return key.startsWith("httpHeaderName") && typeof name === "string" && typeof value === "string"
        ? [[name, value]]
        : [];
    }),
  );
}

/** The value of the one header that names tenants: what keys of a recording begin with. */
export function tenantHeader({ headers }: Source): string | undefined {
  return Object.values(headers)[0];
}

function tenantsOf(source: Source): string[] {
  return tenantHeader(source)?.split("|") ?? [];
}
