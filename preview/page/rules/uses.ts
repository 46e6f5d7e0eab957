import type { PreviewBoard } from "../../bundle.ts";
import type { Dashboard, Panel } from "../scene/dashboard.ts";
import type { PrometheusQuery } from "../source/prometheus.ts";
import { namesIn, type PlacedRule } from "./rule-index.ts";

/** A panel that names a rule's series or alert. */
export interface PanelUse {
  readonly board: PreviewBoard;
  readonly panel: Panel;
}

export interface Uses {
  readonly panels: readonly PanelUse[];
  /** Names of rules that read it. */
  readonly rules: readonly string[];
}

/** Who uses a rule, by what it records or how the alert is called. */
export type UsesOf = (name: string) => Uses;

export function usesOf(boards: readonly PreviewBoard[], placed: readonly PlacedRule[]): UsesOf {
  const known = new Set(placed.map(({ name }) => name));
  const panels = new Map<string, PanelUse[]>();
  for (const board of boards) {
    for (const panel of panelsOf(board.dashboard as Dashboard)) {
      for (const name of namesOf(panel)) {
        if (known.has(name)) {
          panels.set(name, [...(panels.get(name) ?? []), { board, panel }]);
        }
      }
    }
  }
  const rules = new Map<string, Set<string>>();
  for (const { name: reader, rule } of placed) {
    for (const name of namesIn(rule.expr)) {
      if (known.has(name) && name !== reader) {
        rules.set(name, (rules.get(name) ?? new Set()).add(reader));
      }
    }
  }
  return (name) => ({ panels: panels.get(name) ?? [], rules: [...(rules.get(name) ?? [])] });
}

function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
}

/** Each once, however many of its queries say it. */
function namesOf({ targets = [] }: Panel): Set<string> {
  return new Set(targets.flatMap((target) => [...namesIn((target as PrometheusQuery).expr ?? "")]));
}
