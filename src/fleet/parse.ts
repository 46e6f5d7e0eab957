import { isMap, isNode, LineCounter, parseDocument } from "yaml";
import type { Fleet } from "./model.ts";
import { FleetError, pathText, type Problem } from "./problem.ts";
import { resolveFleet } from "./resolve.ts";

/**
 * Reads `fleet.yaml`.
 * @param file only for messages: `fleet.yaml:12:5: clusters[2].environment: …`
 * @throws {FleetError} with every problem and its line and column.
 */
export function parseFleet(text: string, file: string): Fleet {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: "silent" });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const places = new Map(
      document.errors.map(({ message, pos }): [Problem, string] => [{ path: [], message }, at(pos[0])]),
    );
    throw new FleetError([...places.keys()], (problem) => places.get(problem) ?? file);
  }
  try {
    return resolveFleet(document.toJS());
  } catch (error) {
    // An alias of nothing, or one that would unfold without end.
    if (!(error instanceof FleetError)) throw new FleetError([{ path: [], message: String(error) }], () => file);
    throw new FleetError(error.problems, (problem) => {
      const path = pathText(problem.path);
      const offset = offsetOf(document, problem);
      return [offset === undefined ? file : at(offset), path].filter(Boolean).join(": ");
    });
  }
}

/** Where the value at a path starts; where there is none, its nearest ancestor. */
function offsetOf(document: ReturnType<typeof parseDocument>, { path, key = false }: Problem): number | undefined {
  if (key) {
    const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === path.at(-1)) : undefined;
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}
