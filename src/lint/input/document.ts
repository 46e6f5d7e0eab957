import { type Document as Yaml, isNode, isScalar, LineCounter, parseAllDocuments, parseDocument } from "yaml";
import type { Document, Path, Position } from "../subject.ts";

/** One document of a file, and the file's text. */
export interface ParsedDocument {
  readonly value: unknown;
  readonly document: Document;
  /** Where in the text the value at a path stands: from, and to excluded. */
  readonly span: (path: Path) => readonly [number, number] | undefined;
  readonly text: string;
}

export interface Unreadable {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export interface ReadDocuments {
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly Unreadable[];
}

/** Reads YAML or JSON. What is wrong has a place; the documents beside it are read. */
export function readDocuments(file: string, text: string): ReadDocuments {
  return file.endsWith(".json") ? readJson(file, text) : readYaml(file, text);
}

function readYaml(file: string, text: string): ReadDocuments {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: "silent" });
  const documents: ParsedDocument[] = [];
  const problems: Unreadable[] = [];
  for (const yaml of Array.isArray(parsed) ? parsed : []) {
    const [error] = yaml.errors;
    if (error) {
      const { line, col } = lines.linePos(error.pos[0]);
      problems.push({
        message: (error.message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/u, ""),
        line,
        column: col,
      });
      continue;
    }
    let value: unknown;
    try {
      value = yaml.toJS({ maxAliasCount: 1000 });
    } catch (thrown) {
      problems.push({ message: thrown instanceof Error ? thrown.message : String(thrown) });
      continue;
    }
    documents.push({ value, text, span: (path) => spanIn(yaml, path), document: placed(file, { yaml, text, lines }) });
  }
  return { documents, problems };
}

/** JSON is read by the engine, which is fast; where things stand is found out only when someone asks. */
function readJson(file: string, text: string): ReadDocuments {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const [, at] = /at position (\d+)/u.exec(message) ?? [];
    const before = text.slice(0, at === undefined ? text.length : Number(at)).split("\n");
    const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    return { documents: [], problems: [{ message: message.replace(/ in JSON at position.*$/u, ""), ...place }] };
  }
  let known: { readonly yaml: Yaml; readonly text: string; readonly lines: LineCounter } | undefined;
  const parse = (): NonNullable<typeof known> => {
    if (!known) {
      const lines = new LineCounter();
      known = { yaml: parseDocument(text, { lineCounter: lines, logLevel: "silent" }), text, lines };
    }
    return known;
  };
  const document: Document = { file, locate: (path, offset) => locate(parse(), path, offset) };
  return { documents: [{ value, text, document, span: (path) => spanIn(parse().yaml, path) }], problems: [] };
}

/** A document inside a text of another one, such as a dashboard in a ConfigMap. */
export function readInner(outer: ParsedDocument, path: Path, name: string, text: string): ReadDocuments {
  const { file } = outer.document;
  const { documents, problems } = readDocuments(name, text);
  return {
    documents: documents.map((inner) => ({
      ...inner,
      document: {
        file,
        locate: (innerPath, offset) => {
          const place = inner.document.locate(innerPath, offset);
          return place && outer.document.locate(path, offsetOf(text, place));
        },
      },
    })),
    problems: problems.map(({ message, line, column }) => ({
      message: `${name}: ${message}`,
      ...(line !== undefined && outer.document.locate(path, offsetOf(text, { line, column: column ?? 1 }))),
    })),
  };
}

function offsetOf(text: string, { line, column }: Position): number {
  let at = 0;
  for (let left = line - 1; left > 0; left--) at = text.indexOf("\n", at) + 1;
  return at + column - 1;
}

interface Placed {
  readonly yaml: Yaml;
  readonly text: string;
  readonly lines: LineCounter;
}

function placed(file: string, parsed: Placed): Document {
  return { file, locate: (path, offset) => locate(parsed, path, offset) };
}

function spanIn(yaml: Yaml, path: Path): readonly [number, number] | undefined {
  const range = nodeAt(yaml, path)?.range;
  return range ? [range[0], range[1]] : undefined;
}

function nodeAt(
  yaml: Yaml,
  path: Path,
): { readonly range?: readonly [number, number, number] | null | undefined } | undefined {
  const node: unknown = path.length === 0 ? yaml.contents : yaml.getIn(path, true);
  return isNode(node) ? node : undefined;
}

/** Where a value begins, or the nearest thing around it that there is. */
function locate({ yaml, text, lines }: Placed, path: Path, offset?: number): Position | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = nodeAt(yaml, path.slice(0, length));
    if (!node?.range) continue;
    const [from] = node.range;
    const value = isScalar(node) && typeof node.value === "string" ? node.value : undefined;
    const at =
      offset === undefined || length < path.length || value === undefined
        ? from
        : withinScalar(text, { from, value, offset });
    const { line, col } = lines.linePos(at);
    return { line, column: col };
  }
  return undefined;
}

/**
 * Where a character of a scalar's value stands in the source. Folding and indentation change blanks only, so the
 * characters that are none are counted.
 */
function withinScalar(
  text: string,
  { from, value, offset }: { readonly from: number; readonly value: string; readonly offset: number },
): number {
  let at = from;
  const first = text[at];
  if (first === "|" || first === ">") at = text.indexOf("\n", at) + 1;
  else if (first === '"' || first === "'") at++;
  let left = value.slice(0, offset).replaceAll(/\s/gu, "").length;
  for (; at < text.length; at++) {
    const char = text[at] ?? "";
    if (/\s/u.test(char)) continue;
    if (left === 0) return at;
    if (first === '"' && char === "\\") at++;
    else if (first === "'" && char === "'") at++;
    left--;
  }
  return from;
}
