/** Is a label regex one that RE2 takes, and does it match a missing label? */
export interface Regex {
  readonly problem?: string;
  readonly matchesEmpty: boolean;
}

/** Something that can be repeated. `copies` is how often its innermost part is unrolled. */
interface Piece {
  readonly empty: boolean;
  readonly copies: number;
}

/** An open group: the alternatives so far, the sequence being read, and its last piece, which a `*` may still change. */
interface Group {
  readonly opened: number;
  alternativeEmpty: boolean;
  sequenceEmpty: boolean;
  copies: number;
  last: Piece | undefined;
}

const one: Piece = { empty: false, copies: 1 };
const nothing: Piece = { empty: true, copies: 1 };

const mostCopies = 1000;
const deepest = 1000;

const groupOpen = /\(\?(?:P?<([^>]*)>|([imsU]*(?:-[imsU]+)?)([:)]))/y;
const repeat = /\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}/y;
const escape =
  /\\(?:[1-7][0-7]{1,2}|0[0-7]{0,2}|x[\da-fA-F]{2}|x\{0*(?:10|[\da-fA-F])?[\da-fA-F]{1,4}\}|[afnrtv]|[^0-9A-Za-z\u0080-\u{10FFFF}])/uy;
const shorthand = /\\[dDsSwW]/y;
const property = /\\[pP](?:\{\^?([^}]*)\}|([^{]))/uy;
const posix =
  /\[:(?:(\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\])|[^]*?:\])/y;

// Most regexes are words to choose from.
const words = /^[\w:.|-]*$/;

/**
 * Reads a regex as Go's regexp/syntax does with the Perl flags. RE2 knows no look-around and no back references, so
 * whether the regex matches the empty string follows from its shape.
 */
export function readRegex(pattern: string): Regex {
  if (words.test(pattern)) {
    return {
      matchesEmpty: pattern === "" || pattern.startsWith("|") || pattern.endsWith("|") || pattern.includes("||"),
    };
  }
  const groups: Group[] = [open(0)];
  const lastPosix = pattern.lastIndexOf(":]");
  let at = 0;
  let repeated = false;

  const fail = (problem: string): Regex => ({ problem, matchesEmpty: false });
  const take = (token: RegExp): RegExpExecArray | undefined => {
    token.lastIndex = at;
    const match = token.exec(pattern);
    at += match?.[0].length ?? 0;
    return match ?? undefined;
  };

  while (at < pattern.length) {
    const group = groups.at(-1) ?? open(0);
    const start = at;
    const char = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    const wasRepeated = repeated;
    repeated = false;

    if (char === "(") {
      const special = pattern.startsWith("(?", at);
      const head = special ? take(groupOpen) : undefined;
      if (special && (!head || (head[1] !== undefined && !/^\w+$/.test(head[1])))) {
        return fail(`\`${pattern.slice(start, start + 4)}\` starts a group RE2 does not know`);
      }
      at += special ? 0 : 1;
      if (head?.[3] !== ")") {
        groups.push(open(start));
      }
      if (groups.length > deepest) {
        return fail("the groups nest too deeply");
      }
    } else if (char === ")") {
      at++;
      const outer = groups.at(-2);
      if (!outer) {
        return fail("a `)` closes nothing");
      }
      groups.pop();
      push(outer, close(group));
    } else if (char === "|") {
      at++;
      const { empty, copies } = close(group);
      Object.assign(group, open(group.opened), { alternativeEmpty: empty, copies });
    } else if ("*+?".includes(char) || (char === "{" && take(repeat))) {
      at = char === "{" ? at : at + 1;
      const [, min = "", comma, max] = char === "{" ? (/(\d+)(?:(,)(\d*))?/.exec(pattern.slice(start, at)) ?? []) : [];
      at += pattern[at] === "?" ? 1 : 0;
      if (wasRepeated) {
        return fail(`\`${pattern.slice(start, at)}\` repeats a repetition`);
      }
      if (!group.last) {
        return fail(`\`${pattern.slice(start, at)}\` repeats nothing`);
      }
      const least = char === "{" ? Number(min) : char === "+" ? 1 : 0;
      const most = char !== "{" || (comma && !max) ? undefined : Number(max ?? min);
      const times = most ?? (char === "{" ? least : 1);
      const copies = times === 0 && most === 0 ? 1 : Math.max(times, 1) * group.last.copies;
      if (
        least > mostCopies ||
        (most ?? 0) > mostCopies ||
        (most ?? least) < least ||
        (times >= 2 && copies > mostCopies)
      ) {
        return fail(`\`${pattern.slice(start, at)}\` repeats too often; RE2 allows ${mostCopies}`);
      }
      group.last = { empty: least === 0 || group.last.empty, copies };
      repeated = true;
    } else if (char === "[") {
      at++;
      const problem = readClass();
      if (problem !== undefined) {
        return fail(problem);
      }
      push(group, one);
    } else if (char === "\\") {
      const next = pattern[at + 1] ?? "";
      if (next === "Q") {
        const end = pattern.indexOf("\\E", at);
        const quoted = pattern.slice(at + 2, end < 0 ? undefined : end);
        at = end < 0 ? pattern.length : end + 2;
        if (quoted !== "") {
          push(group, one);
        }
      } else if ("AzB".includes(next) && next !== "") {
        at += 2;
        push(group, nothing);
      } else if (next === "b") {
        at += 2;
        push(group, one);
      } else {
        const problem = take(shorthand) ? undefined : readEscape();
        if (problem !== undefined) {
          return fail(problem);
        }
        push(group, one);
      }
    } else {
      at += char.length;
      push(group, char === "^" || char === "$" ? nothing : one);
    }
  }
  const [whole] = groups;
  if (groups.length > 1 || !whole) {
    return fail("a `(` is never closed");
  }
  return { matchesEmpty: close(whole).empty };

  function readEscape(): string | undefined {
    const start = at;
    const named = take(property);
    if (named) {
      const name = named[1] ?? named[2] ?? "";
      return isProperty(name) ? undefined : `\`${named[0]}\` is not a class of characters`;
    }
    return take(escape) ? undefined : `\`${pattern.slice(start, start + 2)}\` is not an escape RE2 knows`;
  }

  // What follows the bracket, up to and with its end.
  function readClass(): string | undefined {
    const missing = "a `[` is never closed";
    at += pattern[at] === "^" ? 1 : 0;
    for (let first = true; first || pattern[at] !== "]"; first = false) {
      if (at >= pattern.length) {
        return missing;
      }
      const named = at < lastPosix ? take(posix) : undefined;
      if (named) {
        if (named[1] === undefined) {
          return `\`${named[0]}\` is not a class of characters`;
        }
      } else if (!take(shorthand)) {
        const isClass = /^\\[pP]/.test(pattern.slice(at, at + 2));
        const low = readChar();
        if (typeof low === "string") {
          return low;
        }
        if (!isClass && pattern[at] === "-" && at + 1 < pattern.length && pattern[at + 1] !== "]") {
          at++;
          const start = at;
          const high = readChar();
          if (typeof high === "string") {
            return high;
          }
          if (high < low || /^\\[pP]/.test(pattern.slice(start, start + 2))) {
            return `the range up to \`${pattern.slice(start, at)}\` runs backwards`;
          }
        }
      }
    }
    at++;
    return undefined;
  }

  // A character's code, or what is wrong with it.
  function readChar(): number | string {
    const start = at;
    if (pattern[at] !== "\\") {
      const code = pattern.codePointAt(at) ?? 0;
      at += String.fromCodePoint(code).length;
      return code;
    }
    const problem = readEscape();
    return problem ?? codeOf(pattern.slice(start + 1, at));
  }
}

const open = (opened: number): Group => ({
  opened,
  alternativeEmpty: false,
  sequenceEmpty: true,
  copies: 1,
  last: undefined,
});

function push(group: Group, piece: Piece): void {
  settle(group);
  group.last = piece;
}

function settle(group: Group): void {
  group.sequenceEmpty &&= group.last?.empty ?? true;
  group.copies = Math.max(group.copies, group.last?.copies ?? 1);
}

function close(group: Group): Piece {
  settle(group);
  return { empty: group.alternativeEmpty || group.sequenceEmpty, copies: group.copies };
}

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

function codeOf(escaped: string): number {
  if (/^[0-7]/.test(escaped)) {
    return parseInt(escaped, 8);
  }
  return escaped.startsWith("x")
    ? parseInt(escaped.replace(/[x{}]/g, ""), 16)
    : (controls[escaped] ?? escaped.codePointAt(0) ?? 0);
}

// Categories go by their short names (`Lu`), scripts by their long ones (`Greek`).
function isProperty(name: string): boolean {
  if (name === "Any") {
    return true;
  }
  try {
    return /^\w+$/.test(name) && RegExp(`\\p{${name.length <= 2 ? "gc" : "sc"}=${name}}`, "u").source !== "";
  } catch {
    return false;
  }
}
