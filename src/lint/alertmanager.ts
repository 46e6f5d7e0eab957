import { isRecord, type Json, list, record } from "./input/json.ts";

type Level = "configuration" | "receiver" | "route" | "inhibit rule";

/** What Alertmanager takes at each level, as of 0.34: it refuses a configuration with any other key. */
export const knownKeys: Readonly<Record<Level, ReadonlySet<string>>> = {
  configuration: new Set([
    "global",
    "route",
    "inhibit_rules",
    "receivers",
    "templates",
    "mute_time_intervals",
    "time_intervals",
    "tracing",
  ]),
  receiver: new Set([
    "name",
    "discord_configs",
    "email_configs",
    "incidentio_configs",
    "jira_configs",
    "mattermost_configs",
    "msteams_configs",
    "msteamsv2_configs",
    "opsgenie_configs",
    "pagerduty_configs",
    "pushover_configs",
    "rocketchat_configs",
    "slack_configs",
    "sns_configs",
    "telegram_configs",
    "victorops_configs",
    "webex_configs",
    "webhook_configs",
    "wechat_configs",
  ]),
  route: new Set([
    "receiver",
    "group_by",
    "continue",
    "match",
    "match_re",
    "matchers",
    "mute_time_intervals",
    "active_time_intervals",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "routes",
  ]),
  "inhibit rule": new Set([
    "name",
    "sources",
    "source_match",
    "source_match_re",
    "source_matchers",
    "target_match",
    "target_match_re",
    "target_matchers",
    "equal",
  ]),
};

/** Of each kind of receiver: which of its keys, or of `global`'s, say where to. Of each list one is enough. */
const addresses: Readonly<Record<string, readonly (readonly string[])[]>> = {
  slack_configs: [
    [
      "api_url",
      "api_url_file",
      "app_token",
      "app_token_file",
      "global.slack_api_url",
      "global.slack_api_url_file",
      "global.slack_app_token",
      "global.slack_app_token_file",
    ],
  ],
  webhook_configs: [["url", "url_file"]],
  pagerduty_configs: [["routing_key", "routing_key_file", "service_key", "service_key_file"]],
  email_configs: [["to"], ["smarthost", "global.smtp_smarthost"], ["from", "global.smtp_from"]],
  discord_configs: [["webhook_url", "webhook_url_file"]],
  msteams_configs: [["webhook_url", "webhook_url_file"]],
  msteamsv2_configs: [["webhook_url", "webhook_url_file"]],
  opsgenie_configs: [["api_key", "api_key_file", "global.opsgenie_api_key", "global.opsgenie_api_key_file"]],
};

/** Which of its kinds of messages of a receiver go nowhere, and what each lacks. */
export function withoutAddress(receiver: Json, config: Json): string[] {
  const global = record(config["global"]);
  const isSet = (own: Json, key: string): boolean => {
    const value = key.startsWith("global.") ? global[key.slice("global.".length)] : own[key];
    return value !== undefined && value !== null && value !== "";
  };
  return Object.entries(addresses).flatMap(([kind, needed]) =>
    list(receiver[kind]).flatMap((own) =>
      needed.filter((keys) => !keys.some((key) => isSet(record(own), key))).map(([key = ""]) => `${kind} needs ${key}`),
    ),
  );
}

export interface AlertMatcher {
  readonly label: string;
  readonly op: string;
  readonly value: string;
}

const one =
  /^\s*(?:"(?<quoted>(?:[^"\\]|\\.)+)"|(?<label>[^\s{}!=~,"'`\\]+))\s*(?<op>=~|!~|!=|=)\s*(?:"(?<text>(?:[^"\\]|\\.)*)"|(?<value>[^",{}]*))\s*$/su;

/** The matchers in a text such as `a="b"` or `{a="b", c=~"d"}`; undefined where it is none. */
export function matchersIn(written: string): readonly AlertMatcher[] | undefined {
  const inner = /^\s*\{([^]*)\}\s*$/u.exec(written)?.[1] ?? written;
  const parts = inner.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/gsu) ?? [];
  const found: AlertMatcher[] = [];
  for (const part of parts) {
    const { quoted, label = quoted, op, text: inQuotes, value = inQuotes } = one.exec(part)?.groups ?? {};
    if (label === undefined || op === undefined || value === undefined) return undefined;
    found.push({ label, op, value: value.trim().replaceAll(/\\(["\\])/gu, "$1") });
  }
  return found.length === 0 && inner.trim() === "" ? undefined : found;
}

/** All matchers of a route, or of one side of an inhibit rule, in whatever form. */
export function matchersOf(
  where: Json,
  { matchers, match, matchRe }: { readonly matchers: string; readonly match: string; readonly matchRe: string },
): readonly AlertMatcher[] {
  const pairs = (value: unknown, op: string): AlertMatcher[] =>
    Object.entries(isRecord(value) ? value : {}).map(([label, of]) => ({ label, op, value: String(of) }));
  return [
    ...list(where[matchers]).flatMap(
      (written) => matchersIn(String(written)) ?? [{ label: String(written), op: "", value: "" }],
    ),
    ...pairs(where[match], "="),
    ...pairs(where[matchRe], "=~"),
  ];
}

/** What is wrong with a duration in the form of Prometheus: `1h30m`. */
export function durationProblem(value: unknown): string | undefined {
  const written = String(value);
  if (written === "0") return undefined;
  return written !== "" && /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/u.test(written)
    ? undefined
    : `${written} is no duration: write 30s, 5m, 4h`;
}

/** No time at all, however it is written. */
export function isZero(value: unknown): boolean {
  return /^(?:0+(?:ms|[ywdhms]))*0*$/u.test(String(value));
}

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** Days of a time interval that are none, or that go backwards. */
export function weekdayProblems(interval: Json): string[] {
  const days = list(interval["time_intervals"]).flatMap((one) => list(record(one)["weekdays"]));
  return days.flatMap((written) => {
    const [from = -1, to = from] = String(written)
      .split(":")
      .map((day) => weekdays.indexOf(day.trim().toLowerCase()));
    return from >= 0 && to >= from ? [] : [`${String(written)} is no weekday: write monday, or monday:friday`];
  });
}
