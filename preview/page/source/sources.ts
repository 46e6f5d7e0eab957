import { type DataSourceApi, type DataSourceInstanceSettings, PluginType } from "@grafana/data";
import type { PreviewSource } from "../../bundle.ts";
import { LokiSource } from "./loki.ts";
import { PrometheusSource } from "./prometheus.ts";
import { SilentSource } from "./silent.ts";

/** A data source of the page for each of the bundle's. */
export function sourcesOf(described: readonly PreviewSource[]): DataSourceApi[] {
  return described.map((source, id) => {
    const settings = settingsOf(source, id + 1);
    if (!source.live) {
      return new SilentSource(settings);
    }
    switch (source.type) {
      case "prometheus":
        return new PrometheusSource(settings, source.interval);
      case "loki":
        return new LokiSource(settings);
      default:
        return new SilentSource(settings);
    }
  });
}

function settingsOf({ uid, name, type }: PreviewSource, id: number): DataSourceInstanceSettings {
  return {
    id,
    uid,
    name,
    type,
    access: "proxy",
    readOnly: true,
    jsonData: {},
    meta: {
      id: type,
      name: type,
      type: PluginType.datasource,
      module: "",
      baseUrl: "",
      metrics: true,
      info: {
        author: { name: "" },
        description: "",
        links: [],
        logos: { small: "", large: "" },
        screenshots: [],
        updated: "",
        version: "",
      },
    },
  };
}
