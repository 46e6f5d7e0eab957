import { useCallback, useEffect } from "react";
import { changeParameters } from "../address.ts";
import { panelKey } from "../scene/panel-key.ts";

/** What has its own use for Escape while it is open. */
const popups = '[role="listbox"], [role="menu"], [role="dialog"], [role="tooltip"] button';

/** Closes the explanation, with Escape too; the keyboard is then where it was opened. */
export function useClosing(id: string): () => void {
  const close = useCallback(() => {
    changeParameters({ explain: "" });
    const panel = document.querySelector(`[data-viz-panel-key=${JSON.stringify(panelKey(id))}]`);
    panel?.querySelector<HTMLElement>(".explain-button")?.focus();
  }, [id]);

  useEffect(() => {
    const closeOnEscape = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented && document.querySelector(popups) === null) {
        close();
      }
    };
    // Before whoever else hears it closes what it has open.
    window.addEventListener("keydown", closeOnEscape, { capture: true });
    return () => window.removeEventListener("keydown", closeOnEscape, { capture: true });
  }, [close]);

  return close;
}
