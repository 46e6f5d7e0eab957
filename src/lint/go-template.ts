import { remembered } from "../remembered.ts";
import type { RuleThing } from "./subject.ts";

/** Functions that Prometheus gives to templates, and those that Go has. */
const functions: ReadonlySet<string> = new Set(
  (
    "query first label value sortByLabel strvalue humanize humanize1024 humanizeDuration humanizePercentage " +
    "humanizeTimestamp toTime toDuration now title toUpper toLower graphLink tableLink match reReplaceAll safeHtml " +
    "stripPort stripDomain externalURL pathPrefix parseDuration parseDurationTime urlQueryEscape roundToFraction args tmpl " +
    "and or not len index slice print printf println html js urlquery call eq ne lt le gt ge true false nil"
  ).split(" "),
);
const keywords: ReadonlySet<string> = new Set("if else end range with define template block break continue".split(" "));
const opening: ReadonlySet<string> = new Set(["if", "range", "with", "define", "block"]);
const given: ReadonlySet<string> = new Set(["$", "$labels", "$externalLabels", "$externalURL", "$value"]);

const word =
  /\s+|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+'|\$\w*|\.[A-Za-z_]\w*|\.|[A-Za-z_]\w*|[+-]?\d[\w.]*|:=|[=|(),]/uy;

/** Most actions: a label or the value, as it is or made readable. */
const plain = String.raw`\s*\$(?:labels\.[A-Za-z_]\w*|value)(?:\s*\|\s*humanize(?:1024|Duration|Percentage|Timestamp)?)*\s*`;
const plainAction = new RegExp(`^${plain}$`, "u");
const plainText = new RegExp(`^[^{}]*(?:\\{\\{${plain}\\}\\}[^{}]*)*$`, "u");

/** What is wrong with a template of an alert, or nothing. Whatever Go's text/template refuses is; values are not looked at. */
export function templateProblem(text: string): string | undefined {
  if (plainText.test(text)) return undefined;
  const variables = new Set(given);
  const blocks: string[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf("{{", at);
    // Go takes a lone `}}` for text; whoever writes one has lost the braces that open it.
    if (text.slice(at, open < 0 ? undefined : open).includes("}}")) return "`}}` closes nothing";
    if (open < 0) return blocks.length > 0 ? `{{ ${blocks.at(-1)} }} is never ended` : undefined;
    const close = endOf(text, open + 2);
    if (close < 0) return "`{{` is never closed";
    const written = text.slice(open + 2, close);
    if (!plainAction.test(written)) {
      const action = written.replace(/^-(?=\s)/u, "").replace(/(?<=\s)-$/u, "");
      const problem = readAction(action, variables, blocks);
      if (problem !== undefined) return problem;
    }
    at = close + 2;
  }
}

const part = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\*[^]*?\*\/|\}\}|\{\{|[^"`/{}]+|[^]/uy;

/** Where the action's `}}` is, quotes skipped. */
function endOf(text: string, from: number): number {
  part.lastIndex = from;
  for (let match = part.exec(text); match; match = part.exec(text)) {
    if (match[0] === "}}") return match.index;
    if (match[0] === "{{") return -1;
  }
  return -1;
}

function readAction(action: string, variables: Set<string>, blocks: string[]): string | undefined {
  const words: string[] = [];
  word.lastIndex = 0;
  let at = 0;
  while (at < action.length) {
    word.lastIndex = at;
    const match = word.exec(action);
    if (!match) return `\`${action.slice(at, at + 1)}\` can't stand in {{${action}}}`;
    at = word.lastIndex;
    if (match[0].trim() !== "" && !match[0].startsWith("/*")) words.push(match[0]);
  }
  const [first] = words;
  if (first === undefined) return action.includes("/*") ? undefined : "{{ }} holds nothing";
  if (first === "end") {
    if (words.length > 1) return "{{ end }} takes nothing";
    return blocks.pop() === undefined ? "{{ end }} ends nothing" : undefined;
  }
  if (first === "else") {
    if (blocks.length === 0) return "{{ else }} outside of if, range and with";
    return words.length > 1 && words[1] !== "if" && words[1] !== "with" ? "after else comes if or with" : undefined;
  }
  if (opening.has(first)) blocks.push(first);
  if (first === "define" || first === "block" || first === "template") {
    return words[1]?.startsWith('"') === true || words[1]?.startsWith("`") === true
      ? undefined
      : `${first} needs a quoted name`;
  }
  if (first === "break" || first === "continue") return undefined;
  const pipeline = opening.has(first) ? words.slice(1) : words;
  return pipeline.length === 0 ? `{{ ${first} }} needs a value` : readPipeline(pipeline, variables);
}

function readPipeline(words: readonly string[], variables: Set<string>): string | undefined {
  let depth = 0;
  const declares = words.findIndex((one) => one === ":=" || one === "=");
  if (declares > 0) {
    for (const one of words.slice(0, declares)) if (one.startsWith("$")) variables.add(one);
  }
  for (const [at, one] of words.entries()) {
    const before = words[at - 1];
    if (one === "(") depth++;
    else if (one === ")" && --depth < 0) return "`)` closes nothing";
    else if (one === "|" && (before === undefined || before === "|" || at === words.length - 1))
      return "`|` needs something on both sides";
    else if (one.startsWith("$") && !variables.has(one)) return `there is no variable ${one}`;
    else if (/^[A-Za-z_]/u.test(one) && !functions.has(one)) {
      return keywords.has(one) ? `${one} can't stand here` : `there is no function ${one}`;
    }
  }
  return depth > 0 ? "`(` is never closed" : undefined;
}

/** The labels and annotations of a rule that are templates. */
export function templatesOf({ labels, annotations }: RuleThing): readonly Template[] {
  const found: Template[] = [];
  for (const key in labels) if (isTemplate(labels[key])) found.push([key, labels[key] as string]);
  for (const key in annotations) if (isTemplate(annotations[key])) found.push([key, annotations[key] as string]);
  return found;
}

type Template = readonly [key: string, text: string];

export function hasTemplate(texts: Readonly<Record<string, string>>): boolean {
  for (const key in texts) if (isTemplate(texts[key])) return true;
  return false;
}

function isTemplate(text: string | undefined): boolean {
  return text !== undefined && (text.includes("{{") || text.includes("}}"));
}

/** The labels that a template reads, each once: `{{ $labels.pod }}`. */
export function labelsRead(text: string): string[] {
  const found: string[] = [];
  for (const action of actionsOf(text)) {
    if (!action.includes("abels")) continue;
    for (const label of labelsOfAction(action)) if (!found.includes(label)) found.push(label);
  }
  return found;
}

/** Templates have the same few actions again and again. */
function labelsOfAction(action: string): readonly string[] {
  return labelsOf(action, labelsNamed);
}

const labelsOf = remembered<readonly string[]>(1000);

function labelsNamed(action: string): readonly string[] {
  return [...action.matchAll(labelInAction)].map(([, name, quoted = ""]) => name ?? quoted);
}

const labelInAction = /(?:\$labels|\.Labels)\.(\w+)|index\s+(?:\$labels|\.Labels)\s+"([^"]+)"/gu;

export function readsValue(text: string): boolean {
  return actionsOf(text).some((action) => /\$value\b|\.Value\b/u.test(action));
}

function actionsOf(text: string): string[] {
  const actions: string[] = [];
  for (let open = text.indexOf("{{"); open >= 0;) {
    const close = text.indexOf("}}", open + 2);
    if (close < 0) break;
    actions.push(text.slice(open + 2, close));
    open = text.indexOf("{{", close + 2);
  }
  return actions;
}
