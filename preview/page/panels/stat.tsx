import { type FieldDisplay, type PanelProps, type ReduceDataOptions, VizOrientation } from "@grafana/data";
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  DataLinksContextMenu,
  useTheme2,
  VizRepeater,
} from "@grafana/ui";
import type { ComponentProps } from "react";
import { NoData } from "./no-data.tsx";
import { reduceDefaults } from "./options.ts";
import { panelPlugin } from "./plugin.ts";
import { useSingleValues } from "./single-values.ts";

interface StatOptions {
  readonly reduceOptions: ReduceDataOptions;
  readonly orientation: VizOrientation;
  readonly colorMode: BigValueColorMode;
  readonly graphMode: BigValueGraphMode;
  readonly justifyMode: BigValueJustifyMode;
  readonly textMode: BigValueTextMode;
  readonly wideLayout: boolean;
  readonly text: ComponentProps<typeof BigValue>["text"];
}

export const statPanel = panelPlugin<StatOptions>({
  id: "stat",
  component: Stat,
  defaults: {
    reduceOptions: reduceDefaults,
    orientation: VizOrientation.Auto,
    colorMode: BigValueColorMode.Value,
    graphMode: BigValueGraphMode.Area,
    justifyMode: BigValueJustifyMode.Auto,
    textMode: BigValueTextMode.Auto,
    wideLayout: true,
  },
});

function Stat(props: PanelProps<StatOptions>): JSX.Element {
  const { data, width, height, renderCounter, options } = props;
  const theme = useTheme2();
  const getValues = useSingleValues(props, options.graphMode !== BigValueGraphMode.None);
  if (data.series.length === 0) {
    return <NoData width={width} height={height} says={props.fieldConfig.defaults.noValue} />;
  }
  return (
    <VizRepeater<FieldDisplay>
      getValues={getValues}
      source={data}
      width={width}
      height={height}
      renderCounter={renderCounter}
      orientation={options.orientation}
      autoGrid
      itemSpacing={3}
      renderValue={({ value, width: w, height: h, count }) => {
        const big = (onClick?: ComponentProps<typeof BigValue>["onClick"]): JSX.Element => (
          <BigValue
            value={value.display}
            width={w}
            height={h}
            count={count}
            theme={theme}
            colorMode={options.colorMode}
            graphMode={options.graphMode}
            justifyMode={options.justifyMode}
            textMode={options.textMode}
            disableWideLayout={!options.wideLayout}
            hasLinks={value.hasLinks ?? false}
            {...(value.sparkline !== undefined && { sparkline: value.sparkline })}
            {...(options.text !== undefined && { text: options.text })}
            {...(onClick !== undefined && { onClick })}
          />
        );
        const links = value.getLinks;
        return value.hasLinks && links !== undefined ? (
          <DataLinksContextMenu links={() => links()}>{(menu) => big(menu.openMenu)}</DataLinksContextMenu>
        ) : (
          big()
        );
      }}
    />
  );
}
