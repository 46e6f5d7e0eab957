import type { PanelData } from "@grafana/data";
import { getDataSourceSrv } from "@grafana/runtime";
import { type SceneDataQuery, sceneGraph, SceneQueryRunner, type VizPanel } from "@grafana/scenes";
import type { PreviewBundle, PreviewSource } from "../../bundle.ts";
import { asAsked, type PrometheusQuery } from "../source/prometheus.ts";
import { type Told, toldIn } from "../source/told.ts";
import type { Subject } from "./data-questions.ts";

/** One of a panel's queries: as the dashboard has it, as it was asked, and what is known of the answer. */
export interface QueryAsked {
  readonly refId: string;
  readonly hidden: boolean;
  readonly language: "promql" | "other";
  /** With variables, as in the dashboard's file. */
  readonly written: string;
  /** With variables filled in. */
  readonly expr: string;
  readonly legend: string;
  readonly source: PreviewSource | undefined;
  /** Milliseconds between two points; of no use where it asks for a moment. */
  readonly step: number;
  readonly subject: Subject;
  /** The time range as a person chose it, such as `now-1h to now`: the same while only time passes. */
  readonly range: string;
  readonly told: readonly Told[];
}

interface Asking {
  readonly bundle: PreviewBundle;
  readonly panel: VizPanel;
  readonly queries: readonly SceneDataQuery[];
  readonly answered: PanelData | undefined;
}

/** What a panel has asked at last, query by query. */
export function queriesAsked({ bundle, panel, queries, answered }: Asking): QueryAsked[] {
  const request = answered?.request;
  const chosen = sceneGraph.getTimeRange(panel).state;
  const { from, to } = answered?.timeRange ?? chosen.value;
  return queries.map((target): QueryAsked => {
    const { expr = "", legendFormat = "", instant = false, range = false } = target as PrometheusQuery;
    const uid = uidOf(target, panel);
    const source = bundle.sources.find((each) => each.uid === uid);
    const asked = request && asAsked(target, request, source?.interval ?? "15s");
    return {
      refId: target.refId,
      hidden: target.hide === true,
      language: source?.type === "prometheus" ? "promql" : "other",
      written: expr,
      expr: asked?.expr ?? sceneGraph.interpolate(panel, expr),
      legend: legendFormat === "__auto" ? "" : legendFormat,
      source,
      step: asked?.step ?? 0,
      subject: { source: uid, from: from.valueOf(), to: to.valueOf(), instant: instant && !range },
      range: `${chosen.from} to ${chosen.to}`,
      told: toldIn(answered?.series ?? [], target.refId),
    };
  });
}

/** A query may have a data source of its own, and either may be named by a variable. */
function uidOf(target: SceneDataQuery, panel: VizPanel): string {
  const runner = sceneGraph.findObject(panel, (object) => object instanceof SceneQueryRunner);
  const own = runner instanceof SceneQueryRunner ? runner.state.datasource : undefined;
  const scoped = { __sceneObject: { text: "", value: { valueOf: () => panel } } };
  return getDataSourceSrv().getInstanceSettings(target.datasource ?? own ?? null, scoped)?.uid ?? "";
}
