# One after the other: the gateway takes what the agents send.
resource "helm_release" "otel_collector" {
  for_each         = { for name, one in var.releases : name => one if one.part == "collector" }
  name             = each.key
  namespace        = each.value.namespace
  create_namespace = true
  repository       = each.value.repository
  chart            = each.value.chart
  version          = each.value.version
  timeout          = 900
  values           = [file("${var.values_folder}/${each.value.values}")]
  depends_on       = [helm_release.metrics_agent]
}
