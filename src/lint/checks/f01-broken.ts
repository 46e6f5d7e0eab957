import type { Check } from "../check.ts";

/** A file that can't be read, or a part of it that makes no sense. */
export const broken: Check = {
  id: "F01",
  about: "A file that is no YAML or JSON, or has fields that no server knows, is refused as a whole.",
  severity: "error",
  *run({ broken }) {
    for (const one of broken) {
      const { message, line, column = 1 } = one;
      yield { thing: one, message, ...(line !== undefined && { position: { line, column } }) };
    }
  },
};
