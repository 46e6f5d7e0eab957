import type { AlertGroup } from "./alerts/alert.ts";
import { withoutExisting } from "./alerts/existing.ts";
import { alerts as allAlerts } from "./alerts/index.ts";
import { sloAlerts } from "./alerts/slo.ts";
import type { Board } from "./dashboards/board.ts";
import { boards } from "./dashboards/index.ts";
import { type BoardResource, checkedResource, isBoardResource } from "./dashboards/resource.ts";
import { sloBoards } from "./dashboards/slos.ts";
import type { Fleet, FleetInput } from "./fleet/model.ts";
import { FleetError } from "./fleet/problem.ts";
import { resolveFleet } from "./fleet/resolve.ts";
import type { Pulled } from "./pulled.ts";
import { recording as ownRecording } from "./recording/index.ts";
import type { RecordingGroup } from "./recording/record.ts";
import { type Slo, sloGroups } from "./recording/slo.ts";

/** What one repository publishes: a fleet, the library's content for it, and its own additions. */
export interface Project {
  /** Signs everything that is published. */
  readonly name: string;
  readonly fleet: Fleet;
  readonly dashboards: readonly (Board | BoardResource)[];
  readonly recording: readonly RecordingGroup[];
  readonly alerts: readonly AlertGroup[];
  /** What of this somebody else publishes: the library's content, and the fleet's data sources, in an app team's project. */
  readonly theirs?: Pick<Project, "name" | "dashboards" | "recording" | "alerts">;
  /** How bad the linter's checks are, by id, where that is not the usual. */
  readonly checks?: CheckSeverities;
  /** What was on the live stack before: published beside all else, and never without being asked. */
  readonly pulled?: Pulled;
}

/** `{ M11: "off" }` leaves a check out; an `info` stops nothing. */
export type CheckSeverities = Readonly<Record<string, "error" | "warning" | "info" | "off">>;

export type ProjectOptions = ProjectParts &
  (
    | {
        /** Default: the fleet's name. */
        readonly name?: string;
        readonly fleet: Fleet;
      }
    | {
        /** Signs everything that is published, so it is not the name of the project that publishes the fleet. */
        readonly name: string;
        /** A fleet whose boards, rules and data sources another project publishes: only what is added here is published. */
        readonly extends: Fleet;
      }
  );

interface ProjectParts {
  /** Added to the library's: boards in our own words, or resources of Grafana's newer model (`dashboard.grafana.app/v2`). */
  readonly dashboards?: readonly (Board | BoardResource)[];
  readonly recording?: readonly RecordingGroup[];
  readonly alerts?: readonly AlertGroup[];
  /** What is promised of services: adds their records, alerts and board. */
  readonly slos?: readonly Slo[];
  readonly checks?: CheckSeverities;
  /** What `fleetglass pull` wrote down. */
  readonly pulled?: Pulled;
}

/**
 * Describes a fleet, checked and with its defaults filled in.
 * @throws {FleetError} with everything that is wrong with it.
 */
export function defineFleet(fleet: FleetInput): Fleet {
  return resolveFleet(fleet);
}

/**
 * Describes what a repository publishes. This is what `fleetglass.config.ts` exports as its default.
 * @throws {FleetError} where the name is unfit for uids and namespaces.
 * @throws {Error} where a board of the newer model is not in a form that could be published.
 */
export function defineProject(options: ProjectOptions): Project {
  const { dashboards = [], recording = [], alerts = [], slos = [] } = options;
  const fleet = "extends" in options ? options.extends : options.fleet;
  const { name = fleet.name } = options;
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/u.test(name)) {
    throw new FleetError([{ path: ["name"], message: `"${name}": use lower-case letters, digits and dashes` }]);
  }
  if ("extends" in options && name === fleet.name) {
    const message = `"${name}" signs what the fleet's own project publishes: give this one another name`;
    throw new FleetError([{ path: ["name"], message }]);
  }
  const ownAlerts = withoutExisting(allAlerts, fleet);
  return {
    name,
    fleet,
    dashboards: [
      ...boards,
      ...sloBoards(slos),
      ...dashboards.map((board) => (isBoardResource(board) ? checkedResource(board) : board)),
    ],
    recording: [...ownRecording, ...sloGroups(slos), ...recording],
    alerts: [...ownAlerts, ...sloAlerts(slos), ...alerts],
    ...("extends" in options && {
      theirs: { name: fleet.name, dashboards: boards, recording: ownRecording, alerts: ownAlerts },
    }),
    ...(options.checks && { checks: options.checks }),
    ...(options.pulled && { pulled: options.pulled }),
  };
}
