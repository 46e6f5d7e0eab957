terraform {
  required_version = ">= 1.11.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "5.2.0"
    }
    helm = {
      source  = "hashicorp/helm"
      version = "3.1.2"
    }
  }
}

provider "azurerm" {
  storage_use_azuread = true

  features {}
}

variable "cluster_resource_name" {
  description = "What the cluster is called in Azure."
  type        = string
}

variable "resource_group_name" {
  description = "Where it is."
  type        = string
}

variable "key_vault_id" {
  description = "The vault of the passwords: an output of the ops cluster's environment."
  type        = string
  default     = ""
}

variable "install_releases" {
  description = "True where no Flux installs the releases."
  type        = bool
  default     = false
}

data "azurerm_kubernetes_cluster" "this" {
  name                = var.cluster_resource_name
  resource_group_name = var.resource_group_name
}

provider "helm" {
  kubernetes = {
    host                   = data.azurerm_kubernetes_cluster.this.kube_config[0].host
    cluster_ca_certificate = base64decode(data.azurerm_kubernetes_cluster.this.kube_config[0].cluster_ca_certificate)
    exec = {
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "kubelogin"
      args        = ["get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"]
    }
  }
}

locals {
  releases = {
    kube-state-metrics = {
      part       = "exporters"
      namespace  = "observability"
      repository = "https://prometheus-community.github.io/helm-charts"
      chart      = "kube-state-metrics"
      version    = "8.4.0"
      values     = "exporters/kube-state-metrics.values.yaml"
    }
    prometheus-node-exporter = {
      part       = "exporters"
      namespace  = "observability"
      repository = "https://prometheus-community.github.io/helm-charts"
      chart      = "prometheus-node-exporter"
      version    = "4.56.1"
      values     = "exporters/prometheus-node-exporter.values.yaml"
    }
    dcgm-exporter = {
      part       = "exporters"
      namespace  = "observability"
      repository = "https://nvidia.github.io/dcgm-exporter/helm-charts"
      chart      = "dcgm-exporter"
      version    = "4.8.2"
      values     = "exporters/dcgm-exporter.values.yaml"
    }
    opencost = {
      part       = "exporters"
      namespace  = "observability"
      repository = "https://opencost.github.io/opencost-helm-chart"
      chart      = "opencost"
      version    = "2.5.17"
      values     = "exporters/opencost.values.yaml"
    }
    prometheus-agent = {
      part       = "metrics"
      namespace  = "observability"
      repository = "https://prometheus-community.github.io/helm-charts"
      chart      = "prometheus"
      version    = "29.27.0"
      values     = "prometheus-agent/prometheus-agent.values.yaml"
    }
    otel-gateway = {
      part       = "collector"
      namespace  = "observability"
      repository = "https://open-telemetry.github.io/opentelemetry-helm-charts"
      chart      = "opentelemetry-collector"
      version    = "0.170.0"
      values     = "opentelemetry/otel-gateway.values.yaml"
    }
    otel-agent = {
      part       = "collector"
      namespace  = "observability"
      repository = "https://open-telemetry.github.io/opentelemetry-helm-charts"
      chart      = "opentelemetry-collector"
      version    = "0.170.0"
      values     = "opentelemetry/otel-agent.values.yaml"
    }
    otel-events = {
      part       = "collector"
      namespace  = "observability"
      repository = "https://open-telemetry.github.io/opentelemetry-helm-charts"
      chart      = "opentelemetry-collector"
      version    = "0.170.0"
      values     = "opentelemetry/otel-events.values.yaml"
    }
    promtail = {
      part       = "logs"
      namespace  = "observability"
      repository = "https://grafana.github.io/helm-charts"
      chart      = "promtail"
      version    = "6.17.1"
      values     = "promtail/promtail.values.yaml"
    }
  }
}

module "observability_agent" {
  source              = "../../modules/observability-agent"
  cluster             = "stg-uaenorth"
  location            = data.azurerm_kubernetes_cluster.this.location
  resource_group_name = var.resource_group_name
  oidc_issuer_url     = data.azurerm_kubernetes_cluster.this.oidc_issuer_url
  key_vault_id        = var.key_vault_id
  tags = {
    fleet       = "platform-core"
    environment = "stg"
  }
  values_folder = "${path.root}/../../../flux-config/clusters/platform-core-stg-aks/infrastructure/observability"
  releases      = { for name, one in local.releases : name => one if var.install_releases }
}
