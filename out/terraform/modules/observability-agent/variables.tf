variable "cluster" {
  description = "The fleet's name of the cluster."
  type        = string
  default     = ""
}

variable "location" {
  description = "Azure's name of the region."
  type        = string
  default     = ""
}

variable "resource_group_name" {
  description = "Where the identity is kept."
  type        = string
  default     = ""
}

variable "oidc_issuer_url" {
  description = "Who issues the cluster's tokens."
  type        = string
  default     = ""
}

variable "key_vault_id" {
  description = "The vault of the passwords; empty where External Secrets run already, or not at all."
  type        = string
  default     = ""
}

variable "tags" {
  description = "Of everything that has tags."
  type        = map(string)
  default     = {}
}

variable "values_folder" {
  description = "Where the values of the releases are: the cluster's folder in the tree."
  type        = string
}

variable "releases" {
  description = "What is installed, by name. Empty where Flux does it."
  type = map(object({
    part       = string
    namespace  = string
    repository = string
    chart      = string
    version    = string
    values     = string
  }))
  default = {}
}
