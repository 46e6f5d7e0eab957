import {
  type TableCellOptions,
  TableCellBackgroundDisplayMode,
  TableCellDisplayMode,
  TableSortByFieldStateBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import type { DynamicConfigValue, ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import { type Column, joined, type Key } from "./joined.ts";
import { housed, type Panel, type PanelOptions, refId, type Thresholds, thresholdsOf } from "./panel.ts";
import { target } from "./target.ts";
import { grafanaUnit } from "./unit.ts";

export interface TableColumn extends Column {
  readonly thresholds?: Thresholds;
  readonly mappings?: readonly ValueMapping[];
  readonly width?: number;
}

export interface TableOptions extends PanelOptions {
  readonly keys: readonly Key[];
  readonly columns: readonly [TableColumn, ...TableColumn[]];
  /** Words for the values of a key's column, by its title. */
  readonly mappings?: Readonly<Record<string, readonly ValueMapping[]>>;
  /** Title of the column that comes first in the order, the worst on top. */
  readonly worst: { readonly column: string; readonly is: "highest" | "lowest" };
}

/** Which of them, and what about each? A row per thing, a coloured cell per measure. */
export function table(options: TableOptions): Panel {
  const { title, keys, columns, mappings = {}, worst, span = 24, height = 8 } = options;
  const queries = columns.map(({ query }) => ({ ...query, instant: true }));
  return {
    title,
    queries,
    span,
    height,
    build(answers) {
      const shown = columns.filter((column) => answers(column.query));
      const panel = housed(new PanelBuilder(), options, queries)
        .targets(shown.map(({ query }, at) => target(query, { refId: refId(at), table: true })))
        .transformations(joined(keys, shown))
        .sortBy([new TableSortByFieldStateBuilder().displayName(worst.column).desc(worst.is === "highest")]);
      for (const column of shown) panel.overrideByName(column.title, cell(column));
      for (const [key, value] of Object.entries(mappings)) panel.overrideByName(key, [{ id: "mappings", value }]);
      return panel;
    },
  };
}

const filled: TableCellOptions = {
  type: TableCellDisplayMode.ColorBackground,
  mode: TableCellBackgroundDisplayMode.Basic,
};

function cell({ query, thresholds, mappings, width }: TableColumn): DynamicConfigValue[] {
  return [
    { id: "unit", value: grafanaUnit(query.unit) },
    ...(query.unit === "ratio" ? [{ id: "decimals", value: 1 }] : []),
    ...(thresholds
      ? [
          { id: "thresholds", value: thresholdsOf(thresholds).build() },
          { id: "custom.cellOptions", value: filled },
        ]
      : []),
    ...(mappings ? [{ id: "mappings", value: mappings }] : []),
    ...(width === undefined ? [] : [{ id: "custom.width", value: width }]),
  ];
}
