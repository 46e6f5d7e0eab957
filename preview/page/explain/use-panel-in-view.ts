import { useEffect } from "react";
import { panelKey } from "../scene/panel-key.ts";

/** The board shrinks beside an explanation, and its panels move: the one that is explained stays to be seen. */
export function usePanelInView(id: string, isThere: boolean): void {
  useEffect(() => {
    if (!isThere) {
      return undefined;
    }
    // The grid measures itself first, and then draws at the new places.
    const timer = setTimeout(() => {
      const panel = document.querySelector(`[data-viz-panel-key=${JSON.stringify(panelKey(id))}]`);
      panel?.scrollIntoView({ block: "nearest" });
    }, layout);
    return () => clearTimeout(timer);
  }, [id, isThere]);
}

/** Milliseconds; Grafana's grid animates for a little less. */
const layout = 300;
