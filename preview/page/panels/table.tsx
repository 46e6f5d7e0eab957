import { cacheFieldDisplayNames, type DataFrame, getFrameDisplayName, type PanelProps } from "@grafana/data";
import { TableCellHeight } from "@grafana/schema";
import { Select } from "@grafana/ui";
import { TableNG } from "@grafana/ui/unstable";
import { useState } from "react";
import { NoData } from "./no-data.tsx";
import { panelPlugin } from "./plugin.ts";

interface TableOptions {
  readonly frameIndex: number;
  readonly showHeader: boolean;
  readonly showTypeIcons: boolean;
  readonly cellHeight: TableCellHeight;
  readonly enablePagination: boolean;
  readonly sortBy: { readonly displayName: string; readonly desc?: boolean }[];
  readonly frozenColumns: { readonly left?: number };
}

export const tablePanel = panelPlugin<TableOptions>({
  id: "table",
  component: Table,
  defaults: { frameIndex: 0, showHeader: true, showTypeIcons: false, cellHeight: TableCellHeight.Sm, sortBy: [] },
  custom: {
    align: "auto",
    inspect: false,
    cellOptions: { type: "auto" },
    footer: undefined,
    width: undefined,
    minWidth: undefined,
    filterable: undefined,
    hidden: undefined,
    hideHeader: undefined,
    hideFrom: undefined,
    tooltip: undefined,
    wrapHeaderText: undefined,
  },
});

const chooser = 40;

function Table(props: PanelProps<TableOptions>): JSX.Element {
  const { data, width, height, options, fieldConfig, timeRange, transparent } = props;
  const [chosen, choose] = useState(options.frameIndex);
  const frame = data.series[chosen] ?? data.series[0];
  if (frame === undefined || frame.fields.length === 0 || frame.length === 0) {
    return <NoData width={width} height={height} says={fieldConfig.defaults.noValue} />;
  }
  // Else the headers have the names from before renaming.
  cacheFieldDisplayNames(data.series);
  const several = data.series.length > 1;
  return (
    <>
      <TableNG
        data={frame}
        width={width}
        height={several ? height - chooser : height}
        noHeader={!options.showHeader}
        showTypeIcons={options.showTypeIcons}
        cellHeight={options.cellHeight}
        initialSortBy={options.sortBy}
        enablePagination={options.enablePagination ?? false}
        frozenColumns={options.frozenColumns?.left ?? 0}
        fieldConfig={fieldConfig}
        timeRange={timeRange}
        transparent={transparent}
        resizable
        {...(data.structureRev !== undefined && { structureRev: data.structureRev })}
      />
      {several && (
        <Select
          aria-label="Series"
          options={data.series.map(frameOption)}
          value={data.series.indexOf(frame)}
          onChange={({ value = 0 }) => choose(value)}
        />
      )}
    </>
  );
}

function frameOption(frame: DataFrame, value: number): { readonly label: string; readonly value: number } {
  return { label: getFrameDisplayName(frame, value), value };
}
