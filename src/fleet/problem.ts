/** One thing that is wrong in what a person wrote: where, what, and how to mend it. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** It is the key that is wrong, and not its value. */
  readonly key?: boolean;
}

/** What was written is not a fleet. Holds every problem, not the first. */
export class FleetError extends Error {
  override readonly name = "FleetError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], place: (problem: Problem) => string = ({ path }) => pathText(path)) {
    super(problems.map((problem) => [place(problem), problem.message].filter(Boolean).join(": ")).join("\n"));
    this.problems = problems;
  }
}

/** `clusters[2].environment`, as a person would write it. */
export function pathText(path: readonly (string | number)[]): string {
  return path.map((key, at) => (typeof key === "number" ? `[${key}]` : at === 0 ? key : `.${key}`)).join("");
}
