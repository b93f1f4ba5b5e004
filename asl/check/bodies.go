package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// bodyFamily is what the bodies of a family of models cannot do without: of each list, one of its fields.
type bodyFamily struct {
	prefix string // of the model's id, without the geography
	needs  [][]string
}

// bodyFamilies are the families whose required fields AWS documents, each on its page below
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html.
var bodyFamilies = []bodyFamily{
	// …/model-parameters-anthropic-claude-text-completion.html, …-messages.html
	{"anthropic.claude-v2", [][]string{{"prompt", "messages"}}},
	{"anthropic.claude-instant", [][]string{{"prompt", "messages"}}},
	{"anthropic.claude-", [][]string{{"anthropic_version"}, {"max_tokens"}, {"messages"}}},
	// …/model-parameters-titan-text.html: inputText is required
	{"amazon.titan-text", [][]string{{"inputText"}}},
	// …/model-parameters-titan-embed-text.html, …-embed-mm.html
	{"amazon.titan-embed-text", [][]string{{"inputText"}}},
	{"amazon.titan-embed-image", [][]string{{"inputText", "inputImage"}}},
	// https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html: messages is required
	{"amazon.nova-micro", [][]string{{"messages"}}},
	{"amazon.nova-lite", [][]string{{"messages"}}},
	{"amazon.nova-pro", [][]string{{"messages"}}},
	{"amazon.nova-premier", [][]string{{"messages"}}},
	// …/model-parameters-meta.html
	{"meta.llama", [][]string{{"prompt"}}},
	// …/model-parameters-mistral-text-completion.html, …-chat-completion.html
	{"mistral.", [][]string{{"prompt", "messages"}}},
	// …/model-parameters-cohere-command-r-plus.html: message is required; …-cohere-command.html
	{"cohere.command-r", [][]string{{"message"}}},
	{"cohere.command-text", [][]string{{"prompt"}}},
	{"cohere.command-light", [][]string{{"prompt"}}},
	// …/model-parameters-jamba.html: messages is required
	{"ai21.jamba", [][]string{{"messages"}}},
}

// familyOf is the family of a model by its id or ARN, which may have a geography or substitutions before it.
func familyOf(id string) (bodyFamily, bool) {
	for _, family := range bodyFamilies {
		if i := strings.Index(id, family.prefix); i == 0 || i > 0 && strings.ContainsRune("./}", rune(id[i-1])) {
			return family, true
		}
	}
	return bodyFamily{}, false
}

// constantText is the text that a field of a request certainly has: a literal, or what the data flow knows.
func (p *pass) constantText(n *asl.Node) string {
	if n == nil {
		return ""
	}
	if known := p.flow().values[n]; !known.IsAny() && !p.flow().gaveUp {
		if values, ok := known.Constants(); ok && len(values) == 1 {
			text, _ := values[0].(value.String)
			return string(text)
		}
		return ""
	}
	text, _ := textOf(n)
	return text
}

// member is a field of an object, as a constant or (in JSONPath) as a path.
func member(s *state, object *asl.Node, name string) *asl.Node {
	if n := object.Member(name); n != nil || s.language != asl.JSONPath {
		return n
	}
	return object.Member(name + ".$")
}

// checkBody finds what the body of a call of a model lacks.
func (p *pass) checkBody(r *Rule, s *state) {
	_, object := request(s)
	if !s.callsModel() || !strings.HasPrefix(s.resource.api, "invokeModel") || object == nil || !isObject(object) || isHole(object) {
		return
	}
	body := member(s, object, "Body")
	if body == nil || isHole(body) {
		return
	}
	there, known := p.bodyFields(s, body)
	if !known {
		return
	}
	family, ok := familyOf(p.constantText(member(s, object, "ModelId")))
	if !ok && there("anthropic_version") { // that it is one of Anthropic's, whatever its id
		family, ok = familyOf("anthropic.claude-")
	}
	if !ok {
		return
	}
	var lacks []string
	for _, names := range family.needs {
		if !slices.ContainsFunc(names, there) {
			lacks = append(lacks, strings.Join(names, " or "))
		}
	}
	if len(lacks) == 0 {
		return
	}
	vendor, _, _ := strings.Cut(family.prefix, ".")
	f := finding{
		node: body, span: p.head(body), message: fmt.Sprintf("%s lacks %s, which models of %s (%s…) need", p.place(body), strings.Join(lacks, ", "), vendor, family.prefix),
		cure: "add " + strings.Join(lacks, ", "), ours: true,
	}
	if slices.Contains(lacks, "anthropic_version") {
		f.cure = strings.Replace(f.cure, "anthropic_version", `"anthropic_version": "bedrock-2023-05-31"`, 1)
	}
	p.report(r, f)
}

// bodyFields tells which fields a body has; known is false where nobody can tell.
func (p *pass) bodyFields(s *state, body *asl.Node) (there func(string) bool, known bool) {
	if isObject(body) {
		if len(body.Members) == 0 { // a sketch
			return nil, false
		}
		if slices.ContainsFunc(body.Members, func(m asl.NodeMember) bool { return hasHole(m.Name) || strings.HasPrefix(m.Name, "Fn::") }) {
			return nil, false
		}
		return func(name string) bool { return member(s, body, name) != nil }, true
	}
	made := p.flow().values[body]
	if text, ok := textOf(body); ok && made.IsAny() { // the body as text
		if v, err := value.Parse(text); err == nil && v.Kind() == value.KindObject {
			made = shape.Exact(v)
		}
	}
	if _, closed, ok := made.Members(); !ok || !closed || !made.Is(shape.ObjectKind) || p.flow().gaveUp {
		return nil, false
	}
	return func(name string) bool {
		_, presence := made.Member(name)
		return presence != shape.Absent
	}, true
}
