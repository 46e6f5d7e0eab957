import type { Check } from "./check.ts";

/** A panel draws vectors, a rule records one: a string or a bare range is an error at the moment when it is needed. */
export const promqlValid: Check = {
  id: "L01",
  about:
    "An expression that does not parse, or has the wrong type, is an empty panel or a rule that the ruler refuses.",
  *run({ expressions }) {
    for (const { resource, where, expr, parsed } of expressions) {
      for (const { message, from } of parsed.errors) {
        yield { resource, where, expr, message: `${message} (at character ${from + 1})` };
      }
      if (parsed.ok && (parsed.type === "string" || parsed.type === "matrix")) {
        yield { resource, where, expr, message: `gives a ${parsed.type}; a panel or rule needs a vector or a scalar` };
      }
    }
  },
};
