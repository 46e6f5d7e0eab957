import { type Matcher, parsePromql } from "../promql/parser.ts";
import type { Asking } from "./asking.ts";
import { matcherText, selectorText } from "./selector-text.ts";
import type { Reason } from "./reason.ts";

export interface NoSeries {
  readonly reasons: readonly Reason[];
  /** The metric, where there is not one series of it. */
  readonly missing?: string;
}

/** As many values are named; more would not be read. */
const most = 6;

/** Which matcher of a selector is guilty of its finding nothing? */
export async function whyNoSeries(text: string, asking: Asking): Promise<NoSeries> {
  const [selector] = parsePromql(text, { dialect: "mimir" }).selectors;
  if (selector === undefined) {
    return { reasons: [] };
  }
  const { metric } = selector;
  const matchers = selector.matchers.filter(({ label }) => label !== "__name__");
  const named = metric === undefined ? "such series" : `\`${metric}\``;
  if (metric !== undefined && (await asking.count(selectorText(metric, []))) === 0) {
    const stopped = await lately(selectorText(metric, []), asking);
    const origin = asking.origin(metric);
    return {
      missing: metric,
      reasons: [
        {
          text: `${named} does not exist in ${asking.where}${stopped ? `; ${stopped}` : ""}.${origin === undefined ? "" : ` ${origin}`}`,
          part: text,
        },
      ],
    };
  }
  const stopped = await lately(text, asking);
  if (stopped !== "") {
    return { reasons: [{ text: `No series of ${named} is like that now; ${stopped}.`, part: text }] };
  }
  const guilty = await guiltyOf(metric, matchers, asking);
  if (guilty.length > 0) {
    const reasons = guilty.map(async (each) => ({ text: await sentence(each, named, asking), part: text }));
    return { reasons: await Promise.all(reasons) };
  }
  return { reasons: [{ text: await together(metric, matchers, asking), part: text }] };
}

/** Somebody may just have stopped writing it. A range says so itself: it would have data. */
async function lately(selector: string, asking: Asking): Promise<string> {
  if (!asking.instant) {
    return "";
  }
  const count = await asking.count(`present_over_time(${selector}[1h])`);
  return count === 0 ? "" : `within the last hour there were ${count} series: whoever writes them has stopped`;
}

interface Guilty {
  readonly matcher: Matcher;
  /** The selector without it. */
  readonly others: string;
}

/** Matchers without any one of which there would be series; else those that nothing meets even alone. */
async function guiltyOf(metric: string | undefined, matchers: readonly Matcher[], asking: Asking): Promise<Guilty[]> {
  const without = matchers.map((matcher) => ({
    matcher,
    others: selectorText(
      metric,
      matchers.filter((each) => each !== matcher),
    ),
  }));
  // Without a name or a matcher it would be everything there is, which no server tells.
  const askable = without.filter(({ others }) => others !== "");
  const decisive = await having(askable, ({ others }) => others, asking);
  if (decisive.length > 0 || metric === undefined) {
    return decisive;
  }
  const alone = matchers.map((matcher) => ({ matcher, others: selectorText(metric, []) }));
  const met = await having(alone, ({ matcher }) => selectorText(metric, [matcher]), asking);
  return alone.filter((each) => !met.includes(each));
}

async function having<T>(items: readonly T[], selector: (item: T) => string, asking: Asking): Promise<T[]> {
  const counts = await Promise.all(items.map((item) => asking.count(selector(item))));
  return items.filter((_, at) => (counts[at] ?? 0) > 0);
}

async function sentence({ matcher, others }: Guilty, named: string, asking: Asking): Promise<string> {
  const wanted = `\`${matcherText(matcher)}\``;
  const values = await asking.values(others, matcher.label);
  const there = values.filter((value) => value !== "");
  if (there.length > 0) {
    const more = there.length > most ? `, and ${there.length - most} more` : "";
    const listed = there.slice(0, most).map((value) => `\`${value}\``);
    return `No series of ${named} has ${wanted}: there \`${matcher.label}\` is ${listed.join(", ")}${more}.`;
  }
  const [labels = {}] = await asking.series(others);
  const names = Object.keys(labels).filter((name) => name !== "__name__");
  return `No series of ${named} has ${wanted}: they have no label \`${matcher.label}\`${
    names.length > 0 ? `, only ${names.map((name) => `\`${name}\``).join(", ")}` : ""
  }.`;
}

/** Each matcher is met, but not by the same series: the first that leaves nothing after those before it. */
async function together(metric: string | undefined, matchers: readonly Matcher[], asking: Asking): Promise<string> {
  let before = metric === undefined ? undefined : await asking.count(selectorText(metric, []));
  for (const [at, matcher] of matchers.entries()) {
    const count = await asking.count(selectorText(metric, matchers.slice(0, at + 1)));
    if (count === 0) {
      const others = matchers.slice(0, at).map((each) => `\`${matcherText(each)}\``);
      const had = before === undefined ? "" : ` (${before} series)`;
      return `Each matcher finds series, but not the same ones: with ${others.join(" and ")}${had} none has \`${matcherText(matcher)}\` too.`;
    }
    before = count;
  }
  return "It finds series now.";
}
