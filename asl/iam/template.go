package iam

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"
)

// samTemplates are SAM's policy templates: their statements by name. From aws-sam-translator 1.110.0 (Apache-2.0, Copyright Amazon.com, Inc.
// or its affiliates), policy_templates.json.
//
//go:embed samtemplates.json
var samFile []byte

var samTemplates = sync.OnceValue(func() map[string]any {
	var all map[string]any
	if err := json.Unmarshal(samFile, &all); err != nil {
		panic("iam: samtemplates.json: " + err.Error()) // part of the program: every test reads it
	}
	return all
})

// Template is a SAM or CloudFormation template.
type Template struct {
	parameters map[string]any
	resources  map[string]any
	region     string
	account    string
}

// maxDepth bounds how deep a template may be.
const maxDepth = 200

// ReadTemplate reads a template, YAML or JSON. Short forms (!Ref) are read as the long ones.
func ReadTemplate(text []byte) (*Template, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("no template: %w", err)
	}
	if len(root.Content) != 1 {
		return nil, errors.New("no template: it holds nothing")
	}
	v, err := plain(root.Content[0], 0)
	if err != nil {
		return nil, err
	}
	top, _ := v.(map[string]any)
	t := &Template{parameters: child(top, "Parameters"), resources: child(top, "Resources"), region: "${AWS::Region}", account: "${AWS::AccountId}"}
	if len(t.resources) == 0 {
		return nil, errors.New("no template: it has no Resources")
	}
	return t, nil
}

// plain is what a node stands for: maps, lists and strings; short forms are written out.
func plain(n *yaml.Node, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("no template: it is too deep")
	}
	if n.Kind == yaml.AliasNode {
		return nil, fmt.Errorf("line %d: aliases are not read", n.Line)
	}
	var v any = n.Value
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			item, err := plain(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			m[n.Content[i].Value] = item
		}
		v = m
	case yaml.SequenceNode:
		l := make([]any, len(n.Content))
		for i, c := range n.Content {
			item, err := plain(c, depth+1)
			if err != nil {
				return nil, err
			}
			l[i] = item
		}
		v = l
	}
	switch tag := n.Tag; {
	case !strings.HasPrefix(tag, "!") || strings.HasPrefix(tag, "!!"):
	case tag == "!Ref" || tag == "!Condition":
		v = map[string]any{tag[1:]: v}
	case tag == "!GetAtt":
		if s, ok := v.(string); ok {
			name, attribute, _ := strings.Cut(s, ".")
			v = []any{name, attribute}
		}
		fallthrough
	default:
		v = map[string]any{"Fn::" + tag[1:]: v}
	}
	return v, nil
}

func child(m map[string]any, name string) map[string]any { c, _ := m[name].(map[string]any); return c }

func (t *Template) properties(id string) (kind string, properties map[string]any) {
	r := child(t.resources, id)
	kind, _ = r["Type"].(string)
	return kind, child(r, "Properties")
}

// StateMachines lists the logical ids of the state machines, in order.
func (t *Template) StateMachines() []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if kind, _ := t.properties(id); kind == "AWS::Serverless::StateMachine" || kind == "AWS::StepFunctions::StateMachine" {
			ids = append(ids, id)
		}
	}
	return ids
}

// StateMachineOf is the state machine whose definition is a file, or the only one; file and dir, the template's folder, are paths.
func (t *Template) StateMachineOf(file, dir string) (string, error) {
	ids := t.StateMachines()
	var found []string
	for _, id := range ids {
		_, p := t.properties(id)
		uri, _ := p["DefinitionUri"].(string)
		if uri != "" && (filepath.Clean(filepath.Join(dir, uri)) == filepath.Clean(file) || path.Base(filepath.ToSlash(uri)) == filepath.Base(file)) {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && len(ids) == 1:
		return ids[0], nil
	case len(ids) == 0:
		return "", errors.New("the template has no state machine")
	}
	return "", fmt.Errorf("the template has several state machines, and no single one has the definition %s: say which one (--state-machine): %s", filepath.Base(file), strings.Join(ids, ", "))
}

// attributes are the ARNs of resources: what Ref, or GetAtt with the attribute Arn, stands for, by type; NAME is the name.
var attributes = map[string]struct{ arn, ref string }{
	"AWS::S3::Bucket":                  {"arn:aws:s3:::NAME", "NAME"},
	"AWS::Lambda::Function":            {"arn:aws:lambda:REGION:ACCOUNT:function:NAME", "NAME"},
	"AWS::Serverless::Function":        {"arn:aws:lambda:REGION:ACCOUNT:function:NAME", "NAME"},
	"AWS::SQS::Queue":                  {"arn:aws:sqs:REGION:ACCOUNT:NAME", "ARN"}, // a URL, which derive reads as the queue's ARN
	"AWS::SNS::Topic":                  {"arn:aws:sns:REGION:ACCOUNT:NAME", "ARN"},
	"AWS::DynamoDB::Table":             {"arn:aws:dynamodb:REGION:ACCOUNT:table/NAME", "NAME"},
	"AWS::Serverless::SimpleTable":     {"arn:aws:dynamodb:REGION:ACCOUNT:table/NAME", "NAME"},
	"AWS::StepFunctions::StateMachine": {"arn:aws:states:REGION:ACCOUNT:stateMachine:NAME", "ARN"},
	"AWS::Serverless::StateMachine":    {"arn:aws:states:REGION:ACCOUNT:stateMachine:NAME", "ARN"},
	"AWS::StepFunctions::Activity":     {"arn:aws:states:REGION:ACCOUNT:activity:NAME", "ARN"},
	"AWS::IAM::Role":                   {"arn:aws:iam::ACCOUNT:role/NAME", "NAME"},
	"AWS::KMS::Key":                    {"arn:aws:kms:REGION:ACCOUNT:key/NAME", "NAME"},
	"AWS::Events::EventBus":            {"arn:aws:events:REGION:ACCOUNT:event-bus/NAME", "NAME"},
	"AWS::SecretsManager::Secret":      {"ARN", "arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME"},
	"AWS::Logs::LogGroup":              {"arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*", "NAME"},
	"AWS::ECS::TaskDefinition":         {"ARN", "arn:aws:ecs:REGION:ACCOUNT:task-definition/NAME:*"},
	"AWS::Batch::JobQueue":             {"ARN", "arn:aws:batch:REGION:ACCOUNT:job-queue/NAME"},
	"AWS::Batch::JobDefinition":        {"ARN", "arn:aws:batch:REGION:ACCOUNT:job-definition/NAME"},
	"AWS::Bedrock::Guardrail":          {"arn:aws:bedrock:REGION:ACCOUNT:guardrail/NAME", "NAME"},
}

func (t *Template) ref(name string) string {
	switch name {
	case "AWS::Partition":
		return "aws"
	case "AWS::Region":
		return t.region
	case "AWS::AccountId":
		return t.account
	case "AWS::NoValue":
		return ""
	}
	if p := child(t.parameters, name); p != nil {
		if d, ok := p["Default"].(string); ok && d != "" {
			return d
		}
		return "${" + name + "}"
	}
	kind, _ := t.properties(name)
	return t.named(name, attributes[kind].ref, attributes[kind].arn)
}

// named fills a pattern of attributes; other is what ARN in it stands for.
func (t *Template) named(id, pattern, other string) string {
	if pattern == "" {
		pattern = "NAME"
	}
	if pattern == "ARN" {
		pattern = other
	}
	return strings.NewReplacer("REGION", t.region, "ACCOUNT", t.account, "NAME", "${"+id+"}").Replace(pattern)
}

func (t *Template) attribute(name, attribute string) string {
	kind, _ := t.properties(name)
	a := attributes[kind]
	switch {
	case kind == "":
	case attribute == "Arn" || attribute == "TopicArn" || attribute == "QueueUrl" || attribute == "TaskDefinitionArn" || attribute == "GuardrailArn" || attribute == "JobQueueArn":
		if a.arn != "" {
			return t.named(name, a.arn, a.ref)
		}
	case strings.HasSuffix(attribute, "Name") || attribute == "KeyId" || attribute == "GuardrailId":
		return "${" + name + "}"
	}
	return "${" + name + "." + attribute + "}"
}

// unknown stands for what only a deployment knows.
const unknown = "${?}"

// branches are those of an Fn::If. Which one holds, only a deployment knows: both count, where they are statements or policies. What
// is a need only where a condition holds is so a need that the definition has, and a grant that the role has.
func branches(v any) []any {
	if l, ok := v.([]any); ok && len(l) == 3 {
		return l[1:]
	}
	return nil
}

func noValue(v any) bool {
	m, _ := v.(map[string]any)
	return len(m) == 1 && m["Ref"] == "AWS::NoValue"
}

// value resolves what a part of the template stands for as a text.
func (t *Template) value(v any, local map[string]any, depth int) string {
	if depth > 20 {
		return unknown
	}
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if len(v) != 1 {
			return unknown
		}
		for name, argument := range v {
			switch name {
			case "Ref":
				s, _ := argument.(string)
				if bound, ok := local[s]; ok {
					return t.value(bound, nil, depth+1)
				}
				return t.ref(s)
			case "Fn::GetAtt":
				if l, ok := argument.([]any); ok && len(l) == 2 {
					a, _ := l[0].(string)
					b, _ := l[1].(string)
					return t.attribute(a, b)
				}
				if s, ok := argument.(string); ok {
					a, b, _ := strings.Cut(s, ".")
					return t.attribute(a, b)
				}
			case "Fn::Sub":
				return t.sub(argument, local, depth)
			case "Fn::Join":
				if l, ok := argument.([]any); ok && len(l) == 2 {
					parts, ok := l[1].([]any)
					if !ok {
						return unknown
					}
					texts := make([]string, len(parts))
					for i, p := range parts {
						texts[i] = t.value(p, local, depth+1)
					}
					separator, _ := l[0].(string)
					return strings.Join(texts, separator)
				}
			}
		}
	}
	return unknown
}

func (t *Template) sub(argument any, local map[string]any, depth int) string {
	text, _ := argument.(string)
	var own map[string]any
	if l, ok := argument.([]any); ok && len(l) == 2 {
		text, _ = l[0].(string)
		own, _ = l[1].(map[string]any)
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${")
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return b.String()
		}
		text = after
		resource, attribute, isAttribute := strings.Cut(name, ".")
		switch bound, has := own[name]; {
		case has:
			b.WriteString(t.value(bound, local, depth+1))
		case strings.HasPrefix(name, "!"):
			b.WriteString("${" + name[1:] + "}")
		case isAttribute:
			b.WriteString(t.attribute(resource, attribute))
		default:
			if bound, has := local[name]; has {
				b.WriteString(t.value(bound, nil, depth+1))
			} else {
				b.WriteString(t.ref(name))
			}
		}
	}
}

// Substitutions are the values that a state machine's definition gets, as far as the template tells them: parameters with their defaults.
func (t *Template) Substitutions(id string) map[string]string {
	_, p := t.properties(id)
	values := map[string]string{}
	for name, v := range child(p, "DefinitionSubstitutions") {
		if s := t.value(v, nil, 0); !strings.Contains(s, unknown) {
			values[name] = s
		}
	}
	return values
}

// Options are what the template says of a state machine's role beside its definition.
func (t *Template) Options(id string) Options {
	_, p := t.properties(id)
	o := Options{Region: t.region, Account: t.account, Name: "${" + id + "}"}
	for _, property := range []string{"Name", "StateMachineName"} {
		if name, ok := p[property]; ok {
			if s := t.value(name, nil, 0); !strings.Contains(s, unknown) {
				o.Name = s
			}
		}
	}
	if logging := child(p, "Logging"); logging != nil {
		o.Logging = logging["Level"] != "OFF"
	}
	if logging := child(p, "LoggingConfiguration"); logging != nil {
		o.Logging = logging["Level"] != "OFF"
	}
	for _, name := range []string{"Tracing", "TracingConfiguration"} {
		if enabled := child(p, name)["Enabled"]; enabled == "true" || enabled == "True" || enabled == "TRUE" {
			o.Tracing = true
		}
	}
	if key, ok := child(p, "EncryptionConfiguration")["KmsKeyId"]; ok {
		if s := t.value(key, nil, 0); s != unknown {
			o.KMSKey = s
			if !isARN(s) {
				o.KMSKey = "arn:aws:kms:" + t.region + ":" + t.account + ":key/" + s
			}
		}
	}
	return o
}

// grant is what one statement of a role allows or denies.
type grant struct {
	deny      bool
	actions   []string
	resources []string
	condition map[string]map[string][]string
	from      string // the statement's Sid, or the policy
}

// grants are the permissions of a state machine's role. opaque are policies whose content the template does not hold.
func (t *Template) grants(id string) (grants []grant, opaque []string) {
	_, p := t.properties(id)
	var read func(v any)
	read = func(v any) {
		switch v := v.(type) {
		case string:
			opaque = append(opaque, v)
		case []any:
			for _, item := range v {
				read(item)
			}
		case map[string]any:
			if conditional, ok := v["Fn::If"]; ok && len(v) == 1 {
				read(branches(conditional))
				return
			}
			if noValue(v) {
				return
			}
			if statements, ok := v["Statement"]; ok {
				grants = append(grants, t.statements(statements, nil, "")...)
				return
			}
			for _, name := range slices.Sorted(maps.Keys(v)) {
				statements, ok := samTemplates()[name]
				if !ok {
					opaque = append(opaque, t.describe(name, v))
					continue
				}
				local, _ := v[name].(map[string]any)
				if local == nil {
					local = map[string]any{}
				}
				grants = append(grants, t.statements(statements, local, name)...)
			}
		}
	}
	read(p["Policies"])
	for _, name := range []string{"Role", "RoleArn"} {
		if role, ok := p[name]; ok {
			g, o := t.role(role)
			grants, opaque = append(grants, g...), append(opaque, o...)
		}
	}
	return grants, opaque
}

func (t *Template) describe(name string, v any) string {
	if s := t.value(v, nil, 0); s != unknown {
		return s
	}
	return name
}

// role reads a role of the template: its own policies and those that are attached to it.
func (t *Template) role(v any) (grants []grant, opaque []string) {
	arn := t.value(v, nil, 0)
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if kind, _ := t.properties(id); kind != "AWS::IAM::Role" || arn != t.attribute(id, "Arn") {
			continue
		}
		_, p := t.properties(id)
		policies, _ := p["Policies"].([]any)
		for _, policy := range policies {
			if m, ok := policy.(map[string]any); ok {
				grants = append(grants, t.statements(child(m, "PolicyDocument")["Statement"], nil, "")...)
			}
		}
		managed, _ := p["ManagedPolicyArns"].([]any)
		for _, m := range managed {
			opaque = append(opaque, t.value(m, nil, 0))
		}
		for _, other := range slices.Sorted(maps.Keys(t.resources)) {
			kind, q := t.properties(other)
			roles, _ := q["Roles"].([]any)
			if kind != "AWS::IAM::Policy" && kind != "AWS::IAM::ManagedPolicy" || !slices.ContainsFunc(roles, func(r any) bool { return t.value(r, nil, 0) == t.ref(id) }) {
				continue
			}
			grants = append(grants, t.statements(child(q, "PolicyDocument")["Statement"], nil, "")...)
		}
		return grants, opaque
	}
	return nil, []string{"the role " + arn}
}

func (t *Template) statements(v any, local map[string]any, from string) []grant {
	var list []any
	switch v := v.(type) {
	case []any:
		list = v
	case map[string]any:
		list = []any{v}
	}
	var grants []grant
	for _, item := range list {
		s, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if conditional, ok := s["Fn::If"]; ok && len(s) == 1 {
			grants = append(grants, t.statements(branches(conditional), local, from)...)
			continue
		}
		g := grant{deny: s["Effect"] == "Deny", actions: t.texts(s["Action"], local), resources: t.texts(s["Resource"], local), condition: map[string]map[string][]string{}, from: from}
		if sid, ok := s["Sid"].(string); ok && from == "" {
			g.from = sid
		}
		for operator, keys := range child(s, "Condition") {
			g.condition[operator] = map[string][]string{}
			m, _ := keys.(map[string]any)
			for key, values := range m {
				g.condition[operator][key] = t.texts(values, local)
			}
		}
		if len(g.actions) > 0 { // NotAction is not judged
			grants = append(grants, g)
		}
	}
	return grants
}

func (t *Template) texts(v any, local map[string]any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		var texts []string
		for _, item := range v {
			texts = append(texts, t.value(item, local, 0))
		}
		return texts
	}
	return []string{t.value(v, local, 0)}
}
