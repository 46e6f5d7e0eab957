import { type Block, is, type Value } from "./hcl.ts";
import { providers } from "./model.ts";

/** A variable of a module. */
export function variable(
  name: string,
  type: string,
  description: string,
  more: { readonly default?: Value; readonly sensitive?: true; readonly ephemeral?: true } = {},
): Block {
  return { type: "variable", labels: [name], attributes: { description, type: is(type), ...more } };
}

/** The type of networks by cluster, which an environment hands on to the module. */
export const networksByCluster: string = `map(object({
    id                  = string
    name                = string
    resource_group_name = string
  }))`;

export function output(name: string, description: string, value: string): Block {
  return { type: "output", labels: [name], attributes: { description, value: is(value) } };
}

/** Write-only arguments, which keep a password out of the state, are known from these versions on. */
export function required(names: readonly (keyof typeof providers)[]): Block {
  return {
    type: "terraform",
    attributes: { required_version: ">= 1.11.0" },
    blocks: [
      {
        type: "required_providers",
        attributes: Object.fromEntries(
          names.map((name) => [name, { source: providers[name].source, version: providers[name].version }]),
        ),
      },
    ],
  };
}
