// Package cfnschema holds the schemas of the resource types that template.yaml has, for the tests that check the template without AWS: what properties
// each type has and needs, and what they may be. gen/main.go makes them from cfn-lint's and SAM's.
package cfnschema

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed schemas.json.gz
var packed []byte

// Schemas are schemas by resource type, in terms of JSON Schema's draft 7 but for readOnlyProperties (attributes, as JSON pointers) and tagging,
// which are CloudFormation's.
type Schemas struct {
	// Versions are the versions of cfn-lint and aws-sam-translator, and the region of the schemas.
	Versions map[string]string
	Schemas  map[string]json.RawMessage
}

// Read unpacks the schemas.
func Read() (*Schemas, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("schemas.json.gz: %w", err)
	}
	var s Schemas
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		return nil, fmt.Errorf("schemas.json.gz: %w", err)
	}
	return &s, nil
}
