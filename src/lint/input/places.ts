import { EVENT_ID, type Event, getScalarValue, SCALAR_STYLE, type ScalarEvent } from "js-yaml";
import type { Path, Position } from "../subject.ts";

/** Lines and columns of a text, by offset. */
export class Lines {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.starts.push(at + 1);
  }

  position(offset: number): Position {
    let [low, high] = [0, this.starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? Infinity) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 };
  }
}

export interface PlacesOptions {
  /** The whole file. */
  readonly text: string;
  readonly lines: Lines;
  /** Of one document. */
  readonly events: readonly Event[];
  /** Where the text begins that the events count from. */
  readonly offset: number;
}

/** Where the values of a document stand, found in what the parser met on its way. */
export class Places {
  private readonly text: string;
  private readonly lines: Lines;
  private readonly events: readonly Event[];
  private readonly offset: number;
  /** The event after everything in the one at an index. */
  private readonly after: Int32Array;
  private readonly parts = new Map<number, readonly number[]>();

  constructor({ text, lines, events, offset }: PlacesOptions) {
    this.text = text;
    this.lines = lines;
    this.events = events;
    this.offset = offset;
    this.after = new Int32Array(events.length);
    const open: number[] = [];
    events.forEach(({ type }, at) => {
      if (type === EVENT_ID.POP) this.after[open.pop() ?? 0] = at + 1;
      else if (type === EVENT_ID.SCALAR || type === EVENT_ID.ALIAS) this.after[at] = at + 1;
      else open.push(at);
    });
  }

  /** Where a value begins, or the character at an offset into a text; or the nearest thing around it that there is. */
  locate(path: Path, offset?: number): Position | undefined {
    for (let length = path.length; length >= 0; length--) {
      const node = this.find(path.slice(0, length));
      if (node === undefined) continue;
      const event = this.events[node];
      const at =
        offset === undefined || length < path.length || event?.type !== EVENT_ID.SCALAR
          ? this.from(node)
          : this.within(event, offset);
      return this.lines.position(at);
    }
    return undefined;
  }

  /** From the first to behind the last character of a value. */
  span(path: Path): readonly [number, number] | undefined {
    const node = this.find(path);
    return node === undefined ? undefined : [this.from(node), this.to(node)];
  }

  private find(path: Path): number | undefined {
    // The first event is the document itself.
    let node: number | undefined = this.events.length > 2 ? 1 : undefined;
    for (const key of path) {
      if (node === undefined) return undefined;
      node = this.part(node, key);
    }
    return node;
  }

  private part(node: number, key: string | number): number | undefined {
    const type = this.events[node]?.type;
    if (type === EVENT_ID.SEQUENCE) return this.written(this.partsOf(node)[Number(key)]);
    if (type !== EVENT_ID.MAPPING) return undefined;
    const parts = this.partsOf(node);
    for (let at = 0; at < parts.length; at += 2) {
      const name = this.events[parts[at] ?? 0];
      // What is empty stands nowhere: its key does.
      if (name?.type === EVENT_ID.SCALAR && this.value(name) === String(key)) {
        return this.written(parts[at + 1]) ?? parts[at];
      }
    }
    return undefined;
  }

  private written(node: number | undefined): number | undefined {
    const event = this.events[node ?? -1];
    return event?.type === EVENT_ID.SCALAR && event.valueStart < 0 ? undefined : node;
  }

  /** What is right in a sequence, or the keys and values of a mapping in turn. */
  private partsOf(node: number): readonly number[] {
    const known = this.parts.get(node);
    if (known) return known;
    const parts: number[] = [];
    const end = (this.after[node] ?? 0) - 1;
    for (let at = node + 1; at < end; at = this.after[at] ?? end) parts.push(at);
    this.parts.set(node, parts);
    return parts;
  }

  private value(scalar: ScalarEvent): string {
    const { valueStart, valueEnd, fast } = scalar;
    if (fast) return this.text.slice(this.offset + valueStart, this.offset + valueEnd);
    return getScalarValue(this.offset === 0 ? this.text : this.text.slice(this.offset), scalar);
  }

  private from(node: number): number {
    const event = this.events[node];
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.scalarStart(event);
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE:
        return this.offset + event.start;
      case EVENT_ID.ALIAS:
        // The name comes after its mark.
        return this.offset + event.anchorStart - 1;
      default:
        return this.offset;
    }
  }

  /** With its quote, or with the mark of a text of several lines. */
  private scalarStart({ style, valueStart }: ScalarEvent): number {
    const start = this.offset + valueStart;
    if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) return start - 1;
    if (style === SCALAR_STYLE.PLAIN) return start;
    const lineEnd = this.text.lastIndexOf("\n", start - 1);
    const line = this.text.slice(this.text.lastIndexOf("\n", lineEnd - 1) + 1, lineEnd);
    const mark = /[|>][-+\d]*[ \t]*(?:#.*)?\r?$/u.exec(line);
    return mark ? lineEnd - line.length + mark.index : start;
  }

  private to(node: number): number {
    for (let at = (this.after[node] ?? 0) - 1; at >= node; at--) {
      const event = this.events[at];
      if (event?.type === EVENT_ID.SCALAR) return this.offset + event.valueEnd;
      if (event?.type === EVENT_ID.ALIAS) return this.offset + event.anchorEnd;
    }
    return this.from(node);
  }

  /** Where a character of a text is written, and nothing where it is not: an alias is written elsewhere. */
  exact(path: Path, offset: number): Position | undefined {
    const node = this.find(path);
    const event = this.events[node ?? -1];
    return event?.type === EVENT_ID.SCALAR ? this.lines.position(this.within(event, offset)) : undefined;
  }

  /**
   * Where a character of a scalar's value stands in the source. Folding and indentation change blanks only, so the
   * characters that are none are counted. Behind the last one is the end.
   */
  private within(scalar: ScalarEvent, offset: number): number {
    const { style, valueStart, valueEnd } = scalar;
    const source = this.text.slice(this.offset + valueStart, this.offset + valueEnd);
    let left = this.value(scalar).slice(0, offset).replaceAll(blanks, "").length;
    let end = 0;
    for (const { 0: written, index } of source.matchAll(tokens[style] ?? anyCharacter)) {
      const length = style === SCALAR_STYLE.DOUBLE_QUOTED ? meant(written) : 1;
      if (length === 0) continue;
      if (left < length) return this.offset + valueStart + index;
      left -= length;
      end = index + written.length;
    }
    return this.offset + valueStart + end;
  }
}

const blanks = /\s/gu;
const anyCharacter = /\S/g;

/** What is written for one character: in quotes it may be more than one. */
const tokens: Readonly<Partial<Record<number, RegExp>>> = {
  [SCALAR_STYLE.DOUBLE_QUOTED]: /\\(?:x.{2}|u.{4}|U.{8}|[^])|\S/g,
  [SCALAR_STYLE.SINGLE_QUOTED]: /''|\S/g,
};

/** Line breaks, tabulators, spaces, and the end of a line that goes on. */
const escapedBlanks: ReadonlySet<string> = new Set("ntvrf _LP\t\n\r");

/** How many characters, other than blanks, does this stand for in double quotes? */
function meant(written: string): number {
  if (!written.startsWith("\\")) return 1;
  const kind = written.charAt(1);
  if (!/[xuU]/u.test(kind)) return escapedBlanks.has(kind) ? 0 : 1;
  const code = Number.parseInt(written.slice(2), 16);
  return code > 0x10_ff_ff || Number.isNaN(code) ? 1 : String.fromCodePoint(code).replaceAll(blanks, "").length;
}
