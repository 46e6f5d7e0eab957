import { type DataFrame, FieldColorModeId, FieldType, type PanelProps } from "@grafana/data";
import {
  DashboardCursorSync,
  GraphDrawStyle,
  GraphGradientMode,
  GraphThresholdsStyleMode,
  LineInterpolation,
  ScaleDistribution,
  StackingMode,
  type VizLegendOptions,
  type VizTooltipOptions,
  VisibilityMode,
} from "@grafana/schema";
import { TimeSeries, usePanelContext } from "@grafana/ui";
import { AnnotationMarks } from "./annotation-marks.tsx";
import { NoData } from "./no-data.tsx";
import { legendDefaults, tooltipDefaults } from "./options.ts";
import { panelPlugin } from "./plugin.ts";
import { SeriesTooltip } from "./series-tooltip.tsx";

interface TimeseriesOptions {
  readonly legend: VizLegendOptions;
  readonly tooltip: VizTooltipOptions;
}

export const timeseriesPanel = panelPlugin<TimeseriesOptions>({
  id: "timeseries",
  component: Timeseries,
  color: FieldColorModeId.PaletteClassic,
  annotations: true,
  defaults: { legend: legendDefaults, tooltip: tooltipDefaults },
  custom: {
    drawStyle: GraphDrawStyle.Line,
    lineInterpolation: LineInterpolation.Linear,
    lineWidth: 1,
    lineStyle: undefined,
    lineColor: undefined,
    fillColor: undefined,
    fillOpacity: 0,
    fillBelowTo: undefined,
    gradientMode: GraphGradientMode.None,
    spanNulls: false,
    insertNulls: false,
    showPoints: VisibilityMode.Auto,
    showValues: false,
    pointSize: 5,
    pointColor: undefined,
    barAlignment: 0,
    barMaxWidth: undefined,
    barWidthFactor: 0.6,
    axisPlacement: "auto",
    axisLabel: "",
    axisColorMode: "text",
    axisBorderShow: false,
    axisCenteredZero: false,
    axisGridShow: undefined,
    axisSoftMin: undefined,
    axisSoftMax: undefined,
    axisWidth: undefined,
    scaleDistribution: { type: ScaleDistribution.Linear },
    stacking: { mode: StackingMode.None, group: "A" },
    transform: undefined,
    hideFrom: { tooltip: false, viz: false, legend: false },
    thresholdsStyle: { mode: GraphThresholdsStyleMode.Off },
  },
});

function Timeseries(props: PanelProps<TimeseriesOptions>): JSX.Element {
  const { data, width, height, timeRange, timeZone, options, onChangeTimeRange } = props;
  const { sync = () => DashboardCursorSync.Off, eventsScope } = usePanelContext();
  const frames = data.series.filter(plottable);
  if (frames.length === 0) {
    return <NoData width={width} height={height} says={props.fieldConfig.defaults.noValue} />;
  }
  return (
    <TimeSeries
      frames={frames}
      timeRange={timeRange}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={options.legend}
      options={options}
      {...(data.structureRev !== undefined && { structureRev: data.structureRev })}
    >
      {(config, frame) => (
        <>
          <SeriesTooltip
            config={config}
            frame={frame}
            options={options.tooltip}
            sync={sync()}
            scope={eventsScope}
            onZoom={onChangeTimeRange}
          />
          <AnnotationMarks config={config} annotations={data.annotations ?? []} />
        </>
      )}
    </TimeSeries>
  );
}

function plottable({ fields }: DataFrame): boolean {
  return fields.some(({ type }) => type === FieldType.time) && fields.some(({ type }) => type === FieldType.number);
}
