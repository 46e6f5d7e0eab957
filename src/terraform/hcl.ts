/** An expression that stands as it is: a reference, a call. */
export interface Expression {
  readonly expression: string;
}

export type Value = string | number | boolean | Expression | readonly Value[] | { readonly [key: string]: Value };

/** What is between a block's braces: attributes, and blocks of their own. */
export interface Body {
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly blocks?: readonly Block[];
}

export interface Block extends Body {
  readonly type: string;
  readonly labels?: readonly string[];
  /** What a reader must know first. */
  readonly comment?: string;
}

/** A reference, or a call: `var.name`, `azurerm_storage_account.lgtm.id`. */
export function is(expression: string): Expression {
  return { expression };
}

/** The text of a file, as `tofu fmt` leaves it. */
export function hcl(blocks: readonly Block[]): string {
  return `${blocks.map((block) => printedBlock(block, "")).join("\n\n")}\n`;
}

function printedBlock({ type, labels = [], comment, ...body }: Block, indent: string): string {
  const head = [type, ...labels.map((label) => JSON.stringify(label))].join(" ");
  const inner = printedBody(body, `${indent}  `);
  const remark = (comment ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `${indent}# ${line}\n`)
    .join("");
  return `${remark}${indent}${head} {${inner === "" ? "" : `\n${inner}\n${indent}`}}`;
}

function printedBody({ attributes = {}, blocks = [] }: Body, indent: string): string {
  const parts = [
    printedAttributes(Object.entries(attributes), indent),
    ...blocks.map((block) => printedBlock(block, indent)),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Lines that follow one another have their signs below each other; a value of several lines ends such a group. */
function printedAttributes(entries: readonly (readonly [string, Value])[], indent: string): string {
  const printed = entries.map(([key, value]) => ({ key: keyOf(key), text: printedValue(value, indent) }));
  const lines: string[] = [];
  for (let at = 0; at < printed.length;) {
    let end = at;
    while (end < printed.length && !isLong(printed[end])) end += 1;
    const group = printed.slice(at, Math.max(end, at + 1));
    const width = Math.max(...group.map(({ key }) => key.length));
    lines.push(...group.map(({ key, text }) => `${indent}${key.padEnd(width)} = ${text}`));
    at += group.length;
  }
  return lines.join("\n");
}

function isLong(one: { readonly text: string } | undefined): boolean {
  return one?.text.includes("\n") ?? false;
}

function keyOf(key: string): string {
  return /^[A-Za-z_][\w-]*$/u.test(key) ? key : JSON.stringify(key);
}

function printedValue(value: Value, indent: string): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return printedList(value, indent);
  if (isExpression(value)) return value.expression;
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  return `{\n${printedAttributes(entries, `${indent}  `)}\n${indent}}`;
}

function printedList(list: readonly Value[], indent: string): string {
  const inner = `${indent}  `;
  const items = list.map((item) => printedValue(item, inner));
  const line = `[${items.join(", ")}]`;
  if (!line.includes("\n") && line.length + indent.length <= 100) return line;
  return `[\n${items.map((item) => `${inner}${item},`).join("\n")}\n${indent}]`;
}

/** What would begin a template is text. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("${", "$$$${").replaceAll("%{", "%%{");
}

function isList(value: object): value is readonly Value[] {
  return Array.isArray(value);
}

function isExpression(value: object): value is Expression {
  return "expression" in value && typeof value.expression === "string" && Object.keys(value).length === 1;
}
