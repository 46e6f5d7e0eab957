import { blocksOf, type Choice, placed, repeatedBy } from "../../preview/page/scene/blocks.ts";
import type { Panel } from "../../preview/page/scene/dashboard.ts";

const panel = (id: number, x: number, y: number, w: number, h: number, more: Partial<Panel> = {}): Panel => ({
  id,
  type: "stat",
  gridPos: { x, y, w, h },
  ...more,
});

const row = (id: number, y: number, more: Partial<Panel> = {}): Panel =>
  panel(id, 0, y, 24, 1, { type: "row", ...more });

const choices = (variable: string): Choice[] =>
  ["a", "b", "c", "d", "e"].map((value) => ({ name: variable, value, text: value.toUpperCase() }));

/** `id[copy][=choice] x,y w×h`, rows first. */
function drawn(panels: readonly Panel[]): string[] {
  return placed(blocksOf(panels), choices).flatMap((block) =>
    [block.row, ...block.panels].flatMap((each) => {
      if (each === undefined) {
        return [];
      }
      const { at, copy, choice } = each;
      return [`${each.panel.id}${copy}${choice ? `=${choice.value}` : ""} ${at.x},${at.y} ${at.w}×${at.h}`];
    }),
  );
}

test.each([
  {
    what: "panels without rows stay where they are",
    panels: [panel(1, 0, 0, 12, 8), panel(2, 12, 0, 12, 8)],
    drawn: ["1 0,0 12×8", "2 12,0 12×8"],
  },
  {
    what: "panels belong to the row before them",
    panels: [row(1, 0), panel(2, 0, 1, 24, 8), row(3, 9), panel(4, 0, 10, 24, 8)],
    drawn: ["1 0,0 24×1", "2 0,1 24×8", "3 0,9 24×1", "4 0,10 24×8"],
  },
  {
    what: "a folded row holds its panels",
    panels: [row(1, 0, { collapsed: true, panels: [panel(2, 0, 1, 24, 8)] }), row(3, 1), panel(4, 0, 2, 24, 8)],
    drawn: ["1 0,0 24×1", "2 0,1 24×8", "3 0,1 24×1", "4 0,2 24×8"],
  },
  {
    what: "a panel is repeated across, and what lies below moves down",
    panels: [panel(1, 0, 0, 6, 4, { repeat: "cluster" }), panel(2, 0, 4, 24, 8)],
    drawn: ["1=a 0,0 6×4", "1-b=b 6,0 6×4", "1-c=c 12,0 6×4", "1-d=d 18,0 6×4", "1-e=e 0,4 6×4", "2 0,8 24×8"],
  },
  {
    what: "a panel is repeated downwards",
    panels: [panel(1, 3, 0, 6, 2, { repeat: "cluster", repeatDirection: "v" }), panel(2, 0, 2, 24, 8)],
    drawn: ["1=a 3,0 6×2", "1-b=b 3,2 6×2", "1-c=c 3,4 6×2", "1-d=d 3,6 6×2", "1-e=e 3,8 6×2", "2 0,10 24×8"],
  },
  {
    what: "a row is repeated with its panels, and the next row moves down",
    panels: [row(1, 0, { repeat: "cluster" }), panel(2, 0, 1, 24, 3), row(3, 4)],
    drawn: [
      ...["", "-1", "-2", "-3", "-4"].flatMap((copy, at) => {
        const choice = "abcde".charAt(at);
        return [`1${copy}=${choice} 0,${at * 4} 24×1`, `2${copy}=${choice} 0,${at * 4 + 1} 24×3`];
      }),
      "3 0,20 24×1",
    ],
  },
])("$what", ({ panels, drawn: expected }) => {
  expect(drawn(panels)).toEqual(expected);
});

test("only the variables that something is repeated by are named, each once", () => {
  const folded = row(3, 0, { collapsed: true, panels: [panel(4, 0, 1, 6, 4, { repeat: "pod" })] });
  const repeated = (id: number): Panel => panel(id, 0, 0, 6, 4, { repeat: "cluster" });
  expect(repeatedBy([repeated(1), repeated(2), folded, panel(5, 0, 0, 6, 4)])).toEqual(["cluster", "pod"]);
});
