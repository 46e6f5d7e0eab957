/** What a literal says, or why it says nothing. */
export type Literal<T> = { readonly value: T } | { readonly problem: string };

const digits = String.raw`\d(?:_?\d)*`;
const decimal = new RegExp(`^(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:[eE][+-]?${digits})?$`);
const octal = /^0(?:_?[0-7])+$/;
const hexadecimal = /^0[xX](?:_?[\da-fA-F])+$/;
const int64 = 2n ** 63n;

/** Reads a number as Go's ParseInt with base 0 does, and as ParseFloat when that fails. */
export function readNumber(text: string): Literal<number> {
  const plain = text.replaceAll("_", "");
  if (/^(?:inf|nan)$/i.test(text)) {
    return { value: plain.toLowerCase() === "inf" ? Infinity : NaN };
  }
  if (hexadecimal.test(text)) {
    const value = BigInt(plain);
    return value < int64 ? { value: Number(value) } : { problem: "the number is out of range" };
  }
  if (!decimal.test(text)) {
    return { problem: `\`${text}\` is neither a number nor a duration` };
  }
  const value = octal.test(text) ? Number(`0o${plain.slice(1)}`) : Number(plain);
  return Number.isFinite(value) ? { value } : { problem: "the number is out of range" };
}

// In the order in which they must be written.
const units: readonly (readonly [name: string, nanoseconds: bigint])[] = [
  ["y", 365n * 86_400_000_000_000n],
  ["w", 7n * 86_400_000_000_000n],
  ["d", 86_400_000_000_000n],
  ["h", 3_600_000_000_000n],
  ["m", 60_000_000_000n],
  ["s", 1_000_000_000n],
  ["ms", 1_000_000n],
];

// Most durations have one unit, and need no exact arithmetic to stay exact.
const oneUnit = /^(\d{1,6})(h|m|s|d)$/;
export const secondsIn: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
]);

/** Seconds in `1h30m`. The server counts nanoseconds in 64 bits, which overflow after 292 years. */
export function readDuration(text: string): Literal<number> {
  const [, count, unit] = oneUnit.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) {
    return { value: Number(count) * (secondsIn.get(unit) ?? NaN) };
  }
  let total = 0n;
  let last = -1;
  for (const [, count = "", name] of text.matchAll(/(\d+)(\D+)/g)) {
    const place = units.findIndex(([unit]) => unit === name);
    const unit = units[place];
    if (!unit) {
      return { problem: `\`${name}\` is not a unit of time; there are ${units.map(([each]) => each).join(", ")}` };
    }
    if (place <= last) {
      return { problem: `in \`${text}\` the units must go from the biggest to the smallest, each once` };
    }
    last = place;
    total += BigInt(count) * unit[1];
  }
  return total < int64 ? { value: Number(total) / 1e9 } : { problem: "the duration is out of range" };
}

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};
const escape = /\\(?:([0-7]{3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]?))/g;

/** In place of what is no character. */
const replacement = "\uFFFD";

export interface StringOptions {
  /** Takes U+FFFD where it is written. Prometheus does not: there it stands for what is no character. */
  readonly replacement?: boolean;
  /** Puts U+FFFD in place of half a character, `\ud800`, as Loki does. */
  readonly halves?: boolean;
}

/** What a quoted string says. The quotes are known to match. */
export function readString(quoted: string, options: StringOptions = {}): Literal<string> {
  const quote = quoted[0];
  const body = quoted.slice(1, -1);
  if ((options.replacement !== true && body.includes(replacement)) || /\p{Cs}/u.test(body)) {
    return { problem: "the string is not valid UTF-8" };
  }
  if (quote === "`" || !body.includes("\\")) {
    return { value: body };
  }
  let problem: string | undefined;
  let bytes = false;
  const value = body.replace(
    escape,
    (whole: string, octet?: string, byte?: string, u4?: string, u8?: string, one = "") => {
      if (octet !== undefined || byte !== undefined) {
        const code = octet === undefined ? parseInt(byte ?? "", 16) : parseInt(octet, 8);
        if (code > 0xff) {
          problem ??= `\`${whole}\` is more than a byte`;
        }
        bytes ||= code > 0x7f;
        return String.fromCharCode(code & 0xff);
      }
      if (u4 !== undefined || u8 !== undefined) {
        const code = parseInt(u4 ?? u8 ?? "", 16);
        const isHalf = code >= 0xd800 && code < 0xe000;
        if (isHalf && options.halves === true) return replacement;
        if (code > 0x10ffff || isHalf) {
          problem ??= `\`${whole}\` is not a Unicode character`;
          return "";
        }
        return String.fromCodePoint(code);
      }
      const meant = one === quote ? one : escapes[one];
      problem ??=
        meant === undefined ? `\`${whole}\` is not an escape sequence; write \`\\\\\` for a backslash` : undefined;
      return meant ?? "";
    },
  );
  return problem === undefined ? { value: bytes ? utf8(value) : value } : { problem };
}

// Bytes written as \xe2\x98\xba are one character together; characters beyond a byte stay as they are.
function utf8(text: string): string {
  const decoder = new TextDecoder();
  return text.replace(/[\x80-\xff]+/g, (run) => decoder.decode(Uint8Array.from(run, (char) => char.charCodeAt(0))));
}
