import type { Fleet } from "./model.ts";
import { resolvedReference } from "./reference-input.ts";

export const referenceFleet: Fleet = resolvedReference();
