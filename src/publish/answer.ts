import type * as z from "zod";
import { ServerError } from "./http.ts";

/** Reads an answer and checks its shape: what we misread could become a plan to delete. */
export function checked<T>(shape: z.ZodType<T>, text: string, what: string): T {
  const parsed = shape.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ServerError(
    `${what} is in a shape that fleetglass does not know (${issue?.path.join(".") || "all of it"}: ${issue?.message})`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
