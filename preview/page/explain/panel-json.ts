import type { Dashboard, Panel } from "../scene/dashboard.ts";

/** A panel as the dashboard's file has it. The id of one of several copies begins with that of all. */
export function panelJson(dashboard: unknown, id: string): Panel | undefined {
  const panels = ((dashboard as Dashboard).panels ?? []).flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const named = (panel: Panel): boolean => String(panel.id) === id;
  return panels.find(named) ?? panels.find((panel) => id.startsWith(`${panel.id}-`));
}
