import { CORE_SCHEMA, constructFromEvents, EVENT_ID, type Event, mergeTag, parseEvents, YAMLException } from "js-yaml";
import { parseDocument } from "yaml";
import type { Document, Path, Position } from "../subject.ts";
import { Lines, Places } from "./places.ts";

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

const schema = CORE_SCHEMA.withTags(mergeTag);
/** More references than anyone writes by hand are an attack on who follows them. */
const maxAliases = 1000;

function readYaml(file: string, text: string): ReadDocuments {
  const parsed = parsedBy(file, text);
  const values = valuesOf(text);
  if (Array.isArray(values)) return { documents: values.map((one) => parsed(one)), problems: [] };
  const documents: ParsedDocument[] = [];
  const problems: Unreadable[] = [];
  // One document at a time, so that only those that are wrong are lost.
  let offset = 0;
  for (const part of text.split(/^(?=---(?:\s|$))/mu)) {
    const own = valuesOf(part);
    if (Array.isArray(own)) documents.push(...own.map((one) => parsed({ ...one, offset })));
    else problems.push(explained({ text, part, offset, thrown: own }));
    offset += part.length;
  }
  return { documents, problems };
}

interface Value {
  readonly value: unknown;
  readonly events: () => readonly Event[];
  /** Where the text begins that the events count from. */
  readonly offset: number;
}

/** Every document of a text, or what is wrong. */
function valuesOf(text: string): Value[] | YAMLException {
  try {
    const events = parseEvents(text, {});
    const values = constructFromEvents(events, { source: text, schema, maxAliases });
    const starts = events.flatMap(({ type }, at) => (type === EVENT_ID.DOCUMENT ? [at] : []));
    return values.map((value, at) => ({ value, events: () => events.slice(starts[at], starts[at + 1]), offset: 0 }));
  } catch (thrown) {
    if (thrown instanceof YAMLException) return thrown;
    throw thrown;
  }
}

interface Wrong {
  readonly text: string;
  /** The document in it. */
  readonly part: string;
  readonly offset: number;
  readonly thrown: YAMLException;
}

/** What is wrong, in the words of the slower of the two parsers, which are the better ones. */
function explained({ text, part, offset, thrown: { reason, mark } }: Wrong): Unreadable {
  const [error] = parseDocument(part, { merge: true, logLevel: "silent" }).errors;
  const message = error ? (error.message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/u, "") : reason;
  return { message, ...new Lines(text).position(offset + (error?.pos[0] ?? mark?.position ?? 0)) };
}

function parsedBy(file: string, text: string): (value: Value) => ParsedDocument {
  let lines: Lines | undefined;
  return ({ value, events, offset }) => {
    let known: Places | undefined;
    // Where things stand is found out only when someone asks.
    const places = (): Places =>
      (known ??= new Places({ text, lines: (lines ??= new Lines(text)), events: events(), offset }));
    const document: Document = {
      file,
      locate: (path, at) => places().locate(path, at),
      exact: (path, at) => places().exact(path, at),
    };
    return { value, text, document, span: (path) => places().span(path) };
  };
}

/** JSON is read by the engine, which is fast. */
function readJson(file: string, text: string): ReadDocuments {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const [, at] = /at position (\d+)/u.exec(message) ?? [];
    const place = new Lines(text).position(at === undefined ? text.length : Number(at));
    return { documents: [], problems: [{ message: message.replace(/ in JSON at position.*$/u, ""), ...place }] };
  }
  return { documents: [parsedBy(file, text)({ value, events: () => parseEvents(text, {}), offset: 0 })], problems: [] };
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
        exact: (innerPath, offset) => {
          const place = inner.document.exact(innerPath, offset);
          return place && outer.document.exact(path, offsetOf(text, place));
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
