import type { ReactNode } from "react";
import "./facts.css";

interface FactsProps {
  /** What is called how; those without a value are left out. */
  readonly facts: readonly (readonly [string, ReactNode])[];
}

/** A list of names and values. */
export function Facts({ facts }: FactsProps): JSX.Element {
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== "" && value !== undefined && value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
