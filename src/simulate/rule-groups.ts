import { recording } from "../recording/index.ts";

/** The groups that each tenant's ruler evaluates, as the ruler counts them. */
export const ruleGroups: readonly { readonly name: string; readonly interval: string; readonly rules: number }[] =
  recording.map(({ name, interval, rules }) => ({ name, interval, rules: rules.length }));
