import type { Column, Graph, Group, Node } from "./graph.ts";

/** Pixels. */
const size = {
  margin: 24,
  heading: 34,
  padding: 10,
  groupTitle: 26,
  line: 16,
  gap: 10,
  groupGap: 20,
  columnGap: 84,
  /** Of a character, on average and at the most that fonts without serifs have of such names. */
  bold: 7.6,
  plain: 6.6,
} as const;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Placed {
  readonly columns: readonly { readonly column: Column; readonly x: number }[];
  readonly groups: readonly { readonly group: Group; readonly box: Box }[];
  readonly nodes: ReadonlyMap<string, { readonly node: Node; readonly box: Box }>;
  readonly width: number;
  readonly height: number;
}

/**
 * A graph as a picture of boxes and arrows, on ground of its own: light, or dark where the reader prefers that. Holds no script,
 * no font and nothing from elsewhere.
 */
export function svg(graph: Graph): string {
  const placed = place(graph);
  const { width, height, nodes } = placed;
  const title = escaped(`${graph.title}: from the clusters to the people`);
  const edges = graph.edges.flatMap(({ from, to, aside }) => {
    const [a, b] = [nodes.get(from)?.box, nodes.get(to)?.box];
    return a && b ? [`<path class="edge${aside ? " aside" : ""}" d="${curve(a, b)}" marker-end="url(#head)"/>`] : [];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    style,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>',
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...placed.columns.map(
      ({ column, x }) => `<text class="heading" x="${x}" y="${size.margin + 12}">${escaped(column.title)}</text>`,
    ),
    ...placed.groups.map(
      ({ group, box }) =>
        `${rectangle("group", box)}<text class="group-title" x="${box.x + size.padding}" y="${box.y + 18}">${escaped(group.title)}</text>`,
    ),
    // Below the boxes, above their groups.
    ...edges,
    ...[...nodes.values()].map(({ node, box }) => drawn(node, box)),
    "</svg>",
    "",
  ].join("\n");
}

function drawn({ title, lines, faint }: Node, box: Box): string {
  const x = box.x + size.padding;
  const first = box.y + size.padding + 11;
  const texts = lines.map((line, at) => `<text x="${x}" y="${first + (at + 1) * size.line}">${escaped(line)}</text>`);
  return `${rectangle(faint ? "node faint" : "node", box)}<text class="name" x="${x}" y="${first}">${escaped(title)}</text>${texts.join("")}`;
}

function rectangle(kind: string, { x, y, width, height }: Box): string {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`;
}

/** From the right side of a box to the left side of another. */
function curve(from: Box, to: Box): string {
  const [x, y] = [from.x + from.width, from.y + from.height / 2];
  const [toX, toY] = [to.x, to.y + to.height / 2];
  const bend = (toX - x) / 2;
  return `M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`;
}

function place({ columns }: Graph): Placed {
  const heights = columns.map(({ groups }) => columnHeight(groups));
  const tallest = Math.max(0, ...heights);
  const top = size.margin + size.heading;
  const groups: { group: Group; box: Box }[] = [];
  const nodes = new Map<string, { node: Node; box: Box }>();
  const headed: { column: Column; x: number }[] = [];
  let x: number = size.margin;
  for (const [at, column] of columns.entries()) {
    const width = columnWidth(column);
    headed.push({ column, x });
    let y = top + Math.round((tallest - (heights[at] ?? 0)) / 2);
    for (const group of column.groups) {
      const height = groupHeight(group);
      groups.push({ group, box: { x, y, width, height } });
      let inside = y + size.groupTitle;
      for (const node of group.nodes) {
        const box = { x: x + size.padding, y: inside, width: width - 2 * size.padding, height: nodeHeight(node) };
        nodes.set(node.id, { node, box });
        inside += box.height + size.gap;
      }
      y += height + size.groupGap;
    }
    x += width + size.columnGap;
  }
  return {
    columns: headed,
    groups,
    nodes,
    width: Math.max(0, x - size.columnGap) + size.margin,
    height: top + tallest + size.margin,
  };
}

function columnWidth({ title, groups }: Column): number {
  const boxes = groups.flatMap((group) => [
    group.title.length * size.bold,
    ...group.nodes.flatMap((node) => [
      node.title.length * size.bold + 2 * size.padding,
      ...node.lines.map((line) => line.length * size.plain + 2 * size.padding),
    ]),
  ]);
  return Math.ceil(Math.max(title.length * size.bold, ...boxes) + 2 * size.padding);
}

function columnHeight(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + groupHeight(group), 0) + size.groupGap * Math.max(0, groups.length - 1);
}

function groupHeight({ nodes }: Group): number {
  return size.groupTitle + nodes.reduce((sum, node) => sum + nodeHeight(node) + size.gap, 0);
}

function nodeHeight({ lines }: Node): number {
  return 2 * size.padding + size.line * (1 + lines.length) - 2;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (character) => `&#${character.codePointAt(0)};`);
}

const style = `<style>
  svg { --ground: #ffffff; --group: #f3f5f8; --node: #ffffff; --line: #8a94a3; --text: #1c2430; --soft: #566172; --edge: #5b7fb5 }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #11151b; --group: #1a2029; --node: #232b36; --line: #5d6878; --text: #e8ecf2; --soft: #a7b1c0; --edge: #7ea6e0 }
  }
  text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: var(--soft) }
  .heading { font-size: 13px; font-weight: 600; fill: var(--text) }
  .group-title { font-weight: 600 }
  .name { font-weight: 600; fill: var(--text) }
  .ground { fill: var(--ground) }
  .group { fill: var(--group); stroke: none }
  .node { fill: var(--node); stroke: var(--line) }
  .faint { stroke-dasharray: 4 3 }
  .edge { fill: none; stroke: var(--edge); stroke-width: 1.5 }
  .aside { stroke-dasharray: 4 4; opacity: .75 }
  .head { fill: var(--edge) }
</style>`;
