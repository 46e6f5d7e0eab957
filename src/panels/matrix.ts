import { TableCellBackgroundDisplayMode, TableCellDisplayMode } from "@grafana/grafana-foundation-sdk/common";
import {
  type DynamicConfigValue,
  MappingType,
  SpecialValueMatch,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import type { Query } from "../queries/query.ts";
import type { Key } from "./joined.ts";
import { labelName } from "../labels.ts";
import { housed, type Panel, type PanelOptions, refId, type Thresholds, thresholdsOf } from "./panel.ts";
import { target } from "./target.ts";

export interface MatrixOptions extends PanelOptions {
  readonly query: Query;
  /** The label whose values stand at the left, and what that column is called. */
  readonly rows: Key;
  /** The label whose values stand at the top. */
  readonly columns: string;
  readonly mappings?: readonly ValueMapping[];
  /** Of a column that has its own, by the label's value. */
  readonly columnThresholds?: Readonly<Record<string, Thresholds>>;
}

/** Where do two labels meet, and how much? One cell for each pair of their values, coloured by the thresholds. */
export function matrix(options: MatrixOptions): Panel {
  const {
    title,
    query,
    rows,
    columns,
    mappings = [],
    columnThresholds = {},
    links = [],
    span = 12,
    height = 8,
  } = options;
  const asked = { ...query, instant: true };
  const corner = `${labelName(rows.label)}\\${labelName(columns)}`;
  return {
    title,
    queries: [asked],
    span,
    height,
    build() {
      const panel = housed(new PanelBuilder(), { ...options, links: [] }, [asked])
        .targets([target(asked, { refId: refId(0), table: true })])
        .mappings([...mappings, none])
        .transformations([
          {
            id: "groupingToMatrix",
            options: {
              columnField: labelName(columns),
              rowField: labelName(rows.label),
              valueField: "Value",
              emptyValue: "null",
            },
          },
          { id: "organize", options: { renameByName: { [corner]: rows.title } } },
        ])
        .overrideByRegexp(`/^(?!${rows.title}$).*/`, [
          { id: "custom.wrapHeaderText", value: true },
          ...(options.thresholds.because === undefined ? [filled] : []),
        ])
        .overrideByName(rows.title, [
          { id: "unit", value: "string" },
          { id: "mappings", value: nameless(rows.title) },
          ...(rows.width === undefined ? [] : [{ id: "custom.width", value: rows.width }]),
          ...(links.length > 0 ? [{ id: "links", value: links }] : []),
        ]);
      for (const [value, thresholds] of Object.entries(columnThresholds)) {
        panel.overrideByName(value, [{ id: "thresholds", value: thresholdsOf(thresholds).build() }, filled]);
      }
      return panel;
    },
  };
}

/** Where no value is better than another one, nothing is filled. */
const filled: DynamicConfigValue = {
  id: "custom.cellOptions",
  value: { type: TableCellDisplayMode.ColorBackground, mode: TableCellBackgroundDisplayMode.Basic },
};

/** What has the label not, such as an alert about a whole environment, has a row too. */
function nameless(title: string): ValueMapping[] {
  const text = `(no ${title.toLowerCase()})`;
  return [SpecialValueMatch.Empty, SpecialValueMatch.NullAndNan].map((match, index) => ({
    type: MappingType.SpecialValue,
    options: { match, result: { text, index } },
  }));
}

/** A pair that never met has no colour. */
const none: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: "–", color: "transparent", index: 9 } },
};
