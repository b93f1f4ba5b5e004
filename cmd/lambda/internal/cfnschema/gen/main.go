// Command gen writes schemas.json.gz: the schemas of the resource types that template.yaml has. It is run from the top of the repository, and again
// when the template gets a resource of a new type:
//
//	python3 -c 'import json; from samtranslator.internal.schema_source.schema import Model, get_schema; print(json.dumps(get_schema(Model)))' > sam.json
//	go run ./cmd/lambda/internal/cfnschema/gen -cfn-lint $(python3 -c 'import cfnlint; print(cfnlint.__path__[0])') -cfn-lint-version 1.51.0 \
//		-sam sam.json -sam-version 1.110.0 -template template.yaml -o cmd/lambda/internal/cfnschema/schemas.json.gz
//
// The schemas of CloudFormation's resource types are AWS's own, of us-east-1, as cfn-lint (MIT-0, Copyright Amazon.com, Inc. or its affiliates)
// carries and mends them; those of SAM's are made by aws-sam-translator (Apache-2.0, Copyright Amazon.com, Inc. or its affiliates).
//
// The same sources give the same bytes.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	lint := flag.String("cfn-lint", "", "folder of the Python package cfnlint")
	lintVersion := flag.String("cfn-lint-version", "", "its version")
	samFile := flag.String("sam", "", "file with SAM's schema")
	samVersion := flag.String("sam-version", "", "version of aws-sam-translator that made it")
	templateFile := flag.String("template", "template.yaml", "template whose resource types are taken")
	out := flag.String("o", "schemas.json.gz", "file to write")
	flag.Parse()
	if *lintVersion == "" || *samVersion == "" {
		log.Fatal("gen: give the versions of the sources")
	}
	g := &generator{folder: filepath.Join(*lint, "data", "schemas")}
	data, err := g.run(*samFile, *templateFile, map[string]string{"cfn-lint": *lintVersion, "aws-sam-translator": *samVersion, "region": "us-east-1"})
	if err == nil {
		err = os.WriteFile(*out, data, 0o644)
	}
	if err != nil {
		log.Fatalf("gen: %v", err)
	}
	log.Printf("%s: %d bytes; left out: %d patterns that Go does not read", *out, len(data), g.patterns)
}

type object = map[string]any

type generator struct {
	folder   string
	files    map[string]string // of the schemas, by resource type
	patterns int
}

var (
	typeLine   = regexp.MustCompile(`(?m)^    Type: (AWS::\S+)$`)
	codePoint  = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)
	schemaFile = regexp.MustCompile(`"(AWS::[^"]+)": "([0-9a-f]+)"`)
)

// passedTo is what SAM makes of a resource: it takes over the properties that SAM passes through.
var passedTo = map[string]string{
	"AWS::Serverless::Function":     "AWS::Lambda::Function",
	"AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
}

func (g *generator) run(samFile, templateFile string, versions map[string]string) ([]byte, error) {
	index, err := os.ReadFile(filepath.Join(g.folder, "providers", "us_east_1.py"))
	if err != nil {
		return nil, err
	}
	g.files = map[string]string{}
	for _, m := range schemaFile.FindAllStringSubmatch(string(index), -1) {
		g.files[m[1]] = m[2] + ".json"
	}
	template, err := os.ReadFile(templateFile)
	if err != nil {
		return nil, err
	}
	kinds := map[string]bool{}
	for _, m := range typeLine.FindAllStringSubmatch(string(template), -1) {
		if strings.Count(m[1], "::") == 2 { // AWS::Region::Id is a type of parameters, of two parts more
			kinds[m[1]] = true
		}
	}
	sam, err := readObject(samFile)
	if err != nil {
		return nil, err
	}
	schemas := object{}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		var schema object
		if target, isSAM := passedTo[kind]; isSAM {
			schema, err = g.samSchema(sam, kind, target)
		} else {
			schema, err = g.resource(kind)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		schemas[kind] = schema
	}
	encoded, err := json.Marshal(object{"versions": versions, "schemas": schemas})
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(encoded); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

func readObject(file string) (object, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var o object
	return o, json.Unmarshal(data, &o)
}

// resource returns the schema of a resource type of CloudFormation.
func (g *generator) resource(kind string) (object, error) {
	file, ok := g.files[kind]
	if !ok {
		return nil, errors.New("cfn-lint has no schema of it")
	}
	schema, err := readObject(filepath.Join(g.folder, "resources", file))
	if err != nil {
		return nil, err
	}
	kept := object{"type": "object"}
	for _, name := range []string{
		"additionalProperties", "allOf", "anyOf", "definitions", "dependentExcluded", "dependentRequired", "oneOf", "patternProperties", "properties",
		"readOnlyProperties", "required", "requiredOr", "requiredXor", "tagging",
	} {
		if value, ok := schema[name]; ok {
			kept[name] = value
		}
	}
	return g.draft7(kept).(object), nil
}

// samSchema returns the schema of the properties of a resource type of SAM, with what SAM passes through in the words of the type that it
// is passed to.
func (g *generator) samSchema(sam object, kind, target string) (object, error) {
	all := sam["definitions"].(object)
	name := "samtranslator__internal__schema_source__" + strings.ToLower(strings.ReplaceAll(kind, "::", "_")) + "__Properties"
	schema, ok := all[name].(object)
	if !ok {
		return nil, errors.New("SAM's schema has no " + name)
	}
	definitions := object{}
	for property, value := range schema["properties"].(object) {
		fallback := []any{nil, target, nil, nil, nil, property}
		passed, err := g.passThrough(value.(object), fallback, definitions)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", property, err)
		}
		if passed != nil {
			schema["properties"].(object)[property] = passed
		}
	}
	made, err := g.resource(target)
	if err != nil {
		return nil, err
	}
	schema = g.draft7(schema).(object)
	schema["readOnlyProperties"], schema["tagging"] = made["readOnlyProperties"], made["tagging"]
	// What is left to refer to, and what that refers to.
	missing := references(schema)
	for len(missing) > 0 {
		name := missing[0]
		missing = missing[1:]
		if definitions[name] != nil {
			continue
		}
		definition, ok := all[name].(object)
		if !ok {
			return nil, errors.New("SAM's schema has no " + name)
		}
		definitions[name] = g.draft7(definition)
		missing = append(missing, references(definition)...)
	}
	schema["definitions"] = definitions
	return schema, nil
}

// passThrough returns what a property that SAM passes through may be, or nil when it passes nothing through that is known. It adds what that
// refers to.
func (g *generator) passThrough(property object, path []any, definitions object) (object, error) {
	if encoded, err := json.Marshal(property["allOf"]); err != nil || string(encoded) != `[{"$ref":"#/definitions/PassThroughProp"}]` {
		return nil, err
	}
	if named, ok := property["__samPassThrough"].(object); ok {
		path = named["schemaPath"].([]any)
	}
	kind, _ := path[1].(string)
	if len(path) != 6 || g.files[kind] == "" {
		return nil, nil
	}
	schema, err := g.resource(kind)
	if err != nil {
		return nil, err
	}
	wanted, ok := schema["properties"].(object)[path[5].(string)].(object)
	if !ok {
		return nil, nil
	}
	if others, ok := schema["definitions"].(object); ok {
		for name, definition := range others {
			definitions[kind+"."+name] = prefixed(definition, kind+".")
		}
	}
	return prefixed(wanted, kind+".").(object), nil
}

const definitionRef = "#/definitions/"

// prefixed puts a prefix before the names of the definitions that a schema refers to.
func prefixed(value any, prefix string) any {
	switch v := value.(type) {
	case object:
		out := make(object, len(v))
		for name, item := range v {
			if ref, ok := item.(string); ok && name == "$ref" {
				out[name] = definitionRef + prefix + strings.TrimPrefix(ref, definitionRef)
				continue
			}
			out[name] = prefixed(item, prefix)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = prefixed(item, prefix)
		}
		return out
	}
	return value
}

// references lists the definitions that a schema refers to, but those that passThrough added.
func references(value any) []string {
	var names []string
	switch v := value.(type) {
	case object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if ref, ok := v[name].(string); ok && name == "$ref" {
				if name := strings.TrimPrefix(ref, definitionRef); !strings.HasPrefix(name, "AWS::") {
					names = append(names, name)
				}
				continue
			}
			names = append(names, references(v[name])...)
		}
	case []any:
		for _, item := range v {
			names = append(names, references(item)...)
		}
	}
	return names
}

// draft7 puts a schema in terms of JSON Schema's draft 7: cfn-lint has words of its own. Descriptions and formats are left out.
func (g *generator) draft7(value any) any {
	switch v := value.(type) {
	case object:
		out := object{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			g.word(out, name, v[name])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = g.draft7(item)
		}
		return out
	}
	return value
}

// word puts one member of a schema into out.
func (g *generator) word(out object, name string, value any) {
	also := func(schema object) {
		list, _ := out["allOf"].([]any)
		out["allOf"] = append(list, schema)
	}
	required := func(names any) []any {
		var choices []any
		for _, n := range names.([]any) {
			choices = append(choices, object{"required": []any{n}})
		}
		return choices
	}
	text, isText := value.(string)
	list, isList := value.([]any)
	switch {
	case isText && (name == "description" || name == "markdownDescription" || name == "title" || name == "format" || name == "$comment"), name == "__samPassThrough":
	case isText && name == "pattern":
		text = codePoint.ReplaceAllString(text, `\x{$1}`) // \u0020 in ECMAScript
		text = strings.ReplaceAll(text, `\Z`, `\z`)       // as in Python
		if _, err := regexp.Compile(text); err != nil {
			g.patterns++
			return
		}
		out[name] = text
	case isText && name == "type" && text == "string":
		// CloudFormation takes 20 and true for "20" and "true".
		out[name] = []any{"string", "number", "boolean"}
	case isList && name == "requiredXor":
		also(object{"oneOf": required(value)})
	case isList && name == "requiredOr":
		also(object{"anyOf": required(value)})
	case name == "dependentRequired":
		out["dependencies"] = g.draft7(value)
	case name == "dependentExcluded":
		for first, others := range value.(object) {
			for _, other := range others.([]any) {
				also(object{"not": object{"required": []any{first, other}}})
			}
		}
	case isList && name == "allOf" && out[name] != nil:
		out[name] = append(out[name].([]any), g.draft7(list).([]any)...)
	default:
		out[name] = g.draft7(value)
	}
}
