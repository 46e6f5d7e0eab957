export type Written = string | number | boolean | readonly Written[] | Expression | { readonly [key: string]: Written };

/** What stands in the configuration as it is. */
export interface Expression {
  readonly expression: string;
}

export interface Block {
  readonly name: string;
  readonly label?: string;
  readonly arguments?: Readonly<Record<string, Written>>;
  readonly blocks?: readonly Block[];
}

/** A reference, or a call. */
export function is(expression: string): Expression {
  return { expression };
}

/** The text of a configuration. */
export function alloyText(blocks: readonly Block[]): string {
  return blocks.map((block) => `${printed(block, "")}\n`).join("\n");
}

function printed({ name, label, arguments: given = {}, blocks = [] }: Block, indent: string): string {
  const inner = `${indent}  `;
  const body = [
    ...Object.entries(given).map(([key, value]) => `${inner}${key} = ${literal(value)}`),
    ...blocks.map((block) => printed(block, inner)),
  ];
  const head = `${indent}${name}${label === undefined ? "" : ` "${label}"`}`;
  return body.length === 0 ? `${head} { }` : `${head} {\n${body.join("\n")}\n${indent}}`;
}

/** Alloy's strings are JSON's but for escapes that we do not write. */
function literal(value: Written): string {
  if (typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(literal).join(", ")}]`;
  if (isExpression(value)) return value.expression;
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)} = ${literal(item)}`)
    .join(", ")}}`;
}

function isList(value: object): value is readonly Written[] {
  return Array.isArray(value);
}

function isExpression(value: object): value is Expression {
  return "expression" in value && Object.keys(value).length === 1;
}
