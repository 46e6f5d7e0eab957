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
