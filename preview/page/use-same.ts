import { useRef } from "react";
import { withSameParts } from "./live/same-parts.ts";

/** A value that is made anew with every drawing, as the object it was first while it says the same. */
export function useSame<T>(value: T): T {
  const kept = useRef(value);
  kept.current = withSameParts(kept.current, value);
  return kept.current;
}
