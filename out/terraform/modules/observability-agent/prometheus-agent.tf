# Scrapes and writes to Mimir: Prometheus as an agent, or what the fleet has in its place.
resource "helm_release" "metrics_agent" {
  for_each         = { for name, one in var.releases : name => one if one.part == "metrics" }
  name             = each.key
  namespace        = each.value.namespace
  create_namespace = true
  repository       = each.value.repository
  chart            = each.value.chart
  version          = each.value.version
  timeout          = 900
  values           = [file("${var.values_folder}/${each.value.values}")]
}
