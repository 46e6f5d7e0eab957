import { distance } from "fastest-levenshtein";
import { type Check, type Found, inExpression } from "../check.ts";
import type { Selector } from "../promql-types.ts";
import type { Subject } from "../subject.ts";

/**
 * A name that nobody exposes or records. What is generated, and what comes with the user's own list of metrics, may use
 * no other; in other files only what looks like a slip of the pen is told.
 */
export const unknownMetric: Check = {
  id: "M08",
  about: "A metric that no exporter exposes and no rule records makes an empty panel or an alert that never fires.",
  severity: "error",
  promql(expression, subject) {
    const { selectors } = expression.promql;
    let problemOf = judges.get(subject);
    if (!problemOf) judges.set(subject, (problemOf = judge(subject)));
    let found: Found[] | undefined;
    for (let at = 0; at < selectors.length; at++) {
      const selector = selectors[at] as Selector;
      if (selector.metric === undefined) continue;
      const message = problemOf(selector.metric);
      if (message !== undefined) (found ??= []).push(inExpression(expression, message, selector));
    }
    return found;
  },
};

const judges = new WeakMap<Subject, ReturnType<typeof judge>>();

/** What is wrong with a name? Names are used again and again. */
function judge({ recorded, setting }: Subject): (name: string) => string | undefined {
  let near: ReturnType<typeof nearest> | undefined;
  const known = new Map<string, string | undefined>();
  const problem = (name: string): string | undefined => {
    near ??= nearest([...recorded.keys(), ...setting.names]);
    const like = near(name);
    if (!setting.complete) return like === undefined ? undefined : `nobody exposes ${name}; did you mean ${like}?`;
    return `${name} is in no exporter of the catalogue and no rule records it${like === undefined ? "" : `; did you mean ${like}?`}`;
  };
  return (name) => {
    if (recorded.has(name) || setting.metric(name) || name.includes("$")) return undefined;
    if (!known.has(name)) known.set(name, problem(name));
    return known.get(name);
  };
}

/** Finds a name that differs by two letters at most: among those that begin alike, or end alike. */
function nearest(names: readonly string[]): (name: string) => string | undefined {
  const [heads, tails] = [new Map<string, string[]>(), new Map<string, string[]>()];
  const split = (name: string): readonly [string, string] => {
    const at = name.search(/[_:]/u);
    return at < 0 ? [name, ""] : [name.slice(0, at), name.slice(at)];
  };
  for (const name of names) {
    const [head, tail] = split(name);
    add(heads, head, name);
    add(tails, tail, name);
  }
  return (name) => {
    if (name.length < shortest) return undefined;
    const [head, tail] = split(name);
    const like = [...(heads.get(head) ?? []), ...(tail.length < 6 ? [] : (tails.get(tail) ?? []))];
    const letters = lettersOf(name);
    return like
      .filter((one) => one !== name && Math.abs(one.length - name.length) <= farthest && mayBeNear(letters, one))
      .map((one) => [distance(one, name), one] as const)
      .filter(([far, one]) => far <= farthest && !isSibling(one, name))
      .toSorted(([a], [b]) => a - b)[0]?.[1];
  };
}

function add(lists: Map<string, string[]>, key: string, name: string): void {
  const list = lists.get(key);
  if (list) list.push(name);
  else lists.set(key, [name]);
}

/** Which letters are in a name, a bit each. */
function lettersOf(name: string): number {
  let letters = 0;
  for (let at = 0; at < name.length; at++) letters |= 1 << (name.charCodeAt(at) & 31);
  return letters;
}

/** Each change of a letter brings in one other at most; to count letters takes a tenth of measuring the distance. */
function mayBeNear(letters: number, name: string): boolean {
  const others = lettersOf(name);
  return bits(others & ~letters) <= farthest && bits(letters & ~others) <= farthest;
}

function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

const farthest = 2;
const shortest = 8;

/** Names that differ in a digit or in singular and plural are two names, not one and a slip. */
function isSibling(a: string, b: string): boolean {
  return a.replaceAll(/\d+/gu, "") === b.replaceAll(/\d+/gu, "") || `${a}s` === b || `${b}s` === a;
}
