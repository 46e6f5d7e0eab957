import type { DashboardResource, Resource, RuleGroupResource } from "../bundle.ts";
import { resourceId } from "../bundle.ts";
import { parsePromql, type Promql } from "./promql.ts";

/** One PromQL expression, and who holds it. */
export interface Expression {
  readonly resource: string;
  /** `panel "Silent clusters", query A`; `rule cluster:up:ratio`. */
  readonly where: string;
  readonly expr: string;
  readonly parsed: Promql;
}

/** Every PromQL expression of a bundle. One that is written many times is parsed once. */
export function expressionsOf(resources: readonly Resource[]): Expression[] {
  const known = new Map<string, Promql>();
  return resources.flatMap((resource) =>
    sources(resource).map(({ where, expr, board }) => {
      const key = `${board ? "board" : "rule"} ${expr}`;
      const parsed = known.get(key) ?? parsePromql(expr, { dialect: "mimir", grafana: board });
      known.set(key, parsed);
      return { resource: resourceId(resource), where, expr, parsed };
    }),
  );
}

interface Source {
  readonly where: string;
  readonly expr: string;
  /** Grafana fills in variables there; a ruler does not. */
  readonly board: boolean;
}

function sources(resource: Resource): Source[] {
  if (resource.kind === "rule-group") return ruleSources(resource);
  return resource.kind === "dashboard" ? boardSources(resource) : [];
}

function ruleSources({ spec }: RuleGroupResource): Source[] {
  return spec.rules.map((rule) => ({
    where: "record" in rule ? `rule ${rule.record}` : `alert ${rule.alert}`,
    expr: rule.expr,
    board: false,
  }));
}

function boardSources({ spec: { dashboard } }: DashboardResource): Source[] {
  const variables = (dashboard.templating?.list ?? []).flatMap(({ name, query }) => {
    const text: unknown = typeof query === "object" && query !== null ? query["query"] : query;
    const series = typeof text === "string" ? /^label_values\((.*),[^,]*\)$/su.exec(text)?.[1] : undefined;
    return series === undefined ? [] : [{ where: `variable $${name}`, expr: series, board: true }];
  });
  const annotations = (dashboard.annotations?.list ?? []).flatMap(({ name, target, expr }) => {
    const asked = textIn(target, "expr") ?? expr;
    return asked === undefined ? [] : [{ where: `annotation "${name}"`, expr: asked, board: true }];
  });
  const panels = (dashboard.panels ?? []).flatMap((panel) =>
    promqlTargets(panel).flatMap((target) => {
      const expr = textIn(target, "expr");
      const where = `panel "${panel.title ?? ""}", query ${textIn(target, "refId") ?? "?"}`;
      return expr === undefined ? [] : [{ where, expr, board: true }];
    }),
  );
  return [...variables, ...annotations, ...panels];
}

/** Logs and traces have languages of their own. */
function promqlTargets(panel: object): readonly unknown[] {
  const { targets = [], datasource } = panel as {
    readonly targets?: readonly unknown[];
    readonly datasource?: { readonly type?: string };
  };
  return datasource?.type === undefined || datasource.type === "prometheus" ? targets : [];
}

function textIn(value: unknown, key: string): string | undefined {
  const found: unknown =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof found === "string" ? found : undefined;
}
