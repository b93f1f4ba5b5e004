package lambda_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/cfnschema"
	"github.com/xeipuuv/gojsonschema"
)

// resourceSchema is what CloudFormation says of a resource type.
type resourceSchema struct {
	compiled   *gojsonschema.Schema
	readOnly   []string // properties that only CloudFormation sets
	attributes []string // for Fn::GetAtt
	taggable   bool
}

var resourceSchemas = sync.OnceValues(func() (map[string]*resourceSchema, error) {
	data, err := cfnschema.Read()
	if err != nil {
		return nil, err
	}
	all := map[string]*resourceSchema{}
	for kind, raw := range data.Schemas {
		s := &resourceSchema{}
		if s.compiled, err = gojsonschema.NewSchema(gojsonschema.NewBytesLoader(raw)); err != nil {
			return nil, err
		}
		var own struct {
			Properties         map[string]any
			ReadOnlyProperties []string
			Tagging            struct{ Taggable bool }
		}
		if err := json.Unmarshal(raw, &own); err != nil {
			return nil, err
		}
		for _, pointer := range own.ReadOnlyProperties {
			path := strings.Split(strings.TrimPrefix(pointer, "/properties/"), "/")
			// Of SAM's types they are those of what SAM makes: there, Name is what is given.
			if len(path) == 1 && !strings.HasPrefix(kind, "AWS::Serverless::") {
				s.readOnly = append(s.readOnly, path[0])
			}
			s.attributes = append(s.attributes, strings.Join(path, "."))
		}
		switch kind {
		// Of these every property is an attribute, too (cfn-lint, schema/_getatts.py).
		case "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::EC2::SecurityGroup":
			s.attributes = append(s.attributes, sortedKeys(own.Properties)...)
		}
		s.taggable = own.Tagging.Taggable
		all[kind] = s
	}
	return all, nil
})

// judged remembers what is wrong with properties: of a template with one fault, all other
// resources are as they were.
var judged sync.Map // of type and properties to []string

// faults says what is wrong with properties of a resource type.
func (s *resourceSchema) faults(kind string, properties map[string]any) ([]string, error) {
	encoded, err := json.Marshal(properties)
	if err != nil {
		return nil, err
	}
	key := kind + "\n" + string(encoded)
	if known, ok := judged.Load(key); ok {
		return known.([]string), nil
	}
	var out []string
	for _, name := range s.readOnly {
		if _, set := properties[name]; set {
			out = append(out, name+" is read-only")
		}
	}
	result, err := s.compiled.Validate(gojsonschema.NewBytesLoader(encoded))
	if err != nil {
		return nil, err
	}
	for _, fault := range result.Errors() {
		out = append(out, fault.String())
	}
	slices.Sort(out)
	judged.Store(key, out)
	return out, nil
}

// variants returns a stack for each way that resources can come out: the conditions and
// parameters that they do not speak of do not matter to them.
func variants(t *template, stacks []*stack, names ...string) []*stack {
	conditions, parameters := map[string]bool{}, map[string]bool{}
	mention := func(other string) {
		if t.Parameters[other] != nil {
			parameters[other] = true
		}
		conditions[t.Resources[other].Condition] = true
	}
	visit := func(o map[string]any) {
		if ref, ok := o["Ref"].(string); ok {
			mention(ref)
		}
		if pair := list(o["Fn::GetAtt"]); len(pair) > 0 {
			mention(text(pair[0]))
		}
		if branches := list(o["Fn::If"]); len(branches) > 0 {
			conditions[text(branches[0])] = true
		}
		if pattern, ok := o["Fn::Sub"].(string); ok {
			for _, h := range holes(pattern) {
				of, _, _ := strings.Cut(h, ".")
				mention(of)
			}
		}
	}
	for _, name := range names {
		mention(name)
		walk(any(t.properties(name)), visit)
	}
	seen := map[string]bool{}
	var out []*stack
	for _, s := range stacks {
		var key strings.Builder
		for _, c := range sortedKeys(conditions) {
			key.WriteString(text(s.conditions[c]))
		}
		for _, p := range sortedKeys(parameters) {
			key.WriteString(text(s.parameters[p]) + "\n")
		}
		if !seen[key.String()] {
			seen[key.String()] = true
			out = append(out, s)
		}
	}
	return out
}

// checkSchemas holds every resource, in every stack that has it, against the schema of its type.
func checkSchemas(c *checked) {
	schemas, err := resourceSchemas()
	if err != nil {
		c.add("the schemas: %v", err)
		return
	}
	for _, name := range sortedKeys(c.t.Resources) {
		kind := c.t.Resources[name].Type
		schema := schemas[kind]
		if schema == nil {
			c.add("%s: there is no schema of %s; run cmd/lambda/internal/cfnschema/gen", name, kind)
			continue
		}
		for _, s := range variants(c.t, c.stacks, name) {
			if !s.has(name) {
				continue
			}
			properties, err := s.properties(name)
			if err != nil {
				continue // checkReferences tells
			}
			faults, err := schema.faults(kind, properties)
			if err != nil {
				c.add("%s: %v", name, err)
			}
			for _, fault := range faults {
				c.add("%s (%s): %s", name, kind, fault)
			}
		}
	}
}
