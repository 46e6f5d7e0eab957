import { type Expression, expressionOf } from "../promql/expression.ts";
import type { Asking, Maker } from "./asking.ts";
import type { Reason } from "./reason.ts";
import { whyNoPair } from "./why-no-pair.ts";
import { whyNoSeries } from "./why-no-series.ts";

/** Rules that read rules that read rules: who wants to know more asks there. */
const deepest = 3;

/**
 * Why does an expression give nothing? The innermost parts that are empty are looked for, and what is between them and
 * their data. Throws what the server answers to a question that it does not take.
 */
export async function whyEmpty(expr: string, asking: Asking, depth = 0): Promise<readonly Reason[]> {
  const expression = expressionOf(expr);
  if (expression === undefined) {
    return [{ text: "It is not an expression that can be taken apart.", part: expr }];
  }
  const now = isScalar(expression) ? 1 : await asking.count(expr);
  return now > 0
    ? [{ text: `It has data now: ${now} series.`, part: expr, fine: true }]
    : whyPart(expression, { asking, depth });
}

interface Context {
  readonly asking: Asking;
  readonly depth: number;
}

/** Of a part that is known to be empty. */
async function whyPart(part: Expression, context: Context): Promise<readonly Reason[]> {
  const { kind, parts } = part;
  switch (kind) {
    case "selector":
      return whySelector(part, context);
    case "binary":
      return whyOperation(part, context);
    case "call":
    case "aggregation":
    case "range":
    case "subquery":
    case "moved":
    case "parentheses":
    case "sign": {
      if (part.name === "absent" || part.name === "absent_over_time") {
        return [
          {
            text: `\`${part.name}()\` gives nothing because there are such series: all is well.`,
            part: part.text,
            fine: true,
          },
        ];
      }
      const empty = await emptyOf(parts, context);
      return empty.length > 0 ? reasonsOf(empty, context) : [await whyOwn(part, context)];
    }
    case "literal":
      return [];
  }
}

async function reasonsOf(parts: readonly Expression[], context: Context): Promise<readonly Reason[]> {
  return (await Promise.all(parts.map((part) => whyPart(part, context)))).flat();
}

/** Those of the parts that have no series. A scalar always has a value. */
async function emptyOf(parts: readonly Expression[], { asking }: Context): Promise<Expression[]> {
  const counts = await Promise.all(
    parts.map(async (part) =>
      isScalar(part) ? 1 : asking.count((part.kind === "range" ? part.parts[0] : part)?.text ?? ""),
    ),
  );
  return parts.filter((_, at) => counts[at] === 0);
}

/** What has data goes into it, and nothing comes out. */
async function whyOwn(part: Expression, { asking }: Context): Promise<Reason> {
  const { kind, name, parts, text } = part;
  const range = parts.find((each) => each.kind === "range" || each.kind === "subquery");
  if (kind === "call" && range !== undefined) {
    const window = range.text.slice((range.parts[0]?.to ?? range.from) - range.from).trim();
    return {
      text: `Its series exist, but within \`${window}\` none has the samples that \`${name}()\` needs: two for a rate, so the window must be at least twice as long as the time between two scrapes.`,
      part: text,
    };
  }
  if (kind === "moved") {
    const [moved] = parts;
    const by = text.slice((moved?.to ?? part.from) - part.from).trim();
    return { text: `There is data at the time of the panel, but none with \`${by}\`.`, part: text };
  }
  if (name === "histogram_quantile") {
    const labels = await asking.series(parts.at(-1)?.text ?? "");
    if (labels.length > 0 && labels.every((each) => each["le"] === undefined)) {
      return {
        text: "Its series have no label `le`, without which there are no buckets: keep it in the aggregation.",
        part: text,
      };
    }
  }
  return {
    text: `What goes into \`${name === "" ? text : `${name}()`}\` has data, and nothing comes out.`,
    part: text,
  };
}

async function whyOperation(part: Expression, context: Context): Promise<readonly Reason[]> {
  const { name, parts, text } = part;
  const [left, right] = parts;
  if (left === undefined || right === undefined) {
    return [];
  }
  const empty = await emptyOf(parts, context);
  // What is taken away may well be nothing.
  const decisive = name === "unless" ? empty.filter((each) => each === left) : empty;
  if (decisive.length > 0) {
    return reasonsOf(decisive, context);
  }
  const { asking } = context;
  if (name === "unless") {
    const [here, there] = await Promise.all([asking.count(left.text), asking.count(right.text)]);
    return [
      {
        text: `All ${here} series on the left of \`unless\` have a partner among the ${there} on its right, so nothing is left: that is what it is for.`,
        part: text,
        fine: true,
      },
    ];
  }
  const operator = text.slice(left.to - part.from, right.from - part.from).trim();
  if (comparisons.has(name) && !/\bbool\b/u.test(operator)) {
    const scalar = isScalar(left) || isScalar(right);
    const matched = scalar || (await asking.count(compared({ left, right, operator, name }))) > 0;
    if (matched) {
      return [await whyFiltered(part, { left, right, operator, asking })];
    }
  }
  return [{ ...(await whyNoPair({ left: left.text, right: right.text, operator, asking })), part: text }];
}

const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);

interface Operation {
  readonly left: Expression;
  readonly right: Expression;
  readonly operator: string;
}

/** The same comparison, but as 0 or 1: it has a value wherever two series meet. */
function compared({ left, right, operator, name }: Operation & { readonly name: string }): string {
  return `(${left.text}) ${name} bool ${operator.slice(name.length)} (${right.text})`;
}

async function whyFiltered(
  { text }: Expression,
  { left, right, operator, asking }: Operation & { readonly asking: Asking },
): Promise<Reason> {
  const [values, limit] = isScalar(left) ? [right, left] : [left, right];
  const bounds = await asking.bounds(values.text);
  const between =
    bounds === undefined
      ? ""
      : bounds[0] === bounds[1]
        ? `: all are ${short(bounds[0])}`
        : `: they are between ${short(bounds[0])} and ${short(bounds[1])}`;
  const wanted = isScalar(left) ? `${limit.text} ${operator} …` : `${operator} ${limit.text}`;
  return { text: `No value is \`${wanted}\`${between}.`, part: text, fine: true };
}

async function whySelector(part: Expression, context: Context): Promise<readonly Reason[]> {
  const { asking, depth } = context;
  const { reasons, missing } = await whyNoSeries(part.text, asking);
  const makers = missing === undefined || depth >= deepest ? [] : asking.makers(missing);
  const inner = (await Promise.all(makers.map((maker) => whyNotMade(maker, depth)))).flat();
  return reasons.map((reason, at) => (at === 0 && inner.length > 0 ? { ...reason, inner } : reason));
}

/** Of a rule whose metric does not exist. */
async function whyNotMade({ rule, expr, asking, state }: Maker, depth: number): Promise<Reason[]> {
  const [found, told] = await Promise.all([whyEmpty(expr, asking, depth + 1), state()]);
  const made = `The rule \`${rule.name}\` of group \`${rule.group}\` in tenant ${rule.tenant} makes it`;
  const failing = told !== undefined && told.error !== "" ? `, and fails: ${told.error}` : "";
  const has = found.length === 1 && found[0]?.part === expr && found[0].fine === true;
  return has
    ? [
        {
          text: `${made}${failing || "; its expression has data, so the ruler has not evaluated it yet, or does not hold it"}.`,
          part: expr,
        },
      ]
    : [{ text: `${made}${failing}, and its own expression gives nothing:`, part: expr, inner: found }];
}

/** Has it one value, whatever the data? */
function isScalar({ kind, name, parts }: Expression): boolean {
  switch (kind) {
    case "literal":
      return true;
    case "call":
      return scalars.has(name);
    case "binary":
    case "parentheses":
    case "sign":
      return parts.every(isScalar);
    default:
      return false;
  }
}

/** `vector()` is none, but has a value as surely. */
const scalars: ReadonlySet<string> = new Set(["pi", "scalar", "time", "vector"]);

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
