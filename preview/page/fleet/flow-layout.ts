import type { Flow, FlowEdge, FlowNode } from "./flow.ts";

/** A box at its place: pixels down, hundredths of the width across. */
export interface PlacedNode {
  readonly node: FlowNode;
  readonly left: number;
  readonly top: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly edge: FlowEdge;
  /** In a drawing 100 wide and as many pixels high as the layout. */
  readonly path: string;
}

export interface FlowLayout {
  readonly columns: readonly (readonly PlacedNode[])[];
  readonly edges: readonly PlacedEdge[];
  readonly height: number;
}

/** Hundredths of the width. */
export const boxWidth = 20;

const gap = 12;
const padding = 17;
const line = 18;

/** Every column in the middle of the tallest. */
export function flowLayout({ columns, edges }: Flow): FlowLayout {
  const heights = columns.map(({ nodes }) => nodes.reduce((sum, node) => sum + heightOf(node) + gap, -gap));
  const height = Math.max(...heights, 0);
  const between = (100 - columns.length * boxWidth) / (columns.length - 1);
  const placed = columns.map(({ nodes }, column) => {
    let top = (height - (heights[column] ?? 0)) / 2;
    return nodes.map((node): PlacedNode => {
      const at = top;
      top += heightOf(node) + gap;
      return { node, left: column * (boxWidth + between), top: at, height: heightOf(node) };
    });
  });
  const byId = new Map(placed.flat().map((each) => [each.node.id, each]));
  return {
    columns: placed,
    height,
    edges: edges.flatMap((edge) => {
      const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
      return from === undefined || to === undefined ? [] : [{ edge, path: pathOf(from, to, edge.kind) }];
    }),
  };
}

function heightOf({ lines, mark }: FlowNode): number {
  return padding + line * (1 + lines.length + (mark === undefined ? 0 : 1));
}

function pathOf(from: PlacedNode, to: PlacedNode, kind: FlowEdge["kind"]): string {
  const [x1, y1] = [from.left + boxWidth, from.top + from.height / 2];
  const y2 = to.top + to.height / 2;
  if (kind === "rules") {
    // Within a column: out at its left and in again, where the data come from the other side.
    const x = from.left;
    const bend = x - 4;
    return `M ${x} ${y1 + 8} C ${bend} ${y1 + 8} ${bend} ${y2 + 8} ${x} ${y2 + 8}`;
  }
  const x2 = to.left;
  const middle = (x1 + x2) / 2;
  return `M ${x1} ${y1} C ${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}
