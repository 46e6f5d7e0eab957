import type { VariableCustomFormatterFn } from "@grafana/scenes";

/** A variable's value as PromQL text: a chosen value stands for itself in `=~`, and several are alternatives. */
export const escaped: VariableCustomFormatterFn = (value, { multi, includeAll }) => {
  if (Array.isArray(value)) {
    const all = value.map((each) => escapedRegex(String(each)));
    return all.length === 1 ? (all[0] ?? "") : `(${all.join("|")})`;
  }
  const text = String(value);
  return multi === true || includeAll === true ? escapedRegex(text) : escapedString(text);
};

function escapedRegex(text: string): string {
  return text.replaceAll("\\", "\\\\\\\\").replaceAll(/[$^*{}[\]'+?.()|]/gu, "\\\\$&");
}

function escapedString(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
