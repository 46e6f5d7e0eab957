import type { Resource } from "../bundle.ts";
import type { Expression } from "./expressions.ts";

/** Something that is wrong in what a bundle holds. */
export interface Finding {
  /** Id of the check: `L01`. */
  readonly check: string;
  /** The resource's id in plan and messages. */
  readonly resource: string;
  /** The panel, rule, variable or annotation in it. */
  readonly where: string;
  readonly message: string;
  readonly expr?: string;
}

/** What a check looks at: everything at once, so that it can compare. */
export interface Subject {
  readonly resources: readonly Resource[];
  readonly expressions: readonly Expression[];
}

/** Finds one kind of mistake. It never throws and never prints. */
export interface Check {
  readonly id: string;
  /** Why the mistake hurts, in a sentence. */
  readonly about: string;
  readonly run: (subject: Subject) => Iterable<Omit<Finding, "check">>;
}
