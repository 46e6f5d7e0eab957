import { useTheme2 } from "@grafana/ui";
import type { MouseEvent } from "react";
import { changeParameters } from "../address.ts";
import { panelIdOf } from "../scene/panel-key.ts";
import "./no-data.css";

interface NoDataProps {
  readonly width: number;
  readonly height: number;
  readonly says?: string | undefined;
}

/** Less than this has room for one line. */
const twoLines = 56;

/** In Grafana's words, and the way to the reason. */
export function NoData({ width, height, says = "No data" }: NoDataProps): JSX.Element {
  const theme = useTheme2();
  return (
    <div
      data-testid="no-data"
      style={{
        width,
        height,
        display: "grid",
        placeContent: "center",
        justifyItems: "center",
        color: theme.colors.text.secondary,
      }}
    >
      {says}
      {height >= twoLines && (
        <button type="button" className="no-data-why" onClick={explain}>
          Why?
        </button>
      )}
    </div>
  );
}

/** A panel's component is not told which panel it is; the page is. */
function explain({ currentTarget }: MouseEvent): void {
  const panel = currentTarget.closest("[data-viz-panel-key]");
  const explained = panelIdOf(panel?.getAttribute("data-viz-panel-key") ?? undefined);
  if (explained !== "") {
    changeParameters({ explain: explained });
  }
}
