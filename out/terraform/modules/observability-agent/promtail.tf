# Reads the node's files: Promtail, or what the fleet has in its place.
resource "helm_release" "logs_agent" {
  for_each         = { for name, one in var.releases : name => one if one.part == "logs" }
  name             = each.key
  namespace        = each.value.namespace
  create_namespace = true
  repository       = each.value.repository
  chart            = each.value.chart
  version          = each.value.version
  timeout          = 900
  values           = [file("${var.values_folder}/${each.value.values}")]
  depends_on       = [helm_release.otel_collector]
}
