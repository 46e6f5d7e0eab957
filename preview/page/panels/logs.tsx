import { dateTimeFormat, FieldType, type PanelProps } from "@grafana/data";
import { ScrollContainer, useTheme2 } from "@grafana/ui";
import { NoData } from "./no-data.tsx";
import { panelPlugin } from "./plugin.ts";

interface LogsOptions {
  readonly showTime: boolean;
  readonly showLabels: boolean;
  readonly wrapLogMessage: boolean;
  readonly sortOrder: "Descending" | "Ascending";
}

export const logsPanel = panelPlugin<LogsOptions>({
  id: "logs",
  component: Logs,
  defaults: { showTime: false, showLabels: false, wrapLogMessage: false, sortOrder: "Descending" },
});

interface Line {
  readonly time: number;
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** More than this is read nowhere, and slow everywhere. */
const most = 1000;

function Logs({ data, width, height, options, timeZone, fieldConfig }: PanelProps<LogsOptions>): JSX.Element {
  const { typography, colors } = useTheme2();
  const lines = data.series.flatMap(({ fields, length }) => {
    const of = (wanted: FieldType): readonly unknown[] => fields.find(({ type }) => type === wanted)?.values ?? [];
    const [times, texts, labels] = [of(FieldType.time), of(FieldType.string), of(FieldType.other)];
    return Array.from({ length }, (_, at): Line => ({
      time: Number(times[at]),
      text: texts[at] as string,
      labels: (labels[at] ?? {}) as Line["labels"],
    }));
  });
  if (lines.length === 0) {
    return <NoData width={width} height={height} says={fieldConfig.defaults.noValue} />;
  }
  lines.sort((a, b) => (options.sortOrder === "Ascending" ? a.time - b.time : b.time - a.time));
  return (
    <ScrollContainer maxHeight={`${height}px`}>
      <div style={{ fontFamily: typography.fontFamilyMonospace, fontSize: typography.bodySmall.fontSize }}>
        {lines.slice(0, most).map(({ time, text, labels }, at) => (
          <div key={at} style={{ whiteSpace: options.wrapLogMessage ? "pre-wrap" : "pre" }}>
            {options.showTime && (
              <span style={{ color: colors.text.secondary }}>{dateTimeFormat(time, { timeZone })} </span>
            )}
            {options.showLabels && <span style={{ color: colors.info.text }}>{Object.values(labels).join(" ")} </span>}
            {text}
          </div>
        ))}
      </div>
    </ScrollContainer>
  );
}
