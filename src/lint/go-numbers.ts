/** A number as Go's scanner takes it, which Loki's and Tempo's are built on; sticky. */
export const goNumber: RegExp =
  /0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[bBoO][\d_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y;

/** What Go's scanner says of a number. */
export function goNumberProblem(raw: string): string | undefined {
  const isHex = /^0x/iu.test(raw);
  if (isHex && raw.includes(".") && !/p/iu.test(raw)) return "has a point and no exponent: write 0x1.8p0";
  if (/[pP][+-]?$/u.test(raw)) return "has no digits in its exponent";
  if (/^0o?_?[\d_]*[89]/iu.test(raw) && !/[.e]/iu.test(raw)) return "is not an octal number";
  if (/^0b.*[2-9]/iu.test(raw)) return "is not a binary number";
  const apart = isHex ? /_(?![\da-f])|(?<![\da-f]|^0x)_/iu : /_(?!\d)|(?<!\d|^0[bo])_/iu;
  return apart.test(raw) ? "has a `_` that is not between digits" : undefined;
}

/**
 * What Go's ParseFloat makes of a number: decimal, or hexadecimal with an exponent. Undefined where it is neither, or beyond a
 * double's range.
 */
export function goFloat(text: string): number | undefined {
  const [, whole, part = "", power] = /^0x([\da-f_]*)(?:\.([\da-f_]*))?p([+-]?[\d_]+)$/iu.exec(text) ?? [];
  const bare = (digits: string): string => digits.replaceAll("_", "");
  let value = Number.NaN;
  if (whole !== undefined && power !== undefined) {
    const digits = bare(whole + part);
    if (digits !== "") value = Number(`0x${digits}`) * 2 ** (Number(bare(power)) - 4 * bare(part).length);
  } else if (/^(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?[\d_]+)?$/iu.test(text)) value = Number(bare(text));
  return Number.isFinite(value) ? value : undefined;
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};
const duration = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/u;
const longestSeconds = 2 ** 63 / 1e9;

/** The seconds of a duration as Go's ParseDuration reads it, `1.5h3ms`; without its sign. Undefined where it is none, or too long. */
export function goSeconds(text: string): number | undefined {
  if (!duration.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit = ""] of text.matchAll(/([\d.]+)([^\d.]+)/gu))
    seconds += Number(count) * (units[unit] ?? 0);
  return seconds < longestSeconds ? seconds : undefined;
}
