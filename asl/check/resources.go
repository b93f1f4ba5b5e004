package check

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// What a Task calls: the ARN in Resource, and what the called service wants.
var resourceRules = []*Rule{
	{
		Code: "invalid-arn", AWSCode: awsSchema, Severity: Error, check: checkARNs,
		Doc: "Resource is an ARN, and a constant: neither a path nor an expression.",
	},
	{
		Code: "unknown-resource", AWSCode: awsSchema, Severity: Error, check: checkResources,
		Doc: "Step Functions has no such integration: the service, its API or the pattern behind it (.sync, .sync:2, .waitForTaskToken) does not exist.",
	},
	{
		Code: "missing-parameters", AWSCode: awsSchema, Severity: Error, check: checkParameters,
		Doc: "An integration gets its request from Parameters (in JSONata: Arguments), which is not there.",
	},
	{
		Code: "missing-parameter", AWSCode: awsSchema, Severity: Error, check: checkParameterFields,
		Doc: "A field of the request that the service cannot do without is not there. Of a model's request the body counts, too: Anthropic's models on Bedrock want anthropic_version, max_tokens and messages.",
	},
	{
		Code: "request-alternative", Severity: Error, check: checkRequestAlternatives,
		Doc: "The service wants exactly one of several fields of the request, or both of two: a guardrail and its version, a connection for an HTTP task. AWS takes the definition, and the state fails when it runs.",
	},
	{
		Code: "map-resource", AWSCode: awsSchema, Severity: Error, check: checkMapResources,
		Doc: "An ItemReader reads by s3:getObject or s3:listObjectsV2, a ResultWriter writes by s3:putObject.",
	},
	{
		Code: "callback-without-token", Severity: Warning, check: checkCallbacks,
		Doc: "With .waitForTaskToken the state waits until somebody sends the task's token back. Nobody gets it unless the request holds $$.Task.Token (in JSONata: $states.context.Task.Token).",
	},
}

// integration is what is known of one API of an optimised integration. The table is drawn from AWS's pages on integrating
// services; those of required that AWS was measured to want when a machine is created are in measured.
type integration struct {
	Patterns []string `json:"patterns"`
	Required []string `json:"required"`
	OneOf    []string `json:"oneOf"` // exactly one of them is needed
	API      string   `json:"api"`   // the service and action of package awsapi whose request it takes
	More     []string `json:"more"`  // parameters beside those of API
	Free     []string `json:"free"`  // parameters that take any JSON where API has a string
}

//go:embed integrations.json
var integrationsFile []byte

// integrations maps services to APIs.
var integrations = sync.OnceValue(func() map[string]map[string]integration {
	var table map[string]map[string]integration
	if err := json.Unmarshal(integrationsFile, &table); err != nil {
		panic("check: integrations.json: " + err.Error()) // part of the program: every test reads it
	}
	return table
})

// unmeasured are the services whose required fields stand in AWS's documentation, but nobody is known to have seen AWS
// reject a definition without them.
var unmeasured = map[string]bool{"bedrock": true, "batch": true, "apigateway": true, "http": true}

// resourceKind sorts what a Task calls.
type resourceKind uint8

const (
	unknownKind    resourceKind = iota // cannot be known: a substitution
	lambdaFunction                     // the ARN of a function
	activity                           // the ARN of an activity
	optimised                          // arn:aws:states:::service:api
	sdk                                // arn:aws:states:::aws-sdk:service:action
	otherARN                           // anything else
	noARN
)

// resource is a parsed Resource field.
type resource struct {
	kind    resourceKind
	text    string
	service string
	api     string
	pattern string // sync, sync:2, waitForTaskToken or what stands there; may be empty
}

var holePattern = regexp.MustCompile(`\$\{[^}]*\}`)

// hole stands for a substitution in an ARN while it is taken apart, since substitutions such as ${AWS::Region} have colons.
const hole = "\x00"

// resourceOf parses the Resource of a Task; the state keeps the result.
func resourceOf(s *state) resource {
	text, ok := textOf(s.field("Resource"))
	if s.typ != asl.TypeTask || !ok {
		return resource{}
	}
	return parseResource(text)
}

func parseResource(text string) resource {
	r := resource{text: text}
	whole := text
	if strings.Contains(text, "${") {
		whole = holePattern.ReplaceAllString(text, hole)
	}
	parts := strings.SplitN(whole, ":", 6)
	switch {
	case strings.HasPrefix(parts[0], hole):
		return r
	case len(parts) < 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "":
		if hasHole(text) {
			return r // the rest of the ARN may be in the substitution
		}
		r.kind = noARN
		return r
	case strings.Contains(parts[2], hole):
		return r
	}
	tail := parts[5]
	switch {
	case parts[2] == "lambda":
		r.kind = lambdaFunction
	case parts[2] == "states" && (parts[3] == "" && parts[4] == "" || strings.HasPrefix(tail, "aws-sdk:")):
		r.kind = optimised
		r.service, tail, _ = strings.Cut(tail, ":")
		if r.service == "aws-sdk" {
			r.kind = sdk
			r.service, tail, _ = strings.Cut(tail, ":")
		}
		r.api, r.pattern, _ = strings.Cut(tail, ".")
		if strings.Contains(r.service+r.api+r.pattern, hole) {
			r.kind = unknownKind
		}
	case parts[2] == "states" && strings.HasPrefix(tail, "activity:"):
		r.kind = activity
	case strings.Contains(tail, hole):
	default:
		r.kind = otherARN
	}
	return r
}

// isActivity tells whether the state's task is an activity.
func isActivity(s *state) bool { return s.resource.kind == activity }

func checkARNs(p *pass, r *Rule) {
	for _, s := range p.states {
		n := s.field("Resource")
		if s.resource.kind != noARN || p.broken[n] {
			continue
		}
		text, _ := textOf(n)
		cure := `write an ARN such as "arn:aws:states:::lambda:invoke"`
		if strings.HasPrefix(text, "{%") || strings.HasPrefix(text, "$") {
			cure = "write the ARN itself: Resource cannot be computed. To choose a function at run time, call arn:aws:states:::lambda:invoke with FunctionName"
		}
		p.report(r, finding{node: n, message: fmt.Sprintf("%q is no ARN", shorten(text)), aws: "Value is not a valid resource ARN", cure: cure})
	}
}

// upperFirst tells whether a name starts with a capital letter.
func upperFirst(name string) bool { return name != "" && name[0] >= 'A' && name[0] <= 'Z' }

func checkResources(p *pass, r *Rule) {
	for _, s := range p.states {
		res := s.resource
		n := s.field("Resource")
		f := finding{node: n, aws: fmt.Sprintf("The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", res.text)}
		switch res.kind {
		case otherARN:
			f.message = fmt.Sprintf("Step Functions cannot call %q", shorten(res.text))
			f.cure = "call a Lambda function, an activity, or arn:aws:states:::SERVICE:API"
		case sdk:
			switch {
			case res.pattern != "" && res.pattern != "waitForTaskToken":
				f.message = fmt.Sprintf("an SDK integration has no pattern .%s", shorten(res.pattern))
				f.cure = "drop it, and wait by asking for the result in a loop; only .waitForTaskToken exists here"
			case res.service == "" || res.api == "":
				f.message, f.cure = "an SDK integration names a service and an action", "write arn:aws:states:::aws-sdk:SERVICE:ACTION"
			case upperFirst(res.api):
				f.message = fmt.Sprintf("the action %q starts with a capital letter", shorten(res.api))
				f.cure = fmt.Sprintf("write %q: actions are in camel case, parameters in Pascal case", strings.ToLower(res.api[:1])+shorten(res.api[1:]))
			default:
				if f.message, f.cure = p.misnamed(res); f.message == "" {
					continue
				}
			}
		case optimised:
			apis, known := integrations()[res.service]
			api, hasAPI := apis[res.api]
			switch {
			case !known:
				f.message = fmt.Sprintf("there is no optimised integration of a service %q", shorten(res.service))
				f.cure = "call it as arn:aws:states:::aws-sdk:SERVICE:ACTION; optimised are " + strings.Join(sortedNames(integrations()), ", ")
				if best := nearest.Name(res.service, sortedNames(integrations())); best != "" {
					f.cure = fmt.Sprintf("did you mean %q?", best)
				}
			case !hasAPI:
				names := sortedNames(apis)
				f.message = fmt.Sprintf("the optimised integration of %s has no API %q", res.service, shorten(res.api))
				f.cure = fmt.Sprintf("it has %s; others go through arn:aws:states:::aws-sdk:%s:…", strings.Join(names, ", "), res.service)
				if best := nearest.Name(res.api, names); best != "" {
					f.cure = fmt.Sprintf("did you mean %q?", best)
				}
			case res.pattern != "" && !slices.Contains(api.Patterns, res.pattern):
				f.message = fmt.Sprintf("%s:%s has no pattern .%s", res.service, res.api, shorten(res.pattern))
				f.cure = "drop it"
				if len(api.Patterns) > 0 {
					f.cure = "it has ." + strings.Join(api.Patterns, ", .")
				}
			default:
				continue
			}
		default:
			continue
		}
		p.report(r, f)
	}
}

// request is the field that holds the request of a task in the state's language.
func request(s *state) (string, *asl.Node) {
	if s.language == asl.JSONata {
		return "Arguments", s.field("Arguments")
	}
	return "Parameters", s.field("Parameters")
}

func checkParameters(p *pass, r *Rule) {
	for _, s := range p.states {
		res := s.resource
		name, n := request(s)
		if res.kind != optimised && res.kind != sdk || n != nil || s.hidden || s.field("Parameters") != nil || s.field("Arguments") != nil {
			continue
		}
		p.report(r, finding{
			node: s.field("Resource"), message: fmt.Sprintf("%s has no %s, which %s:%s needs", s.title(), name, res.service, res.api),
			aws: fmt.Sprintf("%s field is required for resource ARN: %s", name, res.text), cure: fmt.Sprintf("add %q with the request; {} when it is empty", name),
		})
	}
}

// has tells whether a request has a field, as a constant or (in JSONPath) as a path.
func has(s *state, object *asl.Node, name string) bool {
	return object.Member(name) != nil || s.language == asl.JSONPath && object.Member(name+".$") != nil
}

func requestNames(object *asl.Node) []string {
	names := make([]string, len(object.Members))
	for i, m := range object.Members {
		names[i] = m.Name
	}
	return names
}

func (p *pass) missingParameter(r *Rule, s *state, object *asl.Node, name, of string, ours bool) {
	cure := fmt.Sprintf("add %q", name)
	if best := nearest.Name(name, requestNames(object)); best != "" && best != name {
		cure = fmt.Sprintf("is %q meant to be it?", best)
	}
	p.report(r, finding{
		node: object, span: p.head(object), message: fmt.Sprintf("%s lacks %q, which %s needs", p.place(object), name, of),
		aws: fmt.Sprintf("The field '%s' is required but was missing", name), cure: cure, ours: ours,
	})
}

func checkParameterFields(p *pass, r *Rule) {
	for _, s := range p.states {
		if s.hidden {
			continue
		}
		if res := s.resource; res.kind == optimised {
			_, object := request(s)
			if object != nil && object.Kind == value.KindObject && !isHole(object) {
				for _, name := range integrations()[res.service][res.api].Required {
					if !has(s, object, name) {
						p.missingParameter(r, s, object, name, res.service+":"+res.api, unmeasured[res.service])
					}
				}
			}
		}
		p.checkAPIFields(r, s)
		p.checkConnection(r, s)
		p.checkBody(r, s)
		if s.typ != asl.TypeMap {
			continue
		}
		reader := s.field("ItemReader")
		object := reader.Member("Parameters")
		if s.language == asl.JSONata {
			object = reader.Member("Arguments")
		}
		text, _ := textOf(reader.Member("Resource"))
		if object == nil || object.Kind != value.KindObject || isHole(object) {
			continue
		}
		names := []string{"Bucket"}
		if strings.HasSuffix(text, ":s3:getObject") {
			names = append(names, "Key")
		}
		for _, name := range names {
			if !has(s, object, name) {
				p.missingParameter(r, s, object, name, "reading from S3", true)
			}
		}
	}
}

// connection is what names the connection of EventBridge that an HTTP task calls its API by: each of both is documented
// (https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html).
var connection = []string{"InvocationConfig", "Authentication"}

// checkConnection looks for an HTTP task whose connection has no ARN.
func (p *pass) checkConnection(r *Rule, s *state) {
	_, object := request(s)
	if s.resource.kind != optimised || s.resource.service != "http" || object == nil || !isObject(object) {
		return
	}
	for _, name := range connection {
		if n := object.Member(name); n != nil && isObject(n) && !isHole(n) && !has(s, n, "ConnectionArn") {
			p.missingParameter(r, s, n, "ConnectionArn", "http:invoke", true)
		}
	}
}

// companions are parameters that come together, by the service and action of package awsapi
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html,
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailConfiguration.html).
var companions = map[string][2]string{
	"bedrockruntime:invokeModel": {"GuardrailIdentifier", "GuardrailVersion"},
	"bedrockruntime:converse":    {"GuardrailIdentifier", "GuardrailVersion"}, // in GuardrailConfig
}

// checkCompanions looks for one of two parameters without the other.
func (p *pass) checkCompanions(r *Rule, s *state, object *asl.Node) {
	api := s.resource.service + ":" + s.resource.api
	if s.resource.kind == optimised {
		api = integrations()[s.resource.service][s.resource.api].API
	}
	pair, ok := companions[api]
	if !ok {
		return
	}
	if n := object.Member("GuardrailConfig"); n != nil && isObject(n) {
		object = n
	}
	for i, name := range pair {
		other := pair[1-i]
		if has(s, object, name) && !has(s, object, other) && !slices.ContainsFunc(object.Members, func(m asl.NodeMember) bool { return hasHole(m.Name) || strings.HasPrefix(m.Name, "Fn::") }) {
			p.report(r, finding{
				node: object, span: p.head(object), message: fmt.Sprintf("%s has %s without %s: %s:%s wants both or none", p.place(object), name, other, s.resource.service, s.resource.api),
				cure: fmt.Sprintf("add %q", other),
			})
		}
	}
}

func checkRequestAlternatives(p *pass, r *Rule) {
	for _, s := range p.states {
		_, object := request(s)
		if !s.hidden && object != nil && isObject(object) && !isHole(object) && (s.resource.kind == optimised || s.resource.kind == sdk) {
			p.checkCompanions(r, s, object)
		}
		if s.hidden || s.resource.kind != optimised || object == nil || object.Kind != value.KindObject || isHole(object) {
			continue
		}
		names := integrations()[s.resource.service][s.resource.api].OneOf
		var found []string
		for _, name := range names {
			if has(s, object, name) {
				found = append(found, name)
			}
		}
		if s.resource.service == "http" {
			names = connection
			if slices.ContainsFunc(names, func(name string) bool { return has(s, object, name) }) {
				continue
			}
		}
		if len(names) == 0 || len(found) == 1 {
			continue
		}
		api := s.resource.service + ":" + s.resource.api
		f := finding{node: object, span: p.head(object), message: fmt.Sprintf("%s has none of %s, of which %s needs one", p.place(object), strings.Join(names, ", "), api), cure: "add " + oneOf(names)}
		if len(found) > 1 {
			f.message, f.cure = fmt.Sprintf("%s has %s, of which %s takes one", p.place(object), strings.Join(found, " and "), api), "keep one of them"
		}
		p.report(r, f)
	}
}

func checkMapResources(p *pass, r *Rule) {
	for _, s := range p.states {
		if s.typ != asl.TypeMap {
			continue
		}
		for _, field := range []string{"ItemReader", "ResultWriter"} {
			n := s.field(field).Member("Resource")
			text, ok := textOf(n)
			allowed := []string{"getObject", "listObjectsV2"}
			if field == "ResultWriter" {
				allowed = []string{"putObject"}
			}
			if !ok || strings.HasPrefix(text, "${") || slices.ContainsFunc(allowed, func(api string) bool {
				return strings.HasPrefix(text, "arn:") && strings.HasSuffix(text, ":states:::s3:"+api)
			}) {
				continue
			}
			p.report(r, finding{
				node: n, message: fmt.Sprintf("%s cannot use %q", p.place(n), shorten(text)), aws: "The field 'Resource' does not match any of the allowed values",
				cure: "write arn:aws:states:::s3:" + strings.Join(allowed, " or arn:aws:states:::s3:"),
			})
		}
	}
}

func checkCallbacks(p *pass, r *Rule) {
	for _, s := range p.states {
		res := s.resource
		_, object := request(s)
		if res.pattern != "waitForTaskToken" || object == nil || s.hidden || holdsToken(object, "", s.language) {
			continue
		}
		token := `"TaskToken.$": "$$.Task.Token"`
		if s.language == asl.JSONata {
			token = `"TaskToken": "{% $states.context.Task.Token %}"`
		}
		p.report(r, finding{node: s.field("Resource"), message: s.title() + " waits for its token to come back, but passes it to nobody", cure: "add " + token + " to what the task gets"})
	}
}

var (
	// pathToken are paths to the token, or to a part of the context object that has it.
	pathToken = regexp.MustCompile(`\$\$(?:$|[^.\w$]|\.Task(?:$|[^\w.]|\.Token)|\.\*|\.\.)`)
	// queryToken is the same in JSONata; $states as a whole has it, too.
	queryToken = regexp.MustCompile(`\$states(?:$|[^.\w]|\s*\.\s*context(?:$|[^.\w\s]|\s+[^.\s]|\s*\.\s*(?:\*|` + "`?Task`?" + `(?:$|[^.\w]|\s*\.\s*` + "`?Token" + `))))`)
)

// holdsToken tells whether a value in a request may hold the token of its task. The token is made when the task is entered: what an earlier
// state has kept is another one.
func holdsToken(n *asl.Node, name string, language asl.QueryLanguage) bool {
	if hasHole(name) || isHole(n) {
		return true
	}
	if text, ok := textOf(n); ok {
		switch {
		case hasHole(text), strings.Contains(text, "Task.Token") && language == asl.JSONPath: // as a constant: literal-path
			return true
		case language == asl.JSONata:
			return strings.HasPrefix(strings.TrimSpace(text), "{%") && queryToken.MatchString(text)
		}
		return strings.HasSuffix(name, ".$") && pathToken.MatchString(text)
	}
	for _, m := range n.Members {
		if holdsToken(m.Value, m.Name, language) {
			return true
		}
	}
	return slices.ContainsFunc(n.Items, func(item *asl.Node) bool { return holdsToken(item, name, language) })
}
