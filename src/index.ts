export * from "./library.ts";
export { referenceFleet } from "./fleet/reference.ts";
