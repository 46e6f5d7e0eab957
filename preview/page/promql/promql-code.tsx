import { memo } from "react";
import { type Token, tokenize } from "./parser.ts";
import { formatted } from "./formatted.ts";
import "./promql.css";

interface PromqlCodeProps {
  readonly text: string;
  /** Is it as a dashboard has it, with variables that Grafana fills in? */
  readonly grafana?: boolean;
}

/** An expression in lines and colours. */
export const PromqlCode = memo(function PromqlCode({ text, grafana = false }: PromqlCodeProps): JSX.Element {
  return (
    <pre className="promql">
      <code>{coloured(formatted(text, { grafana }), grafana)}</code>
    </pre>
  );
});

function coloured(text: string, grafana: boolean): (string | JSX.Element)[] {
  const pieces: (string | JSX.Element)[] = [];
  let at = 0;
  for (const token of tokenize(text, { grafana }).tokens) {
    pieces.push(
      text.slice(at, token.from),
      <span key={token.from} className={classOf(token)}>
        {text.slice(token.from, token.to)}
      </span>,
    );
    at = token.to;
  }
  return [...pieces, text.slice(at)];
}

function classOf({ kind, variable }: Token): string {
  return variable ? `promql-${kind} promql-variable` : `promql-${kind}`;
}
