/** The control plane's front door. */
export const kubeApiserver = {
  apiserver_request_total: {
    type: "counter",
    unit: "requests",
    labels: [
      "instance",
      "job",
      "code",
      "component",
      "dry_run",
      "group",
      "resource",
      "scope",
      "subresource",
      "verb",
      "version",
    ],
  },
} as const;
