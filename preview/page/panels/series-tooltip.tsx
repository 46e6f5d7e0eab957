import {
  type DataFrame,
  dateTimeFormat,
  type Field,
  type FieldType as Type,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  type LinkModel,
} from "@grafana/data";
import { type DashboardCursorSync, SortOrder, TooltipDisplayMode, type VizTooltipOptions } from "@grafana/schema";
import { SeriesTable, TooltipPlugin2, type UPlotConfigBuilder } from "@grafana/ui";
import type { ComponentProps } from "react";
import { LinkList } from "./link-list.tsx";

interface SeriesTooltipProps {
  readonly config: UPlotConfigBuilder;
  /** Time first, then the series in the plot's order. */
  readonly frame: DataFrame;
  readonly options: VizTooltipOptions;
  readonly sync: DashboardCursorSync;
  readonly scope: string;
  readonly onZoom: (range: { from: number; to: number }) => void;
}

/** Grafana's own tooltip behaviour, zoom and pinning included; a pinned one has the data links. */
export function SeriesTooltip({ config, frame, options, sync, scope, onZoom }: SeriesTooltipProps): JSX.Element {
  const single = options.mode === TooltipDisplayMode.Single;
  return (
    <TooltipPlugin2
      config={config}
      // 0: the nearest series, 1: all at this moment; an enum that exists only for the compiler.
      hoverMode={single ? 0 : 1}
      queryZoom={onZoom}
      clientZoom
      syncMode={sync}
      syncScope={scope}
      getDataLinks={(series, at) => linksOf(frame.fields[series], at)}
      render={(_plot, indexes, seriesIndex, pinned, _dismiss, range, viaSync, links) =>
        options.mode === TooltipDisplayMode.None || range !== null || (viaSync && single) ? null : (
          <Content
            frame={frame}
            indexes={indexes}
            seriesIndex={seriesIndex}
            options={options}
            links={pinned ? links : []}
          />
        )
      }
    />
  );
}

interface ContentProps {
  readonly frame: DataFrame;
  readonly indexes: readonly (number | null)[];
  readonly seriesIndex: number | null;
  readonly options: VizTooltipOptions;
  readonly links: readonly LinkModel[];
}

function Content({ frame, indexes, seriesIndex, options, links }: ContentProps): JSX.Element {
  const time = frame.fields[0]?.values[indexes[0] ?? 0] as number;
  return (
    <div style={{ padding: 8 }}>
      <SeriesTable timestamp={dateTimeFormat(time)} series={rows(frame, indexes, seriesIndex, options)} />
      <LinkList links={links} />
    </div>
  );
}

type Row = ComponentProps<typeof SeriesTable>["series"][number];

function rows(
  frame: DataFrame,
  indexes: readonly (number | null)[],
  seriesIndex: number | null,
  { mode, sort }: VizTooltipOptions,
): Row[] {
  const shown = frame.fields.flatMap((field, at) => {
    const index = indexes[at];
    const wanted = field.type === measured && field.config.custom?.hideFrom?.tooltip !== true;
    const chosen = mode === TooltipDisplayMode.Multi || at === seriesIndex;
    return wanted && chosen && index !== null && index !== undefined && field.values[index] !== null
      ? [{ field, at, value: field.values[index] as number }]
      : [];
  });
  if (sort !== SortOrder.None) {
    shown.sort((a, b) => (sort === SortOrder.Ascending ? a.value - b.value : b.value - a.value));
  }
  return shown.map(({ field, at, value }) => {
    const display = field.display?.(value);
    return {
      label: getFieldDisplayName(field, frame),
      value: display === undefined ? String(value) : formattedValueToString(display),
      isActive: at === seriesIndex,
      ...(display?.color !== undefined && { color: display.color }),
    };
  });
}

const measured: Type = FieldType.number;

function linksOf(field: Field | undefined, valueRowIndex: number): LinkModel[] {
  return field?.getLinks?.({ valueRowIndex }) ?? [];
}
