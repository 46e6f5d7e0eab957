import type { GridPosition, Panel } from "./dashboard.ts";

/** A row with the panels that belong to it; the first block of a board may have no row. */
export interface Block {
  readonly row?: Panel;
  readonly panels: readonly Panel[];
}

/** One value of a variable: what a repeated panel or row stands for. */
export interface Choice {
  readonly name: string;
  readonly value: string;
  readonly text: string;
}

/** A panel at its final place. `copy` tells those of one repeated panel apart. */
export interface PlacedPanel {
  readonly panel: Panel;
  readonly at: GridPosition;
  readonly copy: string;
  readonly choice?: Choice;
}

export interface PlacedBlock {
  readonly row?: PlacedPanel;
  readonly panels: readonly PlacedPanel[];
}

const columns = 24;
const nowhere: GridPosition = { x: 0, y: 0, w: 12, h: 8 };

/** Grafana's files list the panels of an open row after it, and those of a folded one within it. */
export function blocksOf(panels: readonly Panel[]): Block[] {
  const blocks: { row?: Panel; panels: Panel[] }[] = [];
  for (const panel of panels) {
    const last = blocks.at(-1);
    if (panel.type === "row") {
      blocks.push({ row: panel, panels: [...(panel.panels ?? [])] });
    } else if (last === undefined || last.row?.collapsed === true) {
      blocks.push({ panels: [panel] });
    } else {
      last.panels.push(panel);
    }
  }
  return blocks;
}

/** Names of the variables whose values are drawn each in a panel or row of its own. */
export function repeatedBy(panels: readonly Panel[]): string[] {
  const all = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  return [...new Set(all.flatMap(({ repeat }) => (repeat ? [repeat] : [])))];
}

/** Repeats what is to be repeated, and moves down what lies below. */
export function placed(blocks: readonly Block[], choices: (variable: string) => readonly Choice[]): PlacedBlock[] {
  let down = 0;
  return blocks.flatMap((block) => {
    const { row } = block;
    const rows = row?.repeat ? choices(row.repeat) : [undefined];
    return rows.map((choice, index): PlacedBlock => {
      const copy = index === 0 ? "" : `-${index}`;
      const { panels, grown } = placedPanels(block.panels, { down, copy, choice, choices });
      const top = row?.gridPos?.y ?? 0;
      const at = { x: 0, y: top + down, w: columns, h: 1 };
      const last = index === rows.length - 1;
      const bottom = Math.max(top + 1, ...block.panels.map(bottomOf));
      const folded = row?.collapsed === true;
      down += folded ? (last ? 0 : 1) : grown + (last ? 0 : bottom - top);
      return { panels, ...(row !== undefined && { row: { panel: row, at, copy, ...(choice && { choice }) } }) };
    });
  });
}

interface Placing {
  readonly down: number;
  readonly copy: string;
  readonly choice: Choice | undefined;
  readonly choices: (variable: string) => readonly Choice[];
}

function placedPanels(
  panels: readonly Panel[],
  { down, copy, choice, choices }: Placing,
): { readonly panels: PlacedPanel[]; readonly grown: number } {
  const result: PlacedPanel[] = [];
  const growths: { readonly from: number; readonly by: number }[] = [];
  for (const panel of panels) {
    const { x, y, w, h } = panel.gridPos ?? nowhere;
    const moved = growths.filter(({ from }) => y >= from).reduce((sum, { by }) => sum + by, down);
    const own = panel.repeat ? choices(panel.repeat) : undefined;
    if (own === undefined || own.length === 0) {
      result.push({ panel, copy, at: { x, y: y + moved, w, h }, ...(choice && { choice }) });
      continue;
    }
    const across = panel.repeatDirection === "v" ? 1 : Math.min(own.length, panel.maxPerRow ?? 4);
    const width = panel.repeatDirection === "v" ? w : Math.floor(columns / across);
    for (const [index, each] of own.entries()) {
      const [column, line] = [index % across, Math.floor(index / across)];
      const at = { x: across === 1 ? x : column * width, y: y + moved + line * h, w: width, h };
      result.push({ panel, at, copy: index === 0 ? copy : `${copy}-${each.value}`, choice: each });
    }
    growths.push({ from: y + h, by: (Math.ceil(own.length / across) - 1) * h });
  }
  return { panels: result, grown: growths.reduce((sum, { by }) => sum + by, 0) };
}

function bottomOf({ gridPos: { y, h } = nowhere }: Panel): number {
  return y + h;
}
