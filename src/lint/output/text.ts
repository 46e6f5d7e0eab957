import type { Finding, Severity } from "../check.ts";
import { excerpt } from "./excerpt.ts";

/** How a text is coloured; a plain one is as it is. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly of: Readonly<Record<Severity, (text: string) => string>>;
}

/** Findings by the file or resource that holds them, each with its expression and the part of it that is meant. */
export function textOf(findings: readonly Finding[], { bold, dim, of }: Palette): string {
  return findings
    .flatMap((finding, at) => {
      const { check, severity, resource, where, message, file, line, column, expr } = finding;
      const head = file ?? resource;
      const before = findings[at - 1];
      const place = line === undefined ? "" : `${dim(`${line}:${column ?? 1}`)} `;
      return [
        ...(before && (before.file ?? before.resource) === head ? [] : [...(at === 0 ? [] : [""]), bold(head)]),
        `  ${place}${of[severity](`${check} ${severity}`)} ${where}: ${message}`,
        ...(expr === undefined
          ? []
          : excerpt({ ...finding, expr }).map((one, row) => `      ${row === 0 ? dim(one) : of[severity](one)}`)),
      ];
    })
    .join("\n");
}
