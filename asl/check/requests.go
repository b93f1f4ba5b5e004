package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/internal/awsapi"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// What a Task gives to the service that it calls: actions, names and types of parameters, as AWS's API models have them.
var requestRules = []*Rule{
	{
		Code: "unknown-action", Severity: Warning, check: checkActions,
		Doc: "No AWS service has this action, or no task can call it since it answers with a stream of events. A service or action that is newer than docflow's table is reported too.",
	},
	{
		Code: "parameter-case", AWSCode: awsSchema, Severity: Error, check: checkParameterCase,
		Doc: "Step Functions takes all parameters of SDK integrations in PascalCase, also nested ones and those that the API itself writes in camelCase or with an acronym: Bucket, not bucket; SnsTopicArn, not SNSTopicArn.",
	},
	{
		Code: "unknown-parameter", AWSCode: awsSchema, Severity: Error, check: checkUnknownParameters,
		Doc: "The API has no parameter of this name. Where none is much like it, the parameter may be newer than docflow's table, and this is a warning.",
	},
	{
		Code: "parameter-type", Severity: Error, check: checkParameterTypes,
		Doc: "The request holds a value of a type that the API does not take, such as an array where it wants an object, or a number in an attribute S of DynamoDB. The state fails when it runs.",
	},
}

// wrongServices are names that services have elsewhere (in ARNs, IAM, the AWS CLI), with their names in SDK integrations.
var wrongServices = map[string]string{
	"stepfunctions": "sfn", "states": "sfn", "events": "eventbridge", "cloudwatchevents": "eventbridge", "logs": "cloudwatchlogs", "monitoring": "cloudwatch", "email": "ses",
	"cognitoidp": "cognitoidentityprovider", "elbv2": "elasticloadbalancingv2", "elb": "elasticloadbalancing", "emrserverless": "emrserverless", "es": "elasticsearch", "dms": "databasemigration",
	"rdsdataservice": "rdsdata", "pricingapi": "pricing", "configservice": "config", "ce": "costexplorer", "iotdata": "iotdataplane", "elasticmapreduce": "emr", "parameterstore": "ssm", "systemsmanager": "ssm",
	"simpledb": "simpledb", "stepfunction": "sfn",
}

// knownService tells which service an unknown name stands for; "" when nobody can tell.
func (p *pass) knownService(name string) string {
	plain := strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "").Replace(name))
	if awsapi.Find(plain) != nil {
		return plain
	}
	if right := wrongServices[plain]; right != "" {
		return right
	}
	return p.near(name, awsapi.Services())
}

// holders are the services beside one that have an action, those with a like name first.
func holders(service, action string) []string {
	var found []string
	for _, name := range awsapi.Services() {
		// Only within a family (bedrock, bedrockruntime): others' actions of the same name are another thing.
		if name != service && (strings.HasPrefix(name, service) || strings.HasPrefix(service, name)) && awsapi.Find(name).Has(action) {
			found = append(found, name)
		}
	}
	return found
}

// near is nearest.Name, as often as a definition may ask for it: one that is made of faults would take too long.
func (p *pass) near(name string, candidates []string) string {
	if p.compared += len(candidates); p.compared > maxCompared {
		return ""
	}
	return nearest.Name(name, candidates)
}

// misnamed tells of an SDK integration that AWS certainly does not know, since one that is meant is known: the message and the cure. Two
// rules ask for it.
func (p *pass) misnamed(res resource) (message, cure string) {
	key := res.service + ":" + res.api
	if kept, ok := p.misnames[key]; ok {
		return kept[0], kept[1]
	}
	message, cure = p.misname(res)
	p.misnames[key] = [2]string{message, cure}
	return message, cure
}

func (p *pass) misname(res resource) (message, cure string) {
	service := awsapi.Find(res.service)
	if service == nil {
		if awsapi.Retired(res.service) {
			return "", ""
		}
		if right := p.knownService(res.service); right != "" {
			return fmt.Sprintf("there is no service %q", shorten(res.service)), fmt.Sprintf("did you mean %q? It is named as in the AWS SDK for Java, in small letters", right)
		}
		return "", ""
	}
	if service.Has(res.api) {
		return "", ""
	}
	if others := holders(res.service, res.api); len(others) > 0 {
		return fmt.Sprintf("the service %s has no action %q", res.service, shorten(res.api)), fmt.Sprintf("%s has it: write arn:aws:states:::aws-sdk:%s:%s", others[0], others[0], res.api)
	}
	best := p.near(res.api, service.Actions())
	// listThings and listThingsV2 are often two actions, of which the table may lack the newer one.
	if best == "" || strings.HasPrefix(res.api, best) {
		return "", ""
	}
	return fmt.Sprintf("the service %s has no action %q", res.service, shorten(res.api)), fmt.Sprintf("did you mean %q?", best)
}

func checkActions(p *pass, r *Rule) {
	for _, s := range p.states {
		res := s.resource
		if res.kind != sdk || res.service == "" || res.api == "" || upperFirst(res.api) {
			continue
		}
		if message, _ := p.misnamed(res); message != "" || awsapi.Retired(res.service) {
			continue // unknown-resource, or nobody knows
		}
		f := finding{node: s.field("Resource")}
		switch service := awsapi.Find(res.service); {
		case service == nil:
			f.message = fmt.Sprintf("docflow knows no service %q (its table is of botocore %s)", shorten(res.service), awsapi.Version())
			f.cure = "name it as the AWS SDK for Java does, in small letters: sfn, eventbridge, cloudwatchlogs, bedrockruntime"
		case !service.Has(res.api):
			f.message = fmt.Sprintf("docflow knows no action %q of %s (its table is of botocore %s)", shorten(res.api), res.service, awsapi.Version())
			f.cure = "name it as the API reference does, in camel case"
		case service.Streams(res.api):
			f.message = fmt.Sprintf("%s:%s works with a stream of events, which no task can read", res.service, res.api)
			f.cure = "call an action that answers at once"
			if plain := strings.TrimSuffix(strings.TrimSuffix(res.api, "Stream"), "WithResponse"); plain != res.api && service.Has(plain) {
				f.cure = fmt.Sprintf("call %s:%s", res.service, plain)
			}
		default:
			continue
		}
		p.report(r, f)
	}
}

// parameter is one entry of a request, with what is known of it.
type parameter struct {
	state   *state
	request *asl.Node // the request as a whole, where AWS reports
	object  *asl.Node // what holds the entry
	entry   asl.NodeMember
	name    string // without .$
	dynamic bool   // its value is a path
	shape   *awsapi.Structure
	member  awsapi.Member
	known   bool // member is what the API has, but for the case of letters
	top     bool
	exact   bool // the service wants exactly PascalCase: an SDK integration
}

// api is the action that a task calls and the parameters that an optimised integration has beside the API's.
func (res resource) apiRequest() (shape *awsapi.Structure, extra []string, optimisedToo bool) {
	service, action := res.service, res.api
	if res.kind == optimised {
		api := integrations()[res.service][res.api]
		service, action, _ = strings.Cut(api.API, ":")
		extra, optimisedToo = api.More, true
	}
	if found := awsapi.Find(service); found != nil {
		shape = found.Request(action)
	} else if len(extra) > 0 {
		shape = awsapi.Named(extra...)
	}
	return shape, extra, optimisedToo
}

// parameters goes through all entries of the requests to AWS APIs, at any depth.
func (p *pass) parameters(visit func(parameter)) {
	for _, s := range p.states {
		p.walkRequest(s, visit, nil)
	}
}

// objects goes through the objects within a request, the request itself aside.
func (p *pass) objects(s *state, visit func(*asl.Node, *awsapi.Structure)) {
	p.walkRequest(s, func(parameter) {}, visit)
}

func (p *pass) walkRequest(s *state, visit func(parameter), enter func(*asl.Node, *awsapi.Structure)) {
	if s.hidden || s.resource.kind != sdk && s.resource.kind != optimised {
		return
	}
	_, object := request(s)
	if object == nil || object.Kind != value.KindObject || isHole(object) || p.broken[object] {
		return
	}
	shape, extra, optimisedToo := s.resource.apiRequest()
	if shape == nil {
		return
	}
	var anything []string // parameters that take any JSON
	if optimisedToo {
		anything = integrations()[s.resource.service][s.resource.api].Free
	}
	var walk func(object *asl.Node, shape *awsapi.Structure, top bool)
	var value func(n *asl.Node, t awsapi.Type)
	value = func(n *asl.Node, t awsapi.Type) {
		switch {
		case isHole(n):
		case t.Kind == awsapi.Object && isObject(n):
			if shape := t.Structure(); shape != nil {
				if enter != nil {
					enter(n, shape)
				}
				walk(n, shape, false)
			}
		case t.Kind == awsapi.List && isArray(n):
			for _, item := range n.Items {
				value(item, t.Items())
			}
		case t.Kind == awsapi.Map && isObject(n):
			for _, m := range n.Members {
				value(m.Value, t.Items())
			}
		}
	}
	walk = func(o *asl.Node, shape *awsapi.Structure, top bool) {
		for _, entry := range o.Members {
			if hasHole(entry.Name) || strings.HasPrefix(entry.Name, "Fn::") {
				continue
			}
			e := parameter{state: s, request: object, object: o, entry: entry, name: entry.Name, shape: shape, top: top, exact: !optimisedToo}
			if name, ok := strings.CutSuffix(entry.Name, ".$"); ok && s.language == asl.JSONPath {
				e.name, e.dynamic = name, true
			}
			if top && slices.Contains(extra, e.name) {
				continue
			}
			e.member, e.known = shape.Member(e.name)
			visit(e)
			if e.known && !e.dynamic && !(top && slices.Contains(anything, e.name)) {
				value(entry.Value, e.member.Type)
			}
		}
	}
	walk(object, shape, true)
}

func isObject(n *asl.Node) bool { return n.Kind == value.KindObject }
func isArray(n *asl.Node) bool  { return n.Kind == value.KindArray }

// title is what a message calls the request's API.
func (e parameter) title() string { return e.state.resource.service + ":" + e.state.resource.api }

// finding is what there is to say of an entry in AWS's words and at AWS's place.
func (e parameter) finding(message, cure string) finding {
	f := finding{
		node: e.entry.Value, span: e.entry.NameSpan, location: e.request.Location(), message: message, cure: cure,
		aws: fmt.Sprintf("The field %q is not supported by Step Functions", e.name),
	}
	f.ours = !e.exact // measured: an optimised integration is created, and fails when it runs
	return f
}

// listed tells whether a parameter is one of those whose absence missing-parameter reports, with what stands there in its place.
func (e parameter) listed(name string) bool {
	return e.top && !e.exact && slices.Contains(integrations()[e.state.resource.service][e.state.resource.api].Required, name)
}

// wantsOther tells whether the entry is known by another case of its letters.
func (e parameter) wantsOther() bool {
	if !e.known || e.name == e.member.Name || e.name == e.member.Name+"Value" {
		return false
	}
	if !e.exact {
		return !upperFirst(e.name) || awsapi.ParameterName(e.name) != e.member.Name // the API's own writing of an acronym is let be
	}
	// DynamoDB's attribute values are documented for both: SS and Ss, BOOL and Bool.
	return !(strings.HasPrefix(e.state.resource.service, "dynamodb") && strings.ToUpper(e.name) == e.name)
}

func checkParameterCase(p *pass, r *Rule) {
	p.parameters(func(e parameter) {
		if e.wantsOther() && !e.listed(e.member.Name) {
			p.report(r, e.finding(fmt.Sprintf("%s has the parameter %q, which Step Functions writes %q", p.place(e.object), e.name, e.member.Name), fmt.Sprintf("write %q", e.member.Name)))
		}
	})
}

func checkUnknownParameters(p *pass, r *Rule) {
	p.parameters(func(e parameter) {
		if e.known || e.name == "" || len(e.shape.Members) == 0 && !e.top {
			return
		}
		names := make([]string, len(e.shape.Members))
		for i, m := range e.shape.Members {
			names[i] = m.Name
		}
		message := fmt.Sprintf("%s has a parameter %q, which %s does not know", p.place(e.object), shorten(e.name), e.title())
		if best := p.near(e.name, names); best != "" && !has(e.state, e.object, best) {
			if e.listed(best) {
				return
			}
			p.report(r, e.finding(message, fmt.Sprintf("did you mean %q?", best)))
			return
		}
		f := e.finding(message+fmt.Sprintf(" (as of botocore %s)", awsapi.Version()), "drop it")
		f.severity, f.ours = Warning, true
		if e.top && len(names) > 0 && len(names) <= 12 {
			f.cure = "it has " + strings.Join(names, ", ")
		}
		if meant := e.meant(p); meant != "" {
			f.cure = meant
		}
		if e.top && e.name == "TaskToken" { // a frequent fault, which AWS creates and which fails at once when it runs
			f.severity, f.message, f.cure = Error, message, "pass the token within a parameter that the called side gets, such as Payload or MessageBody"
		}
		p.report(r, f)
	})
}

// meant tells where an unknown parameter belongs: into another one, or in the place of one that starts or ends with the same words; "" when
// there is none.
func (e parameter) meant(p *pass) string {
	if p.compared += len(e.shape.Members); p.compared > maxCompared {
		return ""
	}
	for _, m := range e.shape.Members {
		within, in := m.Type, m.Name
		if within.Kind == awsapi.List {
			within, in = within.Items(), "an item of "+in
		}
		if within.Kind != awsapi.Object || within.Structure() == nil {
			continue
		}
		if inner, ok := within.Structure().Member(e.name); ok && e.top {
			return fmt.Sprintf("put it into %s, as %q", in, inner.Name)
		}
	}
	if e.state.resource.service == "http" && e.name == "ConnectionArn" {
		return `put it into "InvocationConfig"`
	}
	own := nameWords(e.name)
	for _, m := range e.shape.Members {
		other := nameWords(m.Name)
		if len(own) > 0 && len(other) > 1 && (own[0] == other[0] || len(own) == 1 && own[0] == other[len(other)-1] && !slices.Contains(manyEndSo, own[0])) && !has(e.state, e.object, m.Name) {
			return fmt.Sprintf("is %q meant?", m.Name)
		}
	}
	return ""
}

// manyEndSo are words that names of parameters often end with, which tell nothing.
var manyEndSo = []string{"id", "ids", "name", "names", "arn", "arns", "type", "token", "key", "config", "configuration"}

// nameWords are those of a name in PascalCase or camelCase, in small letters.
func nameWords(name string) []string {
	var list []string
	start := 0
	for i := 1; i <= len(name); i++ {
		if i == len(name) || upperFirst(name[i:]) && !upperFirst(name[i-1:]) {
			list = append(list, strings.ToLower(name[start:i]))
			start = i
		}
	}
	return list
}

// typeFault tells what is wrong with a constant of a request, or "".
func typeFault(s *state, n *asl.Node, t awsapi.Type) string {
	if n == nil || n.Kind == value.KindNull || isHole(n) {
		return ""
	}
	text, isText := textOf(n)
	if isText && (hasHole(text) || strings.HasPrefix(strings.TrimSpace(text), "{%") || strings.HasPrefix(text, "$") || strings.HasPrefix(text, "{{resolve:")) {
		return ""
	}
	const (
		array  = value.KindArray
		object = value.KindObject
		number = value.KindNumber
		truth  = value.KindBool
	)
	switch t.Kind {
	case awsapi.String:
		if n.Kind == array {
			return "a string"
		}
	case awsapi.Number:
		if n.Kind == array || n.Kind == object || n.Kind == truth || isText && strings.Trim(text, "0123456789.+-eE") != "" {
			return "a number"
		}
	case awsapi.Boolean:
		if n.Kind == array || n.Kind == object || n.Kind == number || isText && !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
			return "a boolean"
		}
	case awsapi.List:
		if n.Kind != array {
			return "an array"
		}
	case awsapi.Map, awsapi.Object:
		if n.Kind != object {
			return "an object"
		}
	}
	return ""
}

func checkParameterTypes(p *pass, r *Rule) {
	p.parameters(func(e parameter) {
		if !e.known || e.dynamic || !e.exact && len(integrations()[e.state.resource.service][e.state.resource.api].Free) > 0 && slices.Contains(integrations()[e.state.resource.service][e.state.resource.api].Free, e.name) {
			return
		}
		var judge func(n *asl.Node, t awsapi.Type)
		judge = func(n *asl.Node, t awsapi.Type) {
			if _, text := textOf(n); text && n != e.entry.Value && strings.HasPrefix(e.state.resource.service, "dynamodb") {
				return // a text for an attribute's value: AWS's samples write it so for {"S": …}
			}
			if want := typeFault(e.state, n, t); want != "" {
				p.report(r, finding{node: n, message: fmt.Sprintf("%s is %s, but %s wants %s", p.place(n), kindName(n), e.title(), want), cure: "write " + want})
				return
			}
			switch {
			case t.Kind == awsapi.List && isArray(n):
				for _, item := range n.Items {
					judge(item, t.Items())
				}
			case t.Kind == awsapi.Map && isObject(n):
				for _, m := range n.Members {
					if !strings.HasSuffix(m.Name, ".$") && !hasHole(m.Name) && !strings.HasPrefix(m.Name, "Fn::") {
						judge(m.Value, t.Items())
					}
				}
			}
		}
		judge(e.entry.Value, e.member.Type)
		if text, ok := textOf(e.entry.Value); ok && e.member.Name == "QueueUrl" && strings.HasPrefix(text, "arn:") {
			p.report(r, finding{
				node: e.entry.Value, message: fmt.Sprintf("%s is an ARN, but %s wants the URL of the queue", p.place(e.entry.Value), e.title()),
				cure: "write https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, or what Ref gives of a queue in CloudFormation",
			})
		}
	})
	p.computedTypes(r)
}

// kindName is what a message calls a value's type.
func kindName(n *asl.Node) string {
	switch n.Kind {
	case value.KindArray:
		return "an array"
	case value.KindObject:
		return "an object"
	case value.KindNumber:
		return "a number"
	case value.KindBool:
		return "a boolean"
	case value.KindString:
		return "a string"
	}
	return "null"
}

// entryFields are what events:putEvents wants of each entry, though the API's model does not say so: "Detail, DetailType, and Source are
// required for EventBridge to successfully send an event to an event bus"
// (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html).
var entryFields = []string{"Source", "DetailType", "Detail"}

// checkAPIFields finds what a request lacks of what the API's model says to be required.
func (p *pass) checkAPIFields(r *Rule, s *state) {
	_, object := request(s)
	if s.resource.kind != sdk && s.resource.kind != optimised || object == nil {
		return
	}
	shape, _, optimisedToo := s.resource.apiRequest()
	if shape == nil {
		return
	}
	listed := integrations()[s.resource.service][s.resource.api]
	if !optimisedToo {
		listed = integration{}
	}
	lacks := func(o *asl.Node, shape *awsapi.Structure) {
		if slices.ContainsFunc(o.Members, func(m asl.NodeMember) bool { return hasHole(m.Name) || strings.HasPrefix(m.Name, "Fn::") }) {
			return
		}
		for _, m := range shape.Members {
			present := slices.ContainsFunc(o.Members, func(e asl.NodeMember) bool {
				name := strings.TrimSuffix(e.Name, ".$")
				_, known := shape.Member(name)
				return strings.EqualFold(name, m.Name) || !known && p.near(name, []string{m.Name}) != "" // mistyped: unknown-parameter
			})
			required := m.Required || slices.Contains(entryFields, m.Name) && o.Parent != nil && o.Parent == object.Member("Entries")
			if required && !present && !slices.Contains(listed.Required, m.Name) && !slices.Contains(listed.OneOf, m.Name) {
				p.missingParameter(r, s, o, m.Name, s.resource.service+":"+s.resource.api, true)
			}
		}
	}
	if isObject(object) && !isHole(object) && !p.broken[object] {
		lacks(object, shape)
	}
	p.objects(s, lacks)
}
