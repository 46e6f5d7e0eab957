import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { type DashboardResource, type DataSourceResource, isBoardResource, type Resource } from "../../src/bundle.ts";

/** A query as Grafana would send it. */
export interface BoardQuery {
  readonly board: string;
  readonly panel: string;
  readonly refId: string;
  readonly expr: string;
  /** What the data source puts into the tenant header. */
  readonly tenants: string;
  readonly instant: boolean;
}

/** A board of the library's, all of which are in the classic model. */
export function classicOf({ id, spec }: DashboardResource): Dashboard {
  if (isBoardResource(spec.dashboard)) throw new Error(`${id} is no classic board`);
  return spec.dashboard;
}

/** Every panel's queries, with all variables at "All" and each under the tenants of its own data source. */
export function boardQueries(
  resources: readonly Resource[],
  variables: Readonly<Record<string, string>> = {},
): BoardQuery[] {
  const sources = resources.filter((resource): resource is DataSourceResource => resource.kind === "datasource");
  const boards = resources.filter((resource): resource is DashboardResource => resource.kind === "dashboard");
  return boards.flatMap((board) =>
    (classicOf(board).panels ?? []).flatMap((panel) => {
      const targets = "targets" in panel && readsMetrics(panel) ? (panel.targets ?? []) : [];
      return targets.map((target) => {
        const { expr, refId, instant } = target as unknown as { expr: string; refId: string; instant?: boolean };
        return {
          board: board.id,
          panel: panel.title ?? "",
          refId,
          expr: filled(expr, { ...chosen(classicOf(board).templating?.list ?? []), ...variables }),
          tenants: tenantsOf(sources, "datasource" in panel ? panel.datasource?.uid : undefined),
          instant: instant === true,
        };
      });
    }),
  );
}

export interface PanelQuery {
  readonly panel: string;
  readonly language: "promql" | "logql";
  readonly expr: string;
  /** Uid of its data source. */
  readonly source: string;
  /** Does the panel say what an empty answer means? */
  readonly says: boolean;
}

const languages: Readonly<Record<string, PanelQuery["language"]>> = { prometheus: "promql", loki: "logql" };

/** The queries of metrics and of logs of a board as Grafana holds it, with all variables at "All". */
export function boardQueriesOf(dashboard: unknown): PanelQuery[] {
  const { panels = [], templating } = dashboard as Dashboard;
  return panels.flatMap((panel) => {
    const language = languages["datasource" in panel ? (panel.datasource?.type ?? "") : ""];
    if (!("targets" in panel) || language === undefined) return [];
    const says = panel.fieldConfig?.defaults.noValue !== undefined;
    return (panel.targets ?? []).map((target) => ({
      panel: panel.title ?? "",
      language,
      expr: filled((target as unknown as { expr: string }).expr, chosen(templating?.list ?? [])),
      source: panel.datasource?.uid ?? "",
      says,
    }));
  });
}

function readsMetrics({ datasource }: { readonly datasource?: { readonly type?: string } }): boolean {
  return datasource?.type === "prometheus";
}

/** What Grafana works out from the shown time. */
const worked: Readonly<Record<string, string>> = {
  __rate_interval: "2m",
  __interval: "1m",
  __range: "30m",
  __range_s: "1800",
};

function filled(expr: string, variables: Readonly<Record<string, string>>): string {
  return expr.replaceAll(/\$\{?(\w+)(?::\w+)?\}?/gu, (text, name: string) =>
    // What a regular expression found is no variable.
    /^\d/u.test(name) ? text : (worked[name] ?? variables[name] ?? ".*"),
  );
}

/** A choice among given values has one of them, never all; of others all are chosen, as the board writes that. */
function chosen(
  list: readonly {
    readonly type: string;
    readonly name: string;
    readonly current?: { readonly value?: string | readonly string[] };
    readonly allValue?: string | undefined;
  }[],
): Record<string, string> {
  return Object.fromEntries(
    list.flatMap(({ type, name, current, allValue }) =>
      type === "custom" ? [[name, String(current?.value ?? "")]] : allValue === undefined ? [] : [[name, allValue]],
    ),
  );
}

function tenantsOf(sources: readonly DataSourceResource[], uid: string | undefined): string {
  // Somebody else's data source is not among ours, and one of a server without tenants names none.
  return sources.find(({ id }) => id === uid)?.spec.secureJsonData?.["httpHeaderValue1"] ?? "";
}
