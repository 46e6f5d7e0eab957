import type { Graph, Node } from "./graph.ts";

/** A graph in Mermaid's words, which GitHub, GitLab and Azure DevOps draw where they stand in a page. */
export function mermaid({ columns, edges }: Graph): string {
  const name = namesOf(columns.flatMap(({ groups }) => groups.flatMap(({ id, nodes }) => [id, ...nodes.map(own)])));
  const groups = columns.flatMap((column) => column.groups);
  const faint = groups.flatMap(({ nodes }) => nodes.filter((node) => node.faint).map(({ id }) => name(id)));
  return [
    "flowchart LR",
    ...groups.flatMap(({ id, title, nodes }) => [
      `  subgraph ${name(id)}["${escaped(title)}"]`,
      "    direction TB",
      ...nodes.map((node) => `    ${name(node.id)}["${[node.title, ...node.lines].map(escaped).join("<br/>")}"]`),
      "  end",
    ]),
    ...edges.map(({ from, to, aside }) => `  ${name(from)} ${aside ? "-.->" : "-->"} ${name(to)}`),
    ...(faint.length > 0 ? ["  classDef faint stroke-dasharray: 4 3", `  class ${faint.join(",")} faint`] : []),
  ]
    .join("\n")
    .concat("\n");
}

function own({ id }: Node): string {
  return id;
}

/** Mermaid's own names are letters, digits and low lines; two that would be one are numbered. */
function namesOf(ids: readonly string[]): (id: string) => string {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const id of ids) {
    const plain = id.replaceAll(/[^a-zA-Z0-9]/gu, "_");
    let name = plain;
    for (let next = 2; taken.has(name); next++) name = `${plain}_${next}`;
    taken.add(name);
    names.set(id, name);
  }
  return (id) => names.get(id) ?? id;
}

/** Mermaid reads marks of its own and HTML in a text, and writes a character by its number. */
function escaped(text: string): string {
  return text.replaceAll(/[#"<>&;`*_[\]{}|\\]/gu, (character) => `#${character.codePointAt(0)};`);
}
