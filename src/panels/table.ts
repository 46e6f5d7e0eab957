import {
  type TableCellOptions,
  TableCellBackgroundDisplayMode,
  TableCellDisplayMode,
  TableSortByFieldStateBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type DynamicConfigValue,
  MappingType,
  SpecialValueMatch,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import { type Column, joined, type Key } from "./joined.ts";
import { housed, type Link, type Panel, type PanelOptions, refId, type Thresholds, thresholdsOf } from "./panel.ts";
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
  const { title, keys, columns, mappings = {}, links = [], worst, span = 24, height = 8 } = options;
  const queries = columns.map(({ query }) => ({ ...query, instant: true }));
  return {
    title,
    queries,
    span,
    height,
    build(answers) {
      const shown = columns.filter((column) => answers(column.query));
      const panel = housed(new PanelBuilder(), { ...options, links: [] }, queries)
        .targets(shown.map(({ query }, at) => target(query, { refId: refId(at), table: true })))
        .transformations(joined(keys, shown))
        .sortBy([new TableSortByFieldStateBuilder().displayName(worst.column).desc(worst.is === "highest")]);
      for (const column of shown) panel.overrideByName(column.title, cell(column));
      const narrow = widened(keys, keys.length + shown.length, span);
      keys.forEach((key, at) =>
        panel.overrideByName(key.title, keyCell(narrow[at] ?? key, mappings[key.title], at === 0 ? links : [])),
      );
      return panel;
    },
  };
}

const filled: TableCellOptions = {
  type: TableCellDisplayMode.ColorBackground,
  mode: TableCellBackgroundDisplayMode.Basic,
};

/** Pixels that names of these things take, as Kubernetes makes them. Everything else is content with less. */
const roomFor: Readonly<Record<string, number>> = {
  alertname: 190,
  cluster: 112,
  container: 130,
  image_spec: 220,
  mountpoint: 130,
  model: 220,
  node: 150,
  os_image: 160,
  persistentvolumeclaim: 190,
  pod: 270,
  resource: 130,
  workload: 150,
};

/** Of a page of 1500 pixels, which a laptop shows. */
const pixelsPerSpan = 61;

/**
 * Columns share a table's width alike. Where a share is too narrow for the names in a column, that has a width of its own and
 * the others share the rest.
 */
function widened(keys: readonly Key[], columns: number, span: number): Key[] {
  let left = span * pixelsPerSpan;
  let sharing = columns;
  for (const { width } of keys) {
    left -= width ?? 0;
    sharing -= width === undefined ? 0 : 1;
  }
  const widths = new Map<Key, number>();
  const needy = keys.filter(({ width }) => width === undefined).toSorted((a, b) => roomOf(b) - roomOf(a));
  for (const key of needy) {
    const room = roomOf(key);
    if (room <= left / sharing) continue;
    widths.set(key, room);
    left -= room;
    sharing -= 1;
  }
  return keys.map((key) => ({ ...key, ...(widths.has(key) && { width: widths.get(key) ?? 0 }) }));
}

function roomOf({ label }: Key): number {
  return roomFor[label] ?? 0;
}

/** The first key is what a row is about: its cell, and not every number, leads on. */
function keyCell(
  { width }: Key,
  mappings: readonly ValueMapping[] | undefined,
  links: readonly Link[],
): DynamicConfigValue[] {
  return [
    // Grafana gives the panel's unit to a text that looks like a number.
    { id: "unit", value: "string" },
    width === undefined ? { id: "custom.minWidth", value: 80 } : { id: "custom.width", value: width },
    ...(mappings ? [{ id: "mappings", value: mappings }] : []),
    ...(links.length > 0 ? [{ id: "links", value: links }] : []),
  ];
}

/** What has no value has no colour either: the first threshold's would say that it is well, or bad. */
const absent: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: "–", color: "transparent", index: 9 } },
};

function cell({ query, thresholds, mappings, width }: TableColumn): DynamicConfigValue[] {
  return [
    { id: "unit", value: grafanaUnit(query.unit) },
    { id: "custom.minWidth", value: 80 },
    { id: "custom.wrapHeaderText", value: true },
    ...(query.unit === "ratio" ? [{ id: "decimals", value: 1 }] : []),
    ...(thresholds
      ? [
          { id: "thresholds", value: thresholdsOf(thresholds).build() },
          { id: "custom.cellOptions", value: filled },
        ]
      : []),
    { id: "mappings", value: [...(mappings ?? []), absent] },
    ...(width === undefined ? [] : [{ id: "custom.width", value: width }]),
  ];
}
