package check

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/internal/apishape"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// optimisedAs are the services of optimised integrations that the API goes by another name for.
var optimisedAs = map[string]string{"states": "sfn", "events": "eventbridge", "bedrock": "bedrockruntime"}

// taskResult is what a task gives, as far as that is known before it is called; args are its arguments.
func (f *flow) taskResult(s *state, args *shape.Shape) *shape.Shape {
	if args.IsNever() {
		return shape.Never
	}
	r := s.resource
	if r.kind != optimised && r.kind != sdk || r.pattern == "waitForTaskToken" {
		return shape.Any // what the code, or whoever has the token, makes of it
	}
	full := r.service + ":" + r.api
	if r.kind == sdk {
		full = "aws-sdk:" + full
	}
	if r.pattern != "" {
		full += "." + r.pattern
	}
	switch {
	case full == "http:invoke", full == "apigateway:invoke":
		return f.madeBy(s, madeAnswer+full, httpAnswer)
	case full == "lambda:invoke":
		return f.madeBy(s, madeLambda, lambdaAnswer)
	case r.kind == optimised && r.service == "states" && r.api == "startExecution" && r.pattern != "":
		return f.answer(s, args, full, "sfn", "describeExecution", func(answer *shape.Shape) *shape.Shape {
			if r.pattern == "sync:2" { // the output of the execution, parsed
				return replaceMember(answer, "Output", shape.Any)
			}
			return answer
		})
	case r.pattern != "":
		return shape.Any // the answer of a job that was waited for
	case full == "bedrock:invokeModel":
		body := f.answered(s, modelBody(args), args)
		return f.answer(s, args, full, "bedrockruntime", "invokeModel", func(answer *shape.Shape) *shape.Shape { return replaceMember(answer, "Body", body) })
	case r.api == "invokeModel" || r.service == "lambda" || r.service == "sfn" && r.api == "startSyncExecution":
		return shape.Any // text or JSON, as the service hands it on
	case r.kind == optimised:
		return f.answer(s, args, full, cmp.Or(optimisedAs[r.service], r.service), r.api, nil)
	}
	return f.answer(s, args, full, r.service, r.api, nil)
}

// answers are the shapes of the APIs' answers by resource; they are made when first asked for.
var answers sync.Map

// answer is what an API answers.
func (f *flow) answer(s *state, args *shape.Shape, full, service, api string, change func(*shape.Shape) *shape.Shape) *shape.Shape {
	made := madeAnswer + full
	known, ok := answers.Load(full)
	if !ok {
		r, found := apishape.Find(service, api)
		answer := shape.Any
		if found {
			// Optimised integrations add what the SDK tells of the call.
			answer = r.Shape(&shape.Origin{What: made})
			answer = shape.Object(append(lacking(service, api, membersOf(answer)), shape.Member{Name: "SdkHttpMetadata", Unsure: true}, shape.Member{Name: "SdkResponseMetadata", Unsure: true})...)
		}
		known, _ = answers.LoadOrStore(full, answer)
	}
	answer, _ := known.(*shape.Shape)
	switch service {
	case "dynamodb":
		answer = returnedValues(api, answer, args)
		if api == "getItem" && f.p.putBefore(s) {
			answer = certain(answer, "Item")
		}
	case "s3", "textract":
		answer = f.long(s, service, api, answer, args)
	case "bedrockruntime":
		if api == "converse" {
			answer = f.answered(s, answer, args)
		}
	}
	if change != nil {
		answer = change(answer)
	}
	return f.madeBy(s, made, answer)
}

// sometimesThere are members of answers that are left out where there is nothing, as the API references have it: "If there is no matching item …
// there will be no Item element in the response" (GetItem). The tokens of answers by the page are missing from the last one.
var sometimesThere = map[string]string{
	"dynamodb:getItem": "Item", "dynamodb:query": "LastEvaluatedKey", "dynamodb:scan": "LastEvaluatedKey",
	"s3:listObjectsV2": "NextContinuationToken", "sqs:receiveMessage": "Messages",
}

// lacking marks the members of an answer that are at times not there.
func lacking(service, api string, members []shape.Member) []shape.Member {
	names := strings.Fields(sometimesThere[service+":"+api])
	for i := range members {
		if slices.Contains(names, members[i].Name) || members[i].Name == "NextToken" {
			members[i].Optional, members[i].Unsure = true, false
		}
	}
	return members
}

// certain takes back that a member is known to be missing at times.
func certain(s *shape.Shape, name string) *shape.Shape {
	if s.IsAny() {
		return s
	}
	members := membersOf(s)
	for i := range members {
		if members[i].Name == name {
			members[i].Optional, members[i].Unsure = false, true
		}
	}
	return shape.Object(members...)
}

// putBefore tells whether a state on a way to one that gets an item from DynamoDB puts that very item there.
func (p *pass) putBefore(get *state) bool {
	if known, done := p.putItems[get]; done {
		return known
	}
	if p.putItems == nil {
		p.putItems = map[*state]bool{}
	}
	found := false
	_, wanted := request(get)
	for _, s := range p.states {
		api := s.resource.api
		if s.resource.service != "dynamodb" || s.hidden || s == get || api != "putItem" && api != "updateItem" {
			continue
		}
		_, object := request(s)
		if sameText(member(s, object, "TableName"), member(get, wanted, "TableName")) && sameKey(object, wanted) && leadsTo(s, get) {
			found = true
			break
		}
	}
	p.putItems[get] = found
	return found
}

func sameText(a, b *asl.Node) bool {
	return a != nil && b != nil && a.Value != nil && b.Value != nil && value.Equal(a.Value, b.Value)
}

// sameKey tells whether a request puts, or updates, the item of the Key that another one has.
func sameKey(put, get *asl.Node) bool {
	key := get.Member("Key")
	holder := put.Member("Item")
	if holder == nil {
		holder = put.Member("Key")
	}
	if key == nil || holder == nil || len(key.Members) == 0 {
		return false
	}
	for _, m := range key.Members {
		if !sameNode(holder.Member(m.Name), m.Value, maxRuleDepth) {
			return false
		}
	}
	return true
}

func sameNode(a, b *asl.Node, depth int) bool {
	switch {
	case a == nil || b == nil || a.Kind != b.Kind || len(a.Members) != len(b.Members) || depth == 0:
		return false
	case a.Kind == value.KindObject:
		for _, m := range a.Members {
			if !sameNode(m.Value, b.Member(m.Name), depth-1) {
				return false
			}
		}
		return true
	}
	return sameText(a, b)
}

// leadsTo tells whether a way leads from a state to another one, in its scope or in one within it.
func leadsTo(from, to *state) bool {
	at := to
	for at != nil && at.scope != from.scope {
		at = at.scope.owner
	}
	if at == nil {
		return false
	}
	seen := map[*state]bool{from: true}
	queue := []*state{from}
	for i := 0; i < len(queue); i++ {
		for _, e := range queue[i].edges() {
			next := from.scope.byName[e.target]
			if next == at {
				return true
			}
			if next != nil && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return false
}

// returnedValues is the answer of an API of DynamoDB that gives an item's attributes only where ReturnValues asks for them.
func returnedValues(api string, answer, args *shape.Shape) *shape.Shape {
	if api != "putItem" && api != "updateItem" && api != "deleteItem" || answer.IsAny() {
		return answer
	}
	asked, presence := args.Member("ReturnValues")
	if presence == shape.Absent {
		return answer.WithMember("Attributes", shape.Never)
	}
	if values, ok := asked.Constants(); ok && len(values) == 1 && presence == shape.Always {
		switch values[0] {
		case value.Value(value.String("NONE")):
			return answer.WithMember("Attributes", shape.Never)
		case value.Value(value.String("ALL_OLD")), value.Value(value.String("UPDATED_OLD")): // of an item that was not there, there are none
			attributes, _ := answer.Member("Attributes")
			members := membersOf(answer)
			for i := range members {
				if members[i].Name == "Attributes" {
					members[i] = shape.Member{Name: "Attributes", Shape: attributes, Optional: true}
				}
			}
			return shape.Object(members...)
		}
	}
	return answer
}

func membersOf(s *shape.Shape) []shape.Member {
	members, _, _ := s.Members()
	return members
}

// replaceMember says more of one member of an object than that it is text; whether it is there stays as it was.
func replaceMember(s *shape.Shape, name string, v *shape.Shape) *shape.Shape {
	if s.IsAny() {
		return s
	}
	members := membersOf(s)
	for i := range members {
		if members[i].Name == name {
			members[i].Shape = v
		}
	}
	return shape.Object(members...)
}

// lambdaAnswer is the answer of lambda:invoke ("Invoke Lambda with Step Functions", and the API reference of Lambda's Invoke): only the
// payload is of the function's making.
var lambdaAnswer = shape.Object(
	shape.Member{Name: "ExecutedVersion", Shape: shape.AnyString, Unsure: true},
	shape.Member{Name: "Payload", Unsure: true},
	shape.Member{Name: "SdkHttpMetadata", Unsure: true},
	shape.Member{Name: "SdkResponseMetadata", Unsure: true},
	shape.Member{Name: "StatusCode", Shape: shape.AnyNumber, Unsure: true},
	shape.Member{Name: "FunctionError", Shape: shape.AnyString, Unsure: true},
	shape.Member{Name: "LogResult", Shape: shape.AnyString, Unsure: true},
	shape.Member{Name: "DurableExecutionArn", Shape: shape.AnyString, Unsure: true},
)

// httpAnswer is the answer of http:invoke and apigateway:invoke ("Call HTTPS APIs", "Create API Gateway REST APIs with Step Functions").
var httpAnswer = shape.Object(optional("Headers", shape.AnyObject), optional("ResponseBody", shape.Any), optional("StatusCode", shape.AnyNumber), optional("StatusText", shape.AnyString),
	optional("SdkHttpMetadata", shape.Any), optional("SdkResponseMetadata", shape.Any))

// modelBody is the answer of a model that bedrock:invokeModel calls, by the family that the model's id names. Where the request asks for the
// answer to be put into S3, and where the model is not known before the state runs, it may be anything.
func modelBody(args *shape.Shape) *shape.Shape {
	if _, presence := args.Member("Output"); presence != shape.Absent {
		return shape.Any
	}
	id, _ := args.Member("ModelId")
	values, ok := id.Constants()
	if !ok || len(values) != 1 {
		return shape.Any
	}
	text, _ := values[0].(value.String)
	model := string(text)
	if i := strings.LastIndexByte(model, '/'); i >= 0 { // an ARN
		model = model[i+1:]
	}
	for _, family := range modelFamilies {
		if i := strings.Index(model, family.prefix); i == 0 || i > 0 && model[i-1] == '.' { // us.anthropic.… is an inference profile
			return family.body().MadeBy(&shape.Origin{What: madeAnswer + "the model " + shorten(model)})
		}
	}
	return shape.Any
}

func optional(name string, s *shape.Shape) shape.Member {
	return shape.Member{Name: name, Shape: s, Unsure: true}
}

// modelFamilies are the answers by the beginning of a model's id, from the pages on inference request parameters and response fields in
// Amazon Bedrock's User Guide (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html), each named at its family. Those that gain
// fields from time to time are open: nothing is told of a field that they do not list. Of Titan, Nova, Llama and Jamba the page's fields were
// read again in 2026-11, of Claude, Mistral and Cohere the pages' requests, and their answers are as generally known.
var modelFamilies = []struct {
	prefix string
	body   func() *shape.Shape
}{
	// …/model-parameters-anthropic-claude-text-completion.html
	{"anthropic.claude-v2", legacyClaude},
	{"anthropic.claude-instant", legacyClaude},
	// …/model-parameters-anthropic-claude-messages.html
	{"anthropic.claude-", sync.OnceValue(func() *shape.Shape {
		return shape.Object(
			optional("id", shape.AnyString), optional("type", shape.AnyString), optional("role", shape.AnyString), optional("model", shape.AnyString),
			optional("content", shape.Array(shape.OpenObject(optional("type", shape.AnyString), optional("text", shape.AnyString)))),
			optional("stop_reason", shape.Of(shape.String|shape.Null)), optional("stop_sequence", shape.Of(shape.String|shape.Null)),
			optional("usage", shape.OpenObject(optional("input_tokens", shape.AnyNumber), optional("output_tokens", shape.AnyNumber))),
			optional("container", shape.Any), optional("context_management", shape.Any), optional("stop_details", shape.Any),
			optional("amazon-bedrock-guardrailAction", shape.Any), optional("amazon-bedrock-trace", shape.Any),
		)
	})},
	// …/model-parameters-titan-text.html
	{"amazon.titan-text", sync.OnceValue(func() *shape.Shape {
		return shape.OpenObject(optional("inputTextTokenCount", shape.AnyNumber),
			optional("results", shape.Array(shape.OpenObject(optional("tokenCount", shape.AnyNumber), optional("outputText", shape.AnyString), optional("completionReason", shape.AnyString)))))
	})},
	// …/model-parameters-titan-embed-text.html
	{"amazon.titan-embed", sync.OnceValue(func() *shape.Shape {
		return shape.OpenObject(optional("embedding", shape.Array(shape.AnyNumber)), optional("inputTextTokenCount", shape.AnyNumber))
	})},
	// https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema-response.html
	{"amazon.nova", sync.OnceValue(func() *shape.Shape {
		message := shape.OpenObject(optional("role", shape.AnyString), optional("content", shape.Array(shape.OpenObject(optional("text", shape.AnyString)))))
		return shape.OpenObject(optional("output", shape.OpenObject(optional("message", message))), optional("stopReason", shape.AnyString),
			optional("usage", shape.OpenObject(optional("inputTokens", shape.AnyNumber), optional("outputTokens", shape.AnyNumber), optional("totalTokens", shape.AnyNumber))))
	})},
	// …/model-parameters-meta.html; names and types also in https://api.koog.ai (LlamaResponse)
	{"meta.llama", sync.OnceValue(func() *shape.Shape {
		return shape.OpenObject(optional("generation", shape.AnyString), optional("prompt_token_count", shape.AnyNumber), optional("generation_token_count", shape.AnyNumber),
			optional("stop_reason", shape.AnyString))
	})},
	// …/model-parameters-mistral-text-completion.html and …-chat-completion.html: prompt gives outputs, messages give choices
	{"mistral.", sync.OnceValue(func() *shape.Shape {
		return shape.OpenObject(optional("outputs", shape.Array(shape.OpenObject(optional("text", shape.AnyString), optional("stop_reason", shape.Any)))), choices())
	})},
	// …/model-parameters-cohere-command-r-plus.html
	{"cohere.command-r", sync.OnceValue(func() *shape.Shape {
		return shape.OpenObject(optional("text", shape.AnyString), optional("response_id", shape.AnyString), optional("generation_id", shape.AnyString), optional("finish_reason", shape.Any),
			optional("chat_history", shape.AnyArray))
	})},
	// …/model-parameters-cohere-command.html
	{"cohere.command", sync.OnceValue(func() *shape.Shape {
		return shape.OpenObject(optional("generations", shape.Array(shape.OpenObject(optional("text", shape.AnyString)))), optional("text", shape.AnyString))
	})},
	// …/model-parameters-jamba.html
	{"ai21.jamba", sync.OnceValue(func() *shape.Shape { return shape.OpenObject(optional("id", shape.AnyString), choices()) })},
}

// choices are the answers of models that are asked by messages as OpenAI's are.
func choices() shape.Member {
	message := shape.OpenObject(optional("role", shape.AnyString), optional("content", shape.Any))
	return optional("choices", shape.Array(shape.OpenObject(optional("index", shape.AnyNumber), optional("message", message))))
}

// legacyClaude is the answer of Anthropic's text completions.
func legacyClaude() *shape.Shape {
	return shape.OpenObject(optional("completion", shape.AnyString), optional("stop_reason", shape.Any), optional("stop", shape.Any))
}
