import { type GrafanaFacts, grafanaFacts } from "../discover/grafana-facts.ts";
import type { Fleet } from "../fleet/model.ts";
import { type Http, ServerError } from "../publish/http.ts";
import type { Ailment, Health } from "./ailment.ts";
import { isOlder } from "./version.ts";

/** The oldest Grafana that boards, folders and data sources are tested with. */
const oldest = [10, 4] as const;

export interface GrafanaExam {
  readonly http: Http;
  readonly url: string;
  /** What a person calls it: `Grafana http://…`. */
  readonly where: string;
  /** Where its address comes from: `GRAFANA_URL`. */
  readonly variable: string;
  /** What to look at when it refuses us: `GRAFANA_TOKEN`. */
  readonly credential: string;
  /** Uid of the folder that holds ours; absent at the top level. */
  readonly parentFolder?: string;
}

export interface GrafanaHealth extends Health {
  /** Is it worth asking further? */
  readonly usable: boolean;
}

/** Does Grafana answer, know us, and let us do what the fleet wants published? */
export async function examineGrafana(fleet: Fleet, exam: GrafanaExam): Promise<GrafanaHealth> {
  const { http, url, where } = exam;
  let facts: GrafanaFacts;
  try {
    facts = await grafanaFacts(http, url, fleet.derived.includes("cluster") ? undefined : fleet.labels.cluster);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { usable: false, well: [], ailments: [unusable(error, exam)] };
  }
  const ailments = [...versionOf(facts, where), ...rights(fleet, facts, exam)];
  return {
    usable: true,
    ailments,
    well: ailments.length === 0 ? [`${where}: ${facts.version}, may write what the fleet manages`] : [],
  };
}

function unusable(error: ServerError, { where, credential, variable }: GrafanaExam): Ailment {
  if (error.status === 401) {
    const mend = `make a service account token in Grafana (Administration, Service accounts) and set ${credential}`;
    return { check: "grafana-token", where, says: "does not know the credential", mend };
  }
  return unreachable(error, where, variable);
}

/** A server that is not there, or a page that stands before it. */
export function unreachable(error: ServerError, where: string, variable: string): Ailment {
  if (/web page|login page/u.test(error.message)) {
    const mend = `give ${variable} the server's own address, behind the page, or let the page pass requests that have a token`;
    return { check: "login-page", where, says: "a login page answers, and not the server", mend };
  }
  if (error.status !== undefined) {
    return { check: "answer", where, says: error.message, mend: `is ${variable} the address of the right server?` };
  }
  const mend = `start it, or mend ${variable}; from here, look at name, port, firewall and certificate`;
  return { check: "unreachable", where, says: error.message.replace(/: is it running.*/su, ""), mend };
}

function versionOf({ version }: GrafanaFacts, where: string): Ailment[] {
  if (!isOlder(version, oldest)) return [];
  const needed = oldest.join(".");
  return [
    {
      check: "grafana-version",
      where,
      says: `is ${version}, older than ${needed}, the oldest that boards are tested with`,
      mend: `upgrade it to ${needed} or later`,
    },
  ];
}

function rights(
  fleet: Fleet,
  { rights: may, folders }: GrafanaFacts,
  { where, credential, parentFolder }: GrafanaExam,
): Ailment[] {
  const wants = (kind: Fleet["manage"][number]): boolean => fleet.manage.includes(kind);
  const inParent = parentFolder !== undefined && folders.some(({ uid }) => uid === parentFolder);
  const lacking = [
    ...(wants("dashboards") && may.dashboards === false ? ["save boards"] : []),
    ...(wants("folders") && may.folders === false && !inParent ? ["make folders"] : []),
    ...(wants("datasources") && may.dataSources === false ? ["make data sources"] : []),
  ];
  if (lacking.length > 0) {
    return [
      {
        check: "grafana-rights",
        where,
        says: `the credential may not ${lacking.join(", nor ")}`,
        mend: `give the service account of ${credential} the role Admin, or leave out of the fleet's manage list what it may not write`,
      },
    ];
  }
  if (parentFolder === undefined || inParent || may.dashboards === undefined) return [];
  return [
    {
      check: "grafana-folder",
      where,
      says: `the folder ${parentFolder} is not there, or the credential may not save in it`,
      mend: "name another folder in grafanas[0].parentFolder, or give the service account Edit on this one",
    },
  ];
}
