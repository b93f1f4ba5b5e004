package check

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/xeipuuv/gojsonschema"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// The schemas hold the language's fields: one file for each state type and query language, and one each for what encloses states.
// A state is validated by itself against the schema of its type, not the definition as a whole against an alternative of
// sixteen: so a fault is found in the field where it is, and not "in none of the alternatives". Their $id lies in a domain that
// cannot exist: nothing is ever fetched.
//
//go:embed schemas
var schemaFiles embed.FS

// languageSchema is a schema, by the name under which its source is kept for looking up which fields there are.
type languageSchema struct {
	name     string
	compiled func() *gojsonschema.Schema
	once     sync.Once // for shape
	shape    *fieldShape
}

// schemas are read once, when the first definition is checked.
var schemas = sync.OnceValue(readSchemas)

type schemaSet struct {
	scopes  map[scopeKind]*languageSchema
	states  map[asl.QueryLanguage]map[asl.StateType]*languageSchema
	sources map[string]map[string]any // every schema file as plain JSON
}

func readSchemas() *schemaSet {
	set := &schemaSet{
		scopes:  map[scopeKind]*languageSchema{},
		states:  map[asl.QueryLanguage]map[asl.StateType]*languageSchema{},
		sources: map[string]map[string]any{},
	}
	err := fs.WalkDir(schemaFiles, "schemas", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := schemaFiles.ReadFile(file)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(file, "schemas/")
		var source map[string]any
		if err := json.Unmarshal(text, &source); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		set.sources[name] = source
		return nil
	})
	if err != nil {
		panic("check: the embedded schemas are broken: " + err.Error()) // they are part of the program: a test reads them all
	}
	for _, kind := range []scopeKind{machineScope, branchScope, processorScope} {
		set.scopes[kind] = set.add(string(kind) + ".json")
	}
	for _, language := range []asl.QueryLanguage{asl.JSONPath, asl.JSONata} {
		set.states[language] = map[asl.StateType]*languageSchema{}
		for _, t := range asl.StateTypes() {
			set.states[language][t] = set.add(strings.ToLower(string(language)) + "/" + strings.ToLower(string(t)) + ".json")
		}
	}
	return set
}

// add makes a schema that is compiled when it is first used: most definitions need a few of them, and each costs about a
// millisecond.
func (set *schemaSet) add(name string) *languageSchema {
	return &languageSchema{name: name, compiled: sync.OnceValue(func() *gojsonschema.Schema {
		loader := gojsonschema.NewSchemaLoader()
		loader.Draft, loader.AutoDetect = gojsonschema.Draft7, false
		if err := loader.AddSchemas(gojsonschema.NewGoLoader(set.sources["common.json"])); err != nil {
			panic("check: common.json: " + err.Error()) // part of the program: a test compiles all
		}
		compiled, err := loader.Compile(gojsonschema.NewGoLoader(set.sources[name]))
		if err != nil {
			panic("check: " + name + ": " + err.Error())
		}
		return compiled
	})}
}

// schemaOf returns the schema of a state type in a query language, or nil when there is no such type.
func schemaOf(t asl.StateType, language asl.QueryLanguage) *languageSchema {
	return schemas().states[language][t]
}

// at is the part of the schema that describes what stands at a path below the root; empty when nothing does.
func (s *languageSchema) at(steps []string) map[string]any {
	file, node := dereference(s.name, schemas().sources[s.name])
	for _, step := range steps {
		properties, _ := node["properties"].(map[string]any)
		next, ok := properties[step].(map[string]any)
		if !ok {
			next, _ = node["items"].(map[string]any)
		}
		file, node = dereference(file, next)
	}
	return node
}

// dereference follows a $ref, which is relative to the file that it stands in.
func dereference(file string, node map[string]any) (string, map[string]any) {
	for {
		ref, ok := node["$ref"].(string)
		if !ok {
			return file, node
		}
		target, name, _ := strings.Cut(ref, "#/definitions/")
		if target != "" {
			file = path.Join(path.Dir(file), target)
		}
		definitions, _ := schemas().sources[file]["definitions"].(map[string]any)
		node, _ = definitions[name].(map[string]any)
	}
}

// fieldsAt lists the fields that an object at a path may have, sorted.
func (s *languageSchema) fieldsAt(steps []string) []string {
	properties, _ := s.at(steps)["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}

// listAt is a list of words in the schema at a path: the values of its enum, or its types.
func (s *languageSchema) listAt(steps []string, keyword string) []string {
	list, _ := s.at(steps)[keyword].([]any)
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprint(v)
	}
	return words
}

// boundAt is the minimum or maximum in the schema at a path.
func (s *languageSchema) boundAt(steps []string, keyword string) string {
	f, _ := s.at(steps)[keyword].(float64)
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// faultKind sorts what a schema finds.
type faultKind string

const (
	unknownField  faultKind = "unknown field"
	missingField  faultKind = "missing field"
	wrongType     faultKind = "wrong type"
	wrongValue    faultKind = "wrong value"
	belowMinimum  faultKind = "below minimum"
	aboveMaximum  faultKind = "above maximum"
	emptyValue    faultKind = "empty"
	noExpression  faultKind = "no expression"
	unknownTypeOf faultKind = "unknown state type"
)

// schemaFault is one result of a validation, on nodes.
type schemaFault struct {
	kind   faultKind
	node   *asl.Node       // the faulty value; for unknown and missing fields the object
	names  []string        // of unknownField (one) and missingField
	wanted []string        // of wrongType: types; of wrongValue: values
	bound  string          // of belowMinimum and aboveMaximum
	schema *languageSchema // that found it
	path   []string        // from the schema's root to node
	state  *state          // nil outside of states
}

// validateAll validates every scope and state on its own.
func (p *pass) validateAll() {
	for _, sc := range p.scopes {
		if len(p.faults) >= MaxDiagnostics {
			break
		}
		p.validate(schemas().scopes[sc.kind], sc.node, nil)
	}
	for _, s := range p.states {
		if len(p.faults) >= MaxDiagnostics {
			break // no more will be told
		}
		switch {
		case isHole(s.node):
		case s.node.Kind != value.KindObject:
			p.fault(schemaFault{kind: wrongType, node: s.node, wanted: []string{"object"}, state: s})
		case s.field("Type") == nil:
			p.fault(schemaFault{kind: missingField, node: s.node, names: []string{"Type"}, state: s})
		case isHole(s.field("Type")):
		case s.typ == "":
			p.fault(schemaFault{kind: unknownTypeOf, node: s.field("Type"), state: s})
		default:
			p.validate(schemaOf(s.typ, s.language), s.node, s)
			if branches := s.field("Branches"); s.typ == asl.TypeParallel && branches != nil {
				for _, b := range branches.Items { // whose inside the state's schema does not see
					if b.Kind != value.KindObject && !isHole(b) {
						p.fault(schemaFault{kind: wrongType, node: b, wanted: []string{"object"}, state: s})
					}
				}
			}
		}
	}
	slices.SortStableFunc(p.faults, func(a, b schemaFault) int {
		return cmp.Or(a.node.Span.Start.Offset-b.node.Span.Start.Offset, strings.Compare(strings.Join(a.names, ","), strings.Join(b.names, ",")))
	})
}

func (p *pass) fault(f schemaFault) {
	if len(p.faults) < MaxDiagnostics {
		p.faults = append(p.faults, f)
	}
	switch f.kind {
	case unknownField:
		p.unknown[f.node] = append(p.unknown[f.node], f.names[0])
	case missingField:
	default:
		p.broken[f.node] = true
	}
}

func (p *pass) validate(schema *languageSchema, node *asl.Node, s *state) {
	if schema.conforms(node) {
		return
	}
	result, err := schema.compiled().Validate(gojsonschema.NewRawLoader(plain(node, 0)))
	if err != nil {
		// Validate fails only when the document cannot be loaded, and a raw loader has nothing to load.
		panic("check: " + err.Error())
	}
	missing := map[*asl.Node][]string{}
	first := len(p.faults)
	for _, e := range result.Errors() {
		steps := strings.Split(e.Context().String("\x00"), "\x00")[1:]
		at := follow(node, steps)
		if at == nil || isHole(at) {
			continue
		}
		f := schemaFault{node: at, schema: schema, path: steps, state: s}
		details := e.Details()
		property, _ := details["property"].(string)
		switch e.Type() {
		case "additional_property_not_allowed":
			f.kind, f.names = unknownField, []string{property}
		case "required":
			missing[at] = append(missing[at], property)
			if len(missing[at]) > 1 {
				continue
			}
			f.kind = missingField
		case "invalid_type":
			expected, _ := details["expected"].(string)
			f.kind, f.wanted = wrongType, strings.Split(strings.Trim(expected, "[]"), ",")
		case "enum":
			f.kind, f.wanted = wrongValue, schema.listAt(steps, "enum")
		case "number_gte":
			f.kind, f.bound = belowMinimum, schema.boundAt(steps, "minimum")
		case "number_lte":
			f.kind, f.bound = aboveMaximum, schema.boundAt(steps, "maximum")
		case "array_min_items", "array_min_properties":
			f.kind = emptyValue
		case "pattern":
			f.kind, f.wanted = noExpression, schema.listAt(steps, "type")
		default:
			continue // no other keyword is used in the schemas: TestSchemaKeywords
		}
		if text, ok := textOf(at); ok && hasHole(text) {
			continue
		}
		p.fault(f)
	}
	for i := first; i < len(p.faults); i++ {
		if p.faults[i].kind == missingField {
			p.faults[i].names = missing[p.faults[i].node]
		}
	}
}

// follow goes from a node along names and indexes.
func follow(n *asl.Node, steps []string) *asl.Node {
	for _, step := range steps {
		if n.Kind == value.KindArray {
			i, err := strconv.Atoi(step)
			if err != nil {
				return nil
			}
			n = n.Item(i)
		} else {
			n = n.Member(step)
		}
		if n == nil {
			return nil
		}
	}
	return n
}

// opaqueFields are the fields whose inside no schema describes: states are validated by themselves, the others hold any JSON.
var opaqueFields = map[string]bool{
	"States": true, "Branches": true, "ItemProcessor": true, "Iterator": true, "Parameters": true,
	"Arguments": true, "Result": true, "ResultSelector": true, "ItemSelector": true, "BatchInput": true, "Output": true, "Assign": true,
	"Items": true, "Credentials": true,
}

// plain turns a node into the form that gojsonschema reads. Of opaque fields it keeps the type, and whether they are empty.
func plain(n *asl.Node, depth int) any {
	switch n.Kind {
	case value.KindObject:
		object := make(map[string]any, min(len(n.Members), maxSchemaMembers))
		for i, m := range n.Members {
			if depth < maxSchemaDepth && (i < maxSchemaMembers || fieldNames()[m.Name]) {
				if opaqueFields[m.Name] {
					object[m.Name] = outside(m.Value)
				} else {
					object[m.Name] = plain(m.Value, depth+1)
				}
			}
		}
		return object
	case value.KindArray:
		array := make([]any, 0, min(len(n.Items), maxSchemaItems))
		for _, item := range n.Items[:min(len(n.Items), maxSchemaItems)] {
			array = append(array, plain(item, depth+1))
		}
		return array
	}
	return outside(n)
}

// Limits of what goes through the schemas, whose results are costly. Of an object with more members than any has fields, those whose
// names are fields somewhere are still seen.
const (
	maxSchemaMembers = 500
	maxSchemaItems   = 10_000
)

// fieldNames holds the names of all fields of all schemas.
var fieldNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	var walk func(schema map[string]any)
	walk = func(schema map[string]any) {
		for name, v := range schema {
			inner, ok := v.(map[string]any)
			if !ok {
				continue
			}
			if name == "properties" {
				for field := range inner {
					names[field] = true
				}
			}
			walk(inner)
		}
	}
	for _, source := range schemas().sources {
		walk(source)
	}
	return names
})

// maxSchemaDepth is more than the depth of anything that a schema describes but the operands of Choice rules, which nest
// without limit in the language. A definition nested deeper is left to the other rules.
const maxSchemaDepth = 200

// outside is a value seen from outside.
func outside(n *asl.Node) any {
	switch v := n.Value.(type) {
	case value.Bool:
		return bool(v)
	case value.String:
		return string(v)
	case value.Number:
		if asl.IsHole(string(v)) {
			return string(v)
		}
		return tame(string(v))
	}
	switch {
	case n.Kind == value.KindArray && len(n.Items) > 0:
		return []any{map[string]any{}}
	case n.Kind == value.KindArray:
		return []any{}
	case n.Kind == value.KindObject:
		return map[string]any{}
	}
	return nil
}

// tame gives a number in a form that costs little to compute with exactly: 1e999999 would be a number of a million digits.
func tame(text string) json.Number {
	const longest = 40
	if len(text) <= longest && !strings.ContainsAny(text, "eE") {
		return json.Number(text)
	}
	f := value.Number(text).Float()
	switch {
	case f > 1e18:
		return "1e18"
	case f < -1e18:
		return "-1e18"
	}
	return json.Number(strconv.FormatFloat(f, 'f', -1, 64))
}
