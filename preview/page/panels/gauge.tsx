import {
  type FieldDisplay,
  formattedValueToString,
  type PanelProps,
  type ReduceDataOptions,
  VizOrientation,
} from "@grafana/data";
import { DataLinksContextMenu, useTheme2, VizRepeater } from "@grafana/ui";
import { NoData } from "./no-data.tsx";
import { reduceDefaults } from "./options.ts";
import { panelPlugin } from "./plugin.ts";
import { useSingleValues } from "./single-values.ts";

interface GaugeOptions {
  readonly reduceOptions: ReduceDataOptions;
  readonly orientation: VizOrientation;
  readonly showThresholdMarkers: boolean;
  readonly showThresholdLabels: boolean;
  readonly minVizWidth: number;
  readonly minVizHeight: number;
}

export const gaugePanel = panelPlugin<GaugeOptions>({
  id: "gauge",
  component: Gauges,
  defaults: {
    reduceOptions: reduceDefaults,
    orientation: VizOrientation.Auto,
    showThresholdMarkers: true,
    showThresholdLabels: false,
    minVizWidth: 75,
    minVizHeight: 75,
  },
});

function Gauges(props: PanelProps<GaugeOptions>): JSX.Element {
  const { data, width, height, renderCounter, options } = props;
  const getValues = useSingleValues(props);
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
      itemSpacing={16}
      minVizWidth={options.minVizWidth}
      minVizHeight={options.minVizHeight}
      renderValue={({ value, width: w, height: h, count }) => {
        const dial = (
          <Dial value={value} width={w} height={h} markers={options.showThresholdMarkers} named={count > 1} />
        );
        const links = value.getLinks;
        return value.hasLinks && links !== undefined ? (
          <DataLinksContextMenu links={() => links()}>{() => dial}</DataLinksContextMenu>
        ) : (
          dial
        );
      }}
    />
  );
}

interface DialProps {
  readonly value: FieldDisplay;
  readonly width: number;
  readonly height: number;
  readonly markers: boolean;
  readonly named: boolean;
}

/** Degrees, clockwise from the right. */
const [start, end] = [-210, 30];

/** Grafana's own gauge needs jQuery and flot on the window, which only its server has. */
function Dial({ value: { display, field }, width, height, markers, named }: DialProps): JSX.Element {
  const { colors, typography, visualization } = useTheme2();
  const [low, high] = [field.min ?? 0, field.max ?? 100];
  const [x, label] = [width / 2, named ? 24 : 0];
  // The arc ends a quarter of the circle below its middle.
  const radius = Math.max(12, Math.min(width / 2, (height - label) / 1.5) - 6);
  const y = radius + 6 + Math.max(0, (height - label - radius * 1.5 - 12) / 2);
  const at = (number: number): number => {
    const share = (Math.min(high, Math.max(low, number)) - low) / (high - low || 1);
    return start + share * (end - start);
  };
  const band = radius * 0.2;
  const steps = field.thresholds?.steps ?? [];
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={`${display.title ?? ""} ${formattedValueToString(display)}`}
    >
      <Arc
        x={x}
        y={y}
        radius={radius - 6 - band / 2}
        from={start}
        to={end}
        width={band}
        color={colors.background.secondary}
      />
      <Arc
        x={x}
        y={y}
        radius={radius - 6 - band / 2}
        from={start}
        to={at(display.numeric)}
        width={band}
        color={display.color}
      />
      {markers &&
        steps.map(({ value, color }, index) => (
          <Arc
            key={value}
            x={x}
            y={y}
            radius={radius - 2}
            from={at(value)}
            to={at(steps[index + 1]?.value ?? high)}
            width={4}
            color={visualization.getColorByName(color)}
          />
        ))}
      <text
        x={x}
        y={y}
        textAnchor="middle"
        dominantBaseline="middle"
        fontSize={radius * 0.36}
        fontFamily={typography.fontFamily}
        fill={display.color}
      >
        {formattedValueToString(display)}
      </text>
      {named && (
        <text
          x={x}
          y={height - 8}
          textAnchor="middle"
          fontSize={13}
          fontFamily={typography.fontFamily}
          fill={colors.text.primary}
        >
          {display.title}
        </text>
      )}
    </svg>
  );
}

interface ArcProps {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly color: string | undefined;
}

function Arc({ x, y, radius, from, to, width, color = "#808080" }: ArcProps): JSX.Element | null {
  const point = (degrees: number): string => {
    const angle = (degrees * Math.PI) / 180;
    return `${x + radius * Math.cos(angle)} ${y + radius * Math.sin(angle)}`;
  };
  const wide = to - from > 180 ? 1 : 0;
  return to <= from ? null : (
    <path
      d={`M ${point(from)} A ${radius} ${radius} 0 ${wide} 1 ${point(to)}`}
      fill="none"
      stroke={color}
      strokeWidth={width}
    />
  );
}
