import { dateTimeFormat } from "@grafana/data";
import { Icon } from "@grafana/ui";
import type { PreviewBundle } from "../../bundle.ts";

/** Says where the numbers are from, unless they are simply those of now. */
export function DataBadge({ data }: { readonly data: PreviewBundle["data"] }): JSX.Element | null {
  return data.kind === "recorded" ? (
    <span className="frame-badge">
      <Icon name="history" size="sm" />
      {`Recorded data, ${stretch(data.from, data.to)} UTC`}
    </span>
  ) : null;
}

/** The day once, where it is one. */
function stretch(from: number, to: number): string {
  const at = (time: number, format: string): string => dateTimeFormat(time, { timeZone: "utc", format });
  const sameDay = at(from, day) === at(to, day);
  return `${at(from, `${day} HH:mm`)}–${at(to, sameDay ? "HH:mm" : `${day} HH:mm`)}`;
}

const day = "YYYY-MM-DD";
