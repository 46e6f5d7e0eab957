import type { DecimalCount, GrafanaTheme2, LinkModel, TimeRange } from "@grafana/data";
import { AxisPlacement, DashboardCursorSync, GraphDrawStyle, ScaleDirection, ScaleOrientation } from "@grafana/schema";
import { UPlotChart, UPlotConfigBuilder, usePanelContext, useTheme2, VizTooltipContainer } from "@grafana/ui";
import { type ComponentProps, type ReactNode, useMemo, useState } from "react";
import { createPortal } from "react-dom";
import { LinkList } from "./link-list.tsx";

/** A coloured rectangle in the units of its axes: milliseconds, values, or the number of a category. */
export interface Rect {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly color: string;
  /** Written into it where it fits. */
  readonly text?: string | undefined;
  readonly tooltip: () => ReactNode;
  readonly links?: (() => LinkModel[]) | undefined;
}

export type Axis =
  | { readonly kind: "time"; readonly range: TimeRange; readonly timeZone: string }
  | { readonly kind: "categories"; readonly names: readonly string[] }
  | {
      readonly kind: "values";
      readonly min: number;
      readonly max: number;
      readonly format: (value: number, decimals?: DecimalCount) => string;
    };

interface RectPlotProps {
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
  readonly rects: readonly Rect[];
  /** Pixels between neighbours. */
  readonly gap?: number;
  readonly onZoom?: (range: { from: number; to: number }) => void;
}

type Plot = Parameters<NonNullable<ComponentProps<typeof UPlotChart>["plotRef"]>>[0];

interface Pointed {
  readonly rect: Rect;
  readonly position: { readonly x: number; readonly y: number };
  /** Stays until clicked away, so that its links can be reached. */
  readonly pinned: boolean;
}

/**
 * Rectangles on Grafana's own axes: for the panels that Grafana's core draws and its packages leave out, such as bar
 * charts, state timelines and heatmaps.
 */
export function RectPlot({ width, height, x, y, rects, gap = 1, onZoom }: RectPlotProps): JSX.Element {
  const theme = useTheme2();
  const { eventsScope, sync = () => DashboardCursorSync.Off } = usePanelContext();
  const [pointed, point] = useState<Pointed>();
  // Off is 0, in an enumeration of another package than the type says.
  const syncKey = x.kind === "time" && sync() ? eventsScope : undefined;
  const config = useMemo(() => {
    const builder = axes(theme, x, y, syncKey);
    builder.addHook("draw", (plot) => paint(plot, { rects, gap, theme }));
    builder.addHook("init", (plot) => watch(plot, rects, point));
    if (onZoom !== undefined) {
      builder.addHook("setSelect", (plot) => zoom(plot, onZoom));
    }
    return builder;
  }, [theme, x, y, rects, gap, onZoom, syncKey]);
  const data = useMemo(() => corners(x, y), [x, y]);
  return (
    <>
      <UPlotChart config={config} data={data} width={width} height={height} />
      {pointed !== undefined &&
        createPortal(
          <VizTooltipContainer
            position={pointed.position}
            offset={{ x: 10, y: 10 }}
            allowPointerEvents={pointed.pinned}
          >
            {pointed.rect.tooltip()}
            <LinkList links={pointed.pinned ? (pointed.rect.links?.() ?? []) : []} />
          </VizTooltipContainer>,
          document.body,
        )}
    </>
  );
}

function axes(theme: GrafanaTheme2, x: Axis, y: Axis, syncKey: string | undefined): UPlotConfigBuilder {
  const builder = new UPlotConfigBuilder(x.kind === "time" ? x.timeZone : undefined);
  const add = (scaleKey: "x" | "y", axis: Axis): void => {
    const horizontal = scaleKey === "x";
    const range = rangeOf(axis);
    builder.addScale({
      scaleKey,
      isTime: axis.kind === "time",
      orientation: horizontal ? ScaleOrientation.Horizontal : ScaleOrientation.Vertical,
      // The first of the categories is on top.
      direction: horizontal
        ? ScaleDirection.Right
        : axis.kind === "categories"
          ? ScaleDirection.Down
          : ScaleDirection.Up,
      ...(axis.kind === "values"
        ? { min: null, max: null, softMin: axis.min, softMax: axis.max }
        : { range: () => range }),
    });
    builder.addAxis({
      scaleKey,
      theme,
      placement: horizontal ? AxisPlacement.Bottom : AxisPlacement.Left,
      isTime: axis.kind === "time",
      grid: { show: axis.kind !== "categories" },
      ...(axis.kind === "time" && { timeZone: axis.timeZone }),
      ...(axis.kind === "values" && { formatValue: axis.format }),
      ...(axis.kind === "categories" && {
        ticks: { show: false },
        splits: axis.names.map((_, at) => at),
        values: () => [...axis.names],
      }),
    });
  };
  add("x", x);
  add("y", y);
  // uPlot wants a series to scale to; it draws nothing.
  builder.addSeries({
    scaleKey: "y",
    theme,
    drawStyle: GraphDrawStyle.Line,
    lineWidth: 0,
    pathBuilder: () => null,
    show: true,
    pointSize: 0,
  });
  builder.setCursor({
    x: x.kind === "time",
    y: false,
    points: { show: false },
    drag: { x: x.kind === "time", y: false, setScale: false },
    ...(syncKey !== undefined && { sync: { key: syncKey, scales: ["x", null] } }),
  });
  return builder;
}

function rangeOf(axis: Axis): [number, number] {
  switch (axis.kind) {
    case "time":
      return [axis.range.from.valueOf(), axis.range.to.valueOf()];
    case "categories":
      return [-0.5, axis.names.length - 0.5];
    case "values":
      return [axis.min, axis.max];
  }
}

/** Two points that span both axes. */
function corners(x: Axis, y: Axis): [number[], number[]] {
  return [rangeOf(x), rangeOf(y)];
}

function paint(
  plot: Plot,
  { rects, gap, theme }: { readonly rects: readonly Rect[]; readonly gap: number; readonly theme: GrafanaTheme2 },
): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${12 * ratio}px ${theme.typography.fontFamily}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const { x, y, color, text } of rects) {
    const [left = 0, right = 0] = x.map((at) => plot.valToPos(at, "x", true)).sort(ascending);
    const [top = 0, bottom = 0] = y.map((at) => plot.valToPos(at, "y", true)).sort(ascending);
    const [w, h] = [Math.max(ratio, right - left - gap * ratio), Math.max(0, bottom - top - gap * ratio)];
    ctx.fillStyle = color;
    ctx.fillRect(left, top, w, h);
    if (text !== undefined && ctx.measureText(text).width + 4 * ratio < w && 14 * ratio < h) {
      ctx.fillStyle = theme.colors.getContrastText(color);
      ctx.fillText(text, left + w / 2, top + h / 2);
    }
  }
  ctx.restore();
}

function watch(
  plot: Plot,
  rects: readonly Rect[],
  point: (next: (before?: Pointed) => Pointed | undefined) => void,
): void {
  const at = (event: MouseEvent): Rect | undefined => {
    const box = plot.over.getBoundingClientRect();
    const [x, y] = [plot.posToVal(event.clientX - box.left, "x"), plot.posToVal(event.clientY - box.top, "y")];
    return rects.findLast((rect) => within(x, rect.x) && within(y, rect.y));
  };
  const pointedAt = (event: MouseEvent, pinned: boolean): Pointed | undefined => {
    const rect = at(event);
    return rect === undefined ? undefined : { rect, pinned, position: { x: event.clientX, y: event.clientY } };
  };
  plot.over.addEventListener("mousemove", (event) => {
    point((before) => (before?.pinned === true ? before : pointedAt(event, false)));
  });
  plot.over.addEventListener("mouseleave", () => point((before) => (before?.pinned === true ? before : undefined)));
  plot.over.addEventListener("click", (event) => {
    point((before) => (before?.pinned === true ? undefined : pointedAt(event, (at(event)?.links?.().length ?? 0) > 0)));
  });
}

function zoom(plot: Plot, onZoom: (range: { from: number; to: number }) => void): void {
  const { left, width } = plot.select;
  if (width > 5) {
    onZoom({ from: plot.posToVal(left, "x"), to: plot.posToVal(left + width, "x") });
  }
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
}

function within(value: number, [from, to]: readonly [number, number]): boolean {
  return value >= Math.min(from, to) && value <= Math.max(from, to);
}

function ascending(a: number, b: number): number {
  return a - b;
}
