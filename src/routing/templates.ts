import { hole, labelName } from "../labels.ts";

/** The one file of templates, which every receiver refers to. */
export const templateFile = "fleetglass.tmpl";

const label = (role: "cluster" | "environment"): string => `.${labelName(role)}`;

/**
 * What people read: what fires where, and for each alert what it says, its board with time and place chosen, its runbook, and
 * a way to silence it. A label or text that is not there leaves nothing behind.
 */
export const templates: string = `{{ define "fleetglass.place" -}}
{{ with ${label("environment")} }}{{ . }}{{ end }}{{ with ${label("cluster")} }} {{ . }}{{ end }}
{{- end }}

{{ define "fleetglass.title" -}}
{{ .Status | toUpper }}{{ if eq .Status "firing" }} {{ .Alerts.Firing | len }}{{ end }}: {{ .CommonLabels.alertname }} {{ template "fleetglass.place" .CommonLabels }}
{{- end }}

{{ define "fleetglass.silence" -}}
${hole("grafana")}/alerting/silence/new?alertmanager=grafana{{ range .Labels.SortedPairs }}&matcher={{ .Name | urlquery }}%3D{{ .Value | urlquery }}{{ end }}
{{- end }}

{{ define "fleetglass.text" -}}
{{ range .Alerts }}{{ .Annotations.summary }} ({{ .Labels.severity }})
{{ .Annotations.description }}
{{ with .Annotations.dashboard_url }}Board: {{ . }}
{{ end }}{{ with .Annotations.runbook_url }}Runbook: {{ . }}
{{ end }}Silence: {{ template "fleetglass.silence" . }}

{{ end }}
{{- end }}

{{ define "fleetglass.slack" -}}
{{ range .Alerts }}*{{ .Annotations.summary }}* ({{ .Labels.severity }})
{{ .Annotations.description }}
{{ with .Annotations.dashboard_url }}<{{ . }}|Board>  {{ end }}{{ with .Annotations.runbook_url }}<{{ . }}|Runbook>  {{ end }}<{{ template "fleetglass.silence" . }}|Silence>

{{ end }}
{{- end }}
`;
