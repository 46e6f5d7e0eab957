import type { MetricFindValue, TimeRange } from "@grafana/data";
import { ask, type Labels, type PrometheusData } from "./answers.ts";
import { seriesName } from "./prometheus-frames.ts";

/** What a query variable offers; the functions are those of Grafana's Prometheus data source. */
export async function variableValues(
  uid: string,
  query: string,
  range: TimeRange | undefined,
): Promise<MetricFindValue[]> {
  const when: Record<string, string> =
    range === undefined ? {} : { start: String(range.from.valueOf() / 1000), end: String(range.to.valueOf() / 1000) };

  const labelValues = /^label_values\((?:(.+),\s*)?([A-Za-z_][A-Za-z0-9_]*)\)\s*$/su.exec(query);
  if (labelValues !== null) {
    const [, selector, label = ""] = labelValues;
    return texts(await values(uid, label, { ...when, ...(selector !== undefined && { "match[]": selector }) }));
  }
  if (/^label_names\(\)\s*$/u.test(query)) {
    const { data } = await ask<string[]>(uid, { path: "api/v1/labels", form: new URLSearchParams(when) });
    return texts(data);
  }
  const metrics = /^metrics\((.+)\)\s*$/su.exec(query);
  if (metrics !== null) {
    const wanted = new RegExp(metrics[1] ?? "", "u");
    return texts((await values(uid, "__name__", when)).filter((name) => wanted.test(name)));
  }
  const result = /^query_result\((.+)\)\s*$/su.exec(query);
  if (result !== null) {
    const form = new URLSearchParams({
      query: result[1] ?? "",
      ...(when["end"] !== undefined && { time: when["end"] }),
    });
    const { data } = await ask<PrometheusData>(uid, { path: "api/v1/query", form });
    return data.resultType === "vector"
      ? data.result.map(({ metric, value }) => {
          const [time = 0, text = ""] = value ?? [];
          return { text: `${seriesName(metric, undefined, "")} ${text} ${time * 1000}` };
        })
      : [];
  }
  const form = new URLSearchParams({ ...when, "match[]": query });
  const { data } = await ask<Labels[]>(uid, { path: "api/v1/series", form });
  return texts(data.map((labels) => seriesName(labels, undefined, "")));
}

async function values(uid: string, label: string, form: Record<string, string>): Promise<string[]> {
  const path = `api/v1/label/${label}/values`;
  return (await ask<string[]>(uid, { path, form: new URLSearchParams(form) })).data;
}

function texts(found: readonly string[]): MetricFindValue[] {
  return found.map((text) => ({ text, value: text }));
}
