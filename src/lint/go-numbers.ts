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
