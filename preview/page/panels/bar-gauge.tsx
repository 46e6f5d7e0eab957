import { type FieldDisplay, type PanelProps, type ReduceDataOptions, VizOrientation } from "@grafana/data";
import { BarGaugeDisplayMode, BarGaugeNamePlacement, BarGaugeValueMode } from "@grafana/schema";
import { BarGauge, DataLinksContextMenu, useTheme2, VizRepeater } from "@grafana/ui";
import type { ComponentProps } from "react";
import { NoData } from "./no-data.tsx";
import { reduceDefaults } from "./options.ts";
import { panelPlugin } from "./plugin.ts";
import { useSingleValues } from "./single-values.ts";

interface BarGaugeOptions {
  readonly reduceOptions: ReduceDataOptions;
  readonly orientation: VizOrientation;
  readonly displayMode: BarGaugeDisplayMode;
  readonly valueMode: BarGaugeValueMode;
  readonly namePlacement: BarGaugeNamePlacement;
  readonly showUnfilled: boolean;
  readonly minVizWidth: number;
  readonly minVizHeight: number;
  readonly maxVizHeight: number;
  readonly text: ComponentProps<typeof BarGauge>["text"];
}

export const barGaugePanel = panelPlugin<BarGaugeOptions>({
  id: "bargauge",
  component: BarGauges,
  defaults: {
    reduceOptions: reduceDefaults,
    orientation: VizOrientation.Auto,
    displayMode: BarGaugeDisplayMode.Gradient,
    valueMode: BarGaugeValueMode.Color,
    namePlacement: BarGaugeNamePlacement.Auto,
    showUnfilled: true,
    minVizWidth: 8,
    minVizHeight: 16,
    maxVizHeight: 300,
  },
});

function BarGauges(props: PanelProps<BarGaugeOptions>): JSX.Element {
  const { data, width, height, renderCounter, options } = props;
  const theme = useTheme2();
  const getValues = useSingleValues(props);
  if (data.series.length === 0) {
    return <NoData width={width} height={height} says={props.fieldConfig.defaults.noValue} />;
  }
  return (
    <VizRepeater<FieldDisplay, ComponentProps<typeof BarGauge>["alignmentFactors"]>
      getValues={getValues}
      getAlignmentFactors={(values) => longest(values)}
      source={data}
      width={width}
      height={height}
      renderCounter={renderCounter}
      orientation={options.orientation}
      minVizWidth={options.minVizWidth}
      minVizHeight={options.minVizHeight}
      maxVizHeight={options.maxVizHeight}
      itemSpacing={options.displayMode === BarGaugeDisplayMode.Lcd ? 2 : 10}
      renderValue={({ value, width: w, height: h, orientation, alignmentFactors }) => {
        const bar = (menu: Pick<ComponentProps<typeof BarGauge>, "onClick" | "className"> = {}): JSX.Element => (
          <BarGauge
            value={value.display}
            field={value.field}
            width={w}
            height={h}
            orientation={orientation}
            theme={theme}
            isOverflow={false}
            displayMode={options.displayMode}
            valueDisplayMode={options.valueMode}
            namePlacement={options.namePlacement}
            showUnfilled={options.showUnfilled}
            itemSpacing={10}
            lcdCellWidth={12}
            {...(alignmentFactors !== undefined && { alignmentFactors })}
            {...(options.text !== undefined && { text: options.text })}
            {...displayOf(value)}
            {...menu}
          />
        );
        const links = value.getLinks;
        return value.hasLinks && links !== undefined ? (
          <DataLinksContextMenu links={() => links()} style={{ height: "100%" }}>
            {({ openMenu, targetClassName }) =>
              bar({
                ...(openMenu !== undefined && { onClick: openMenu }),
                ...(targetClassName !== undefined && { className: targetClassName }),
              })
            }
          </DataLinksContextMenu>
        ) : (
          bar()
        );
      }}
    />
  );
}

/** All bars start and end at the same place, next to the longest title and value. */
function longest(values: readonly FieldDisplay[]): NonNullable<ComponentProps<typeof BarGauge>["alignmentFactors"]> {
  const factors = { title: "", text: "", prefix: "", suffix: "" };
  for (const { display } of values) {
    for (const key of ["title", "text", "prefix", "suffix"] as const) {
      const text = display[key] ?? "";
      factors[key] = text.length > factors[key].length ? text : factors[key];
    }
  }
  return factors;
}

function displayOf({ view, colIndex }: FieldDisplay): Pick<ComponentProps<typeof BarGauge>, "display"> {
  const display = view === undefined || colIndex === undefined ? undefined : view.getFieldDisplayProcessor(colIndex);
  return display === undefined ? {} : { display };
}
