import {
  ConstantVariable,
  CustomVariable,
  DataSourceVariable,
  IntervalVariable,
  QueryVariable,
  type SceneVariable,
  TextBoxVariable,
} from "@grafana/scenes";
import type { Variable } from "./dashboard.ts";

/** One selector as the dashboard describes it. Throws on a type that the preview does not have. */
export function variable(described: Variable): SceneVariable {
  const { name, label, description, query, regex = "", current, datasource, refresh, sort } = described;
  const text = typeof query === "string" ? query : "";
  const common = {
    name,
    value: current?.value ?? "",
    text: current?.text ?? "",
    ...optional("label", label),
    ...optional("description", description),
    ...optional("hide", described.hide),
    ...optional("skipUrlSync", described.skipUrlSync),
  };
  const choice = {
    ...common,
    ...optional("isMulti", described.multi),
    ...optional("includeAll", described.includeAll),
    ...optional("allValue", described.allValue),
    ...optional("allowCustomValue", described.allowCustomValue),
  };
  switch (described.type) {
    case "query":
      return new QueryVariable({
        ...choice,
        regex,
        query: typeof query === "string" ? query : Object(query),
        ...optional("datasource", datasource),
        ...optional("refresh", refresh),
        ...optional("sort", sort),
      });
    case "custom":
      return new CustomVariable({ ...choice, query: text });
    case "datasource":
      return new DataSourceVariable({ ...choice, pluginId: text, regex });
    case "interval":
      return new IntervalVariable({
        name,
        ...optional("label", label),
        intervals: text.split(","),
        ...(typeof current?.value === "string" && current.value !== "" && { value: current.value }),
        ...optional("autoEnabled", described.auto),
        ...optional("autoMinInterval", described.auto_min),
        ...optional("autoStepCount", described.auto_count),
      });
    case "constant":
      return new ConstantVariable({ ...common, value: text });
    case "textbox":
      return new TextBoxVariable({ ...common, value: String(current?.value ?? text) });
    default:
      throw new Error(`variable ${name} is of the type ${described.type}, which the preview does not know`);
  }
}

/** A key without a value is left out: scenes would take `undefined` over its own default. */
function optional<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: T });
}
