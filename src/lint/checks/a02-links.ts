import type { Check } from "../check.ts";

/** Where an alert sends people: a page that is not there costs the first minutes. */
export const alertLinks: Check = {
  id: "A02",
  about: "A runbook or dashboard link that leads nowhere costs the first minutes of an incident.",
  severity: "error",
  *run({ rules, boards }) {
    const uids = new Set(boards.map(({ uid }) => uid).filter((uid) => uid !== ""));
    for (const rule of rules) {
      if (rule.kind === "record") continue;
      for (const key in rule.annotations) {
        const value = rule.annotations[key] ?? "";
        if (key === "__dashboardUid__" && uids.size > 0 && !uids.has(value)) {
          yield { thing: rule, message: `${key} names the board ${value}, which is not among those linted` };
        }
        if (!/_url$|^(?:runbook|dashboard)$/u.test(key)) continue;
        const plain = value.replaceAll(/\{\{[^]*?\}\}/gu, "x");
        if (/^(?:https?:)/u.test(plain) ? !URL.canParse(plain) : /\s/u.test(plain) || plain === "") {
          yield { thing: rule, message: `${key} is no address: ${value === "" ? "it is empty" : value}` };
          continue;
        }
        const [, uid] = /\/d\/([\w-]+)/u.exec(plain) ?? [];
        if (uid !== undefined && uids.size > 0 && !value.includes("/d/{{") && !uids.has(uid)) {
          yield { thing: rule, message: `${key} leads to the board ${uid}, which is not among those linted` };
        }
      }
    }
  },
};
