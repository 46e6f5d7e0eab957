import { useEffect, useState } from "react";
import { fetchRuleStates, type RuleStates } from "./rule-states.ts";

/** What the rulers behind data sources say, or why they don't. */
export interface Rulers {
  readonly states: ReadonlyMap<string, RuleStates>;
  readonly errors: ReadonlyMap<string, string>;
}

/** Milliseconds: as often as rules are evaluated, more or less. */
const every = 30_000;

/** Asks rulers, and again while somebody looks. */
export function useRuleStates(sources: readonly string[]): Rulers {
  const [rulers, know] = useState<Rulers>({ states: new Map(), errors: new Map() });
  const key = sources.join(" ");
  useEffect(() => {
    let wanted = true;
    const asked = key.split(" ").filter((source) => source !== "");
    const look = async (): Promise<void> => {
      const answers = await Promise.all(asked.map(answerOf));
      if (wanted) {
        know({
          states: new Map(answers.flatMap(({ source, states }) => (states === undefined ? [] : [[source, states]]))),
          errors: new Map(answers.flatMap(({ source, error }) => (error === undefined ? [] : [[source, error]]))),
        });
      }
    };
    void look();
    const again = setInterval(() => document.visibilityState === "visible" && void look(), every);
    return () => {
      wanted = false;
      clearInterval(again);
    };
  }, [key]);
  return rulers;
}

interface Told {
  readonly source: string;
  readonly states?: RuleStates;
  readonly error?: string;
}

async function answerOf(source: string): Promise<Told> {
  try {
    return { source, states: await fetchRuleStates(source) };
  } catch (error) {
    return { source, error: error instanceof Error ? error.message : String(error) };
  }
}
