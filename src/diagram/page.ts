import type { Graph } from "./graph.ts";
import { mermaid } from "./mermaid.ts";

/** Where the generated part of a page begins and ends. */
const begin = "<!-- What follows is written by `npm run docs`. -->";
const end = "<!-- What follows is written by hand. -->";

/** A page with its diagram brought up to date. */
export function architecturePage(graph: Graph, page: string): string {
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before < 0 || after < before) throw new Error("the page does not say where its diagram goes");
  return `${page.slice(0, before)}${begin}\n\n\`\`\`mermaid\n${mermaid(graph)}\`\`\`\n\n${page.slice(after)}`;
}
