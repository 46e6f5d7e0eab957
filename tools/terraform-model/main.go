// A provider that knows nothing but its schema: that of a model in a file. `tofu validate` with it checks every argument and
// every reference of a configuration against the model, as it does against a real provider.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// provider is called as its executable: terraform-provider-azurerm has what FLEETGLASS_MODEL says of azurerm.
type provider struct {
	tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

type model struct {
	Provider    json.RawMessage            `json:"provider"`
	Resources   map[string]json.RawMessage `json:"resources"`
	DataSources map[string]json.RawMessage `json:"dataSources"`
}

func main() {
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "terraform-provider-")
	schemas, err := read(os.Getenv("FLEETGLASS_MODEL"), name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	serve := func() tfprotov6.ProviderServer { return provider{schemas: schemas} }
	if err := tf6server.Serve("registry.opentofu.org/hashicorp/"+name, serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path, name string) (*tfprotov6.GetProviderSchemaResponse, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all map[string]model
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	of, known := all[name]
	if !known {
		return nil, fmt.Errorf("the model has no provider %s", name)
	}
	own, err := schema(of.Provider)
	if err != nil {
		return nil, err
	}
	resources, err := schemas(of.Resources)
	if err != nil {
		return nil, err
	}
	sources, err := schemas(of.DataSources)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.GetProviderSchemaResponse{
		ServerCapabilities: &tfprotov6.ServerCapabilities{GetProviderSchemaOptional: true},
		Provider:           own,
		ResourceSchemas:    resources,
		DataSourceSchemas:  sources,
	}, nil
}

func schemas(of map[string]json.RawMessage) (map[string]*tfprotov6.Schema, error) {
	all := map[string]*tfprotov6.Schema{}
	for name, text := range of {
		one, err := schema(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[name] = one
	}
	return all, nil
}

func schema(text json.RawMessage) (*tfprotov6.Schema, error) {
	body, err := block(text)
	return &tfprotov6.Schema{Block: body}, err
}

// block reads {"name": "string", "tags?": "map", "=id": "string", "rule": [{…}], "identity?": {…}}: a key is required,
// optional with ?, the provider's own with =; an object is a block, a list of one object a block that may come again.
func block(text json.RawMessage) (*tfprotov6.SchemaBlock, error) {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, err
	}
	body := &tfprotov6.SchemaBlock{}
	for key, value := range entries {
		name := strings.Trim(key, "=?")
		computed, optional := strings.HasPrefix(key, "="), strings.HasSuffix(key, "?")
		var kind string
		if json.Unmarshal(value, &kind) == nil {
			of, writeOnly := strings.CutPrefix(kind, "write-only ")
			body.Attributes = append(body.Attributes, &tfprotov6.SchemaAttribute{
				Name: name, Type: types[of], Required: !computed && !optional, Optional: optional, Computed: computed, WriteOnly: writeOnly,
			})
			if types[of] == nil {
				return nil, fmt.Errorf("%s is of no known type: %s", name, kind)
			}
			continue
		}
		var list []json.RawMessage
		repeated := json.Unmarshal(value, &list) == nil
		inner := value
		if repeated {
			inner = list[0]
		}
		if computed {
			var read map[string]string
			if err := json.Unmarshal(inner, &read); err != nil {
				return nil, fmt.Errorf("%s: what a provider fills in has attributes only: %w", name, err)
			}
			fields := map[string]tftypes.Type{}
			for field, of := range read {
				fields[field] = types[of]
			}
			body.Attributes = append(body.Attributes, &tfprotov6.SchemaAttribute{
				Name: name, Computed: true, Type: tftypes.List{ElementType: tftypes.Object{AttributeTypes: fields}},
			})
			continue
		}
		nested, err := block(inner)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		one := &tfprotov6.SchemaNestedBlock{TypeName: name, Block: nested, Nesting: tfprotov6.SchemaNestedBlockNestingModeList}
		if !optional {
			one.MinItems = 1
		}
		if !repeated {
			one.MaxItems = 1
		}
		body.BlockTypes = append(body.BlockTypes, one)
	}
	return body, nil
}

var types = map[string]tftypes.Type{
	"string": tftypes.String,
	"number": tftypes.Number,
	"bool":   tftypes.Bool,
	"list":   tftypes.List{ElementType: tftypes.String},
	"map":    tftypes.Map{ElementType: tftypes.String},
	"any":    tftypes.DynamicPseudoType,
}

func (p provider) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return p.schemas, nil
}

func (p provider) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return &tfprotov6.GetMetadataResponse{ServerCapabilities: p.schemas.ServerCapabilities}, nil
}

func (p provider) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

func (p provider) ValidateProviderConfig(_ context.Context, request *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: request.Config}, nil
}

func (p provider) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (p provider) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (p provider) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}
