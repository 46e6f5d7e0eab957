import { type DataFrame, dateTimeFormat } from "@grafana/data";
import { Tooltip, type UPlotChart, type UPlotConfigBuilder, useTheme2 } from "@grafana/ui";
import { type ComponentProps, useLayoutEffect, useReducer, useRef } from "react";
import { createPortal } from "react-dom";

type Plot = Parameters<NonNullable<ComponentProps<typeof UPlotChart>["plotRef"]>>[0];

interface Mark {
  readonly time: number;
  readonly timeEnd?: number;
  readonly title?: string;
  readonly text?: string;
  readonly color?: string;
  readonly tags?: readonly string[];
}

interface AnnotationMarksProps {
  readonly config: UPlotConfigBuilder;
  readonly annotations: readonly DataFrame[];
}

/** A dashed line and a handle for each event, as Grafana draws them over a time series. */
export function AnnotationMarks({ config, annotations }: AnnotationMarksProps): JSX.Element | null {
  const plot = useRef<Plot>();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => {
    config.addHook("init", (made) => {
      plot.current = made;
    });
    // Positions follow every zoom and resize.
    config.addHook("draw", () => queueMicrotask(redraw));
  }, [config]);
  const drawn = plot.current;
  if (drawn === undefined || annotations.length === 0) {
    return null;
  }
  const { min = null, max = null } = drawn.scales["x"] ?? {};
  const marks = annotations.flatMap(marksOf);
  const visible = marks.filter(
    ({ time, timeEnd = time }) => min !== null && max !== null && timeEnd >= min && time <= max,
  );
  return createPortal(
    visible.map((mark, at) => <MarkHandle key={at} mark={mark} plot={drawn} />),
    drawn.over,
  );
}

function marksOf({ fields, length }: DataFrame): Mark[] {
  return Array.from({ length }, (_, row) => {
    const cells = fields.map(({ name, values }) => [name, values[row] as unknown]);
    return Object.fromEntries(cells) as Mark;
  });
}

function MarkHandle({ mark, plot }: { readonly mark: Mark; readonly plot: Plot }): JSX.Element {
  const theme = useTheme2();
  const { time, timeEnd = time, title, text, tags = [] } = mark;
  const color = theme.visualization.getColorByName(mark.color ?? "blue");
  const left = Math.max(0, plot.valToPos(time, "x"));
  const width = Math.max(0, Math.min(plot.over.clientWidth, plot.valToPos(timeEnd, "x")) - left);
  const content = (
    <>
      <div>{dateTimeFormat(time)}</div>
      <strong>{title}</strong>
      {text && <div>{text}</div>}
      {tags.length > 0 && <div>{tags.join(" · ")}</div>}
    </>
  );
  return (
    <div style={{ position: "absolute", left, width, top: 0, bottom: 0, pointerEvents: "none" }}>
      <div style={{ position: "absolute", inset: 0, background: color, opacity: 0.1 }} />
      <div style={{ position: "absolute", inset: 0, borderLeft: `1px dashed ${color}` }} />
      <Tooltip content={content}>
        <button
          type="button"
          aria-label={`${title ?? "Event"}, ${dateTimeFormat(time)}`}
          style={{
            all: "unset",
            position: "absolute",
            bottom: -6,
            left: -5,
            pointerEvents: "all",
            borderLeft: "5px solid transparent",
            borderRight: "5px solid transparent",
            borderBottom: `6px solid ${color}`,
          }}
        />
      </Tooltip>
    </div>
  );
}
