import type { Receiver } from "../fleet/model.ts";

/** A secret by name. It is read from the environment at the moment of sending, and stands nowhere else. */
export interface SecretReference {
  readonly env: string;
}

/** How a form of the configuration names a secret: as a file beside it, or for whoever sends it to fill in. */
export type Secret = (key: string, name: string) => Readonly<Record<string, string | SecretReference>>;

/** Where a Secret of that name is mounted in Alertmanager's pod, a file for each key. */
export const secretFolder = "/etc/alertmanager/secrets/fleetglass";

/** `api_url_file: …/SLACK_WEBHOOK_URL`: Alertmanager reads it when it sends. */
export const asFile: Secret = (key, name) => ({ [`${key}_file`]: `${secretFolder}/${name}` });

/** `api_url: { env: SLACK_WEBHOOK_URL }`: Mimir refuses files, so the publisher fills it in as it sends. */
export const byName: Secret = (key, name) => ({ [key]: { env: name } });

interface Integration {
  /** Alertmanager's name for the list of these. */
  readonly key: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const title = `{{ template "fleetglass.title" . }}`;

/** Alertmanager's words for one way of telling people. */
export function integration(receiver: Receiver, secret: Secret): Integration {
  switch (receiver.kind) {
    case "slack":
      return {
        key: "slack_configs",
        config: {
          ...secret("api_url", receiver.secret ?? "SLACK_WEBHOOK_URL"),
          channel: receiver.channel,
          send_resolved: true,
          color: `{{ if eq .Status "firing" }}{{ if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}{{ else }}good{{ end }}`,
          title,
          text: `{{ template "fleetglass.slack" . }}`,
        },
      };
    case "pagerduty":
      return {
        key: "pagerduty_configs",
        config: {
          ...secret("routing_key", receiver.secret ?? "PAGERDUTY_ROUTING_KEY"),
          send_resolved: true,
          severity: `{{ if eq .CommonLabels.severity "critical" }}critical{{ else }}warning{{ end }}`,
          description: title,
          details: { text: `{{ template "fleetglass.text" . }}` },
        },
      };
    case "teams":
      return {
        key: "msteamsv2_configs",
        config: {
          ...secret("webhook_url", receiver.secret ?? "TEAMS_WEBHOOK_URL"),
          send_resolved: true,
          title,
          text: `{{ template "fleetglass.text" . }}`,
        },
      };
    case "email":
      return {
        key: "email_configs",
        config: {
          to: receiver.to,
          from: receiver.from ?? receiver.to,
          smarthost: receiver.smarthost,
          ...(receiver.user !== undefined && {
            auth_username: receiver.user,
            ...secret("auth_password", receiver.secret ?? "SMTP_PASSWORD"),
          }),
          send_resolved: true,
          headers: { Subject: title },
          text: `{{ template "fleetglass.text" . }}`,
          html: "",
        },
      };
    case "webhook":
      return {
        key: "webhook_configs",
        config: { ...secret("url", receiver.secret ?? "ALERT_WEBHOOK_URL"), send_resolved: true },
      };
    case "heartbeat":
      return {
        key: "webhook_configs",
        config: { ...secret("url", receiver.secret ?? "HEARTBEAT_URL"), send_resolved: false },
      };
  }
}
