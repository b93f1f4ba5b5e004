package check

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// Retriers that do not help, or do harm, and those that are not there.
var retryRules = []*Rule{
	{
		Code: "model-without-retry", Severity: Warning, check: checkModelRetries,
		Doc: "Models on Bedrock are throttled: a call that nothing tries again fails the execution on the first busy minute. A retrier of the task, or of a Parallel or Map around it, takes the error.",
	},
	{
		Code: "function-without-retry", Severity: Note, check: checkFunctionRetries,
		Doc: "Lambda has transient errors of its own (Lambda.ServiceException, Lambda.SdkClientException, Lambda.TooManyRequestsException …), which AWS advises to retry. Told of a function when others of the definition are retried, and once when none of several is.",
	},
	{
		Code: "futile-retry", Severity: Warning, check: checkFutileRetries,
		Doc: "The error comes of the definition, its data or its permissions: the next attempt gives the same one.",
	},
	{
		Code: "unmatched-error", Severity: Warning, check: checkUnmatchedErrors,
		Doc: "The state cannot raise this error. What a service integration raises starts with the service's name (Bedrock.ThrottlingException); States.Runtime ends an execution whatever handles it; some names belong to Map states or HTTP tasks.",
	},
	{
		Code: "retry-without-jitter", Severity: Note, check: checkJitter,
		Doc: "What was throttled at the same time comes back at the same time. JitterStrategy FULL spreads the attempts.",
	},
	{
		Code: "retry-without-cap", Severity: Warning, check: checkDelayCaps,
		Doc: "The delay grows with every attempt. Without MaxDelaySeconds the last ones take longer than anyone waits for.",
	},
	{
		Code: "retry-beyond-timeout", Severity: Warning, check: checkDelaySums,
		Doc: "The delays between the attempts take longer than the execution may last: the last attempts never happen, and the execution times out instead of failing with the error.",
	},
	{
		Code: "nested-retries", Severity: Warning, check: checkNestedRetries,
		Doc: "A Parallel or Map that is tried again tries everything within again, with all its attempts: the numbers multiply.",
	},
}

// retry is a retrier in numbers; known is false when one of them is a substitution.
type retry struct {
	attempts, interval, backoff, limit float64
	jitter, known                      bool
}

// retryOf reads a retrier. The defaults are those of https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.
func (p *pass) retryOf(handler *asl.Node) retry {
	r := retry{attempts: 3, interval: 1, backoff: 2, limit: math.Inf(1), known: true}
	for name, to := range map[string]*float64{"MaxAttempts": &r.attempts, "IntervalSeconds": &r.interval, "BackoffRate": &r.backoff, "MaxDelaySeconds": &r.limit} {
		n := handler.Member(name)
		if n == nil {
			continue
		}
		number, ok := n.Value.(value.Number)
		if !ok || asl.IsHole(string(number)) || p.broken[n] {
			r.known = false
			continue
		}
		*to = number.Float()
	}
	strategy, _ := textOf(handler.Member("JitterStrategy"))
	r.jitter = strategy == "FULL"
	return r
}

// last is the delay before the last attempt, without MaxDelaySeconds.
func (r retry) last() float64 {
	if r.attempts < 1 {
		return 0
	}
	return r.interval * math.Pow(r.backoff, r.attempts-1)
}

// delays is how long the retrier waits in all.
func (r retry) delays() float64 {
	sum := 0.0
	for n := range int(min(r.attempts, 1000)) { // by then it is a year, or never grows
		sum += min(r.interval*math.Pow(r.backoff, float64(n)), r.limit)
	}
	return sum
}

// takes tells whether a retrier or catcher takes an error.
func takes(handler *asl.Node, name string) bool {
	for _, n := range errorNames(handler) {
		if n.text == "States.ALL" || n.text == name || n.text == "States.TaskFailed" && name != "States.Timeout" || hasHole(n.text) {
			return true
		}
	}
	return false
}

// takesOneOf tells whether some handler of a list takes one of the errors; for retriers with attempts.
func (p *pass) takesOneOf(handlers []*asl.Node, names []string) bool {
	for _, handler := range handlers {
		if n, ok := integerOf(handler.Member("MaxAttempts")); ok && n == 0 {
			continue
		}
		if slices.ContainsFunc(names, func(name string) bool { return takes(handler, name) }) {
			return true
		}
	}
	return false
}

// around are the Parallel and Map states that a state is in, innermost first.
func (s *state) around() []*state {
	var list []*state
	for owner := s.scope.owner; owner != nil; owner = owner.scope.owner {
		list = append(list, owner)
	}
	return list
}

// callsModel tells whether a task calls a model on Bedrock.
func (s *state) callsModel() bool {
	switch {
	case s.typ != asl.TypeTask:
		return false
	case s.resource.kind == optimised:
		return s.resource.service == "bedrock" && s.resource.api == "invokeModel"
	case s.resource.kind == sdk && s.resource.service == "bedrockruntime":
		return strings.HasPrefix(s.resource.api, "invokeModel") || strings.HasPrefix(s.resource.api, "converse")
	case s.resource.kind == sdk && s.resource.service == "bedrockagentruntime":
		return slices.Contains([]string{"retrieveAndGenerate", "invokeAgent", "invokeInlineAgent", "invokeFlow"}, s.resource.api)
	}
	return false
}

// callsFunction tells whether a task calls a Lambda function and waits for its result.
func (s *state) callsFunction() bool {
	return s.typ == asl.TypeTask && (s.resource.kind == lambdaFunction || s.resource.kind == optimised && s.resource.service == "lambda" && s.resource.pattern == "")
}

// throttledModel are the errors of a throttled model call, in both spellings that are in use; no recording settles which one it is.
var throttledModel = []string{"Bedrock.ThrottlingException", "BedrockRuntime.ThrottlingException"}

// throttled are the errors of a throttled call of a model by this task.
func (s *state) throttled() []string {
	if s.resource.service == "bedrockagentruntime" {
		return []string{"BedrockAgentRuntime.ThrottlingException"}
	}
	return throttledModel
}

func checkModelRetries(p *pass, r *Rule) {
	for _, s := range p.states {
		if !s.callsModel() || p.broken[s.field("Retry")] || isHole(s.field("Retry")) {
			continue
		}
		names := s.throttled()
		retried := p.takesOneOf(s.handlers("Retry"), names)
		for _, owner := range s.around() {
			if p.caught(s, owner, names[0]) {
				break // the error gets no further
			}
			retried = retried || p.takesOneOf(owner.handlers("Retry"), names) || isHole(owner.field("Retry"))
		}
		if retried {
			continue
		}
		f := finding{
			node: s.node, span: s.nameSpan, field: "Retry", message: s.title() + " calls a model and is never tried again",
			cure: `add "Retry": [{"ErrorEquals": ["Bedrock.ThrottlingException", "BedrockRuntime.ThrottlingException", …], "MaxAttempts": 6, "MaxDelaySeconds": 60, "JitterStrategy": "FULL"}]`,
		}
		if list := s.field("Retry"); list != nil && len(list.Items) > 0 {
			f.node, f.span, f.message = list, list.NameSpan(), s.title()+" calls a model, but no retrier takes "+names[0]
		}
		p.report(r, f)
	}
}

func checkFunctionRetries(p *pass, r *Rule) {
	var retried *state
	for _, s := range p.states {
		if s.callsFunction() && len(s.handlers("Retry")) > 0 {
			retried = s
			break
		}
	}
	if retried == nil {
		p.noneRetried(r)
		return
	}
	for _, s := range p.states {
		if !s.callsFunction() || s.field("Retry") != nil || slices.ContainsFunc(s.around(), func(owner *state) bool { return owner.field("Retry") != nil }) {
			continue
		}
		p.report(r, finding{
			node: s.node, span: s.nameSpan, field: "Retry", message: fmt.Sprintf("%s is never tried again, other than %q", s.title(), shorten(retried.name)),
			cure:    `add "Retry": [{"ErrorEquals": ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"], …}]`,
			related: []Related{{Message: "this function is retried", Span: retried.nameSpan}},
		})
	}
}

// noneRetried tells once of a definition with several functions that none of them is retried.
func (p *pass) noneRetried(r *Rule) {
	var functions []*state
	for _, s := range p.states {
		if !s.callsFunction() {
			continue
		}
		if s.field("Retry") != nil || slices.ContainsFunc(s.around(), func(owner *state) bool { return owner.field("Retry") != nil }) {
			return
		}
		functions = append(functions, s)
	}
	const some = 2 // a sketch of a single function is left alone
	if len(functions) < some {
		return
	}
	f := finding{
		node: functions[0].node, span: functions[0].nameSpan, field: "Retry", message: fmt.Sprintf("none of the %d Lambda tasks is ever tried again, this one and the others", len(functions)),
		cure: `add "Retry": [{"ErrorEquals": ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"], …}]`,
	}
	for _, s := range functions[1:min(len(functions), 10)] {
		f.related = append(f.related, Related{Message: "not retried either", Span: s.nameSpan})
	}
	p.report(r, f)
}

// deterministic are errors that come again.
var deterministic = map[string]string{
	"States.DataLimitExceeded":                        "the data are as large the next time",
	"States.ParameterPathFailure":                     "the path finds as little the next time",
	"States.ResultPathMatchFailure":                   "the input is the same the next time",
	"States.IntrinsicFailure":                         "the arguments are the same the next time",
	"States.QueryEvaluationError":                     "the expression and its data are the same the next time",
	"States.Permissions":                              "the permissions are the same the next time",
	"States.NoChoiceMatched":                          "the input is the same the next time",
	"Lambda.ResourceNotFoundException":                "the function is missing the next time, too",
	"Lambda.InvalidParameterValueException":           "the request is the same the next time",
	"Lambda.InvalidRequestContentException":           "the request is the same the next time",
	"Lambda.RequestTooLargeException":                 "the request is as large the next time",
	"Lambda.InvalidRuntimeException":                  "the function is the same the next time",
	"StepFunctions.StateMachineDoesNotExistException": "the state machine is missing the next time, too",
	"StepFunctions.InvalidExecutionInputException":    "the input is the same the next time",
	"Sfn.StateMachineDoesNotExistException":           "the state machine is missing the next time, too",
	"S3.NoSuchBucketException":                        "the bucket is missing the next time, too",
	"S3.NoSuchKeyException":                           "the object is missing the next time, too",
}

// programming are the errors by which functions tell that their code, or the way that it is packed, is wrong: the next run is the same.
var programming = map[string]bool{
	"Runtime.ImportModuleError": true, "Runtime.HandlerNotFound": true, "Runtime.UserCodeSyntaxError": true, "Runtime.MalformedHandlerName": true, "Runtime.InvalidEntrypoint": true,
	"SyntaxError": true, "TypeError": true, "ReferenceError": true, "NameError": true, "AttributeError": true, "KeyError": true, "IndexError": true, "ValueError": true, "AssertionError": true,
	"NotImplementedError": true, "ZeroDivisionError": true, "ModuleNotFoundError": true, "ImportError": true, "PermissionError": true, "IndentationError": true, "UnicodeDecodeError": true, "NullPointerException": true,
	"IllegalArgumentException": true, "ClassCastException": true, "ClassNotFoundException": true, "UnsupportedOperationException": true,
}

// faultyInput are names of errors that tell that what came in is wrong. What a model or another service answered is not: that may be
// another thing the next time.
var faultyInput = regexp.MustCompile(`^(?:Invalid|Malformed|Unsupported|Corrupt(?:ed)?|Bad|Encrypted|Unreadable|Unknown)(?:Input|Request|Parameter|Argument|Document|File|Format|Media|S3Object|Pdf|PDF|Image|Type|Encoding|Mime)[A-Za-z]*$` +
	`|^(?:Document|File|Payload|Request|Input|Image|Pdf|PDF)(?:Is)?(?:TooLarge|TooBig|TooLong|NotSupported|Unsupported|Corrupt|Encrypted|Invalid|PasswordProtected)[A-Za-z]*$|^PasswordProtected[A-Za-z]*$`)

// futileStatus is the status of an answer that says that the request itself is wrong.
var futileStatus = regexp.MustCompile(`^States\.Http\.StatusCode\.(?:400|401|403|405|406|410|411|413|414|415|422|501)$`)

// futile tells why it is futile to try again after an error; empty when it is not known to be.
func futile(name string) string {
	if why := deterministic[name]; why != "" {
		return why
	}
	if futileStatus.MatchString(name) {
		return "the request is the same the next time"
	}
	if strings.HasPrefix(name, "States.") {
		return ""
	}
	if programming[name] || programming[name[strings.LastIndexByte(name, '.')+1:]] && strings.HasPrefix(name, "java.") {
		return "the code is the same the next time"
	}
	prefix, exception, ok := strings.Cut(name, ".")
	if !ok {
		prefix, exception = "", name
	}
	switch exception {
	case "ValidationException", "ValidationError", "InvalidParameterException", "InvalidParameterValueException", "InvalidRequestException", "InvalidArnException", "MissingParameterException", "SchemaValidationError":
		if prefix == "ECS" || prefix == "Ecs" { // which says that of a throttled call as well (cdklabs/construct-hub pull request 415)
			return ""
		}
		return "the request is the same the next time"
	case "UnsupportedDocumentException", "BadDocumentException", "DocumentTooLargeException": // of Textract
		return "the document is the same the next time"
	case "AccessDeniedException", "AccessDenied", "UnauthorizedException", "NotAuthorizedException", "UnauthorizedOperation", "UnrecognizedClientException":
		return "the permissions are the same the next time"
	case "ResourceNotFoundException":
		if prefix == "Bedrock" || prefix == "BedrockRuntime" {
			return "the model is missing the next time, too"
		}
	}
	if faultyInput.MatchString(exception) {
		return "what comes in is the same the next time"
	}
	return ""
}

func checkFutileRetries(p *pass, r *Rule) {
	for _, s := range p.states {
		for _, retrier := range s.handlers("Retry") {
			if n, ok := integerOf(retrier.Member("MaxAttempts")); ok && n == 0 {
				continue // that is how to say that it is not to be tried again
			}
			for _, name := range errorNames(retrier) {
				if why := futile(name.text); why != "" {
					p.report(r, finding{node: name.node, message: fmt.Sprintf("%s tries again after %s: %s", s.title(), name.text, why), cure: "drop it here; a catcher may handle it"})
				}
			}
		}
	}
}

// throttling tells whether an error name is one of throttling.
func throttling(name string) bool {
	_, last, ok := strings.Cut(name, ".")
	if !ok {
		last = name
	}
	switch last {
	case "TooManyRequestsException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown", "LimitExceededException":
		return true
	}
	return strings.Contains(last, "Throttl")
}

// crowded is the Map around a state whose iterations run at the same time, or nil.
func (s *state) crowded() *state {
	for _, owner := range s.around() {
		if owner.typ == asl.TypeMap {
			if n, ok := integerOf(owner.field("MaxConcurrency")); !ok || n != 1 {
				return owner
			}
		}
	}
	return nil
}

func checkJitter(p *pass, r *Rule) {
	for _, s := range p.states {
		owner := s.crowded()
		if s.typ != asl.TypeTask {
			continue
		}
		for _, retrier := range s.handlers("Retry") {
			if isHole(retrier.Member("JitterStrategy")) || p.retryOf(retrier).jitter || p.retryOf(retrier).attempts < 1 {
				continue
			}
			i := slices.IndexFunc(errorNames(retrier), func(n errorName) bool {
				// Whatever a model is tried again for, it is throttling most of the time.
				return throttling(n.text) || s.callsModel() && (n.text == "States.ALL" || n.text == "States.TaskFailed")
			})
			if i < 0 {
				continue
			}
			name := errorNames(retrier)[i]
			who := "executions"
			if owner != nil {
				who = fmt.Sprintf("iterations of %q", shorten(owner.name))
			}
			p.report(r, finding{
				node: name.node, message: fmt.Sprintf("%s that are throttled together at %q (%s) try again together", who, shorten(s.name), shorten(name.text)),
				cure: `add "JitterStrategy": "FULL" to the retrier`,
			})
		}
	}
}

// longDelay is from which delay on, in seconds, a retrier is told to need MaxDelaySeconds.
const longDelay = 1800

func checkDelayCaps(p *pass, r *Rule) {
	for _, s := range p.states {
		for _, retrier := range s.handlers("Retry") {
			retry := p.retryOf(retrier)
			if !retry.known || !math.IsInf(retry.limit, 1) || retry.backoff <= 1 || retry.last() < longDelay || retry.interval >= longDelay {
				continue
			}
			p.report(r, finding{
				node: retrier, span: p.head(retrier), message: fmt.Sprintf("%s waits up to %s between two attempts, %s in all", s.title(), minutes(retry.last()), minutes(retry.delays())),
				cure: `add "MaxDelaySeconds", or lower MaxAttempts or BackoffRate`,
			})
		}
	}
}

// minutes writes a time for people.
func minutes(seconds float64) string {
	switch {
	case seconds < 120:
		return fmt.Sprintf("%.0f seconds", seconds)
	case seconds < 7200:
		return fmt.Sprintf("%.0f minutes", seconds/60)
	case seconds < 48*3600:
		return fmt.Sprintf("%.0f hours", seconds/3600)
	case seconds < 365*24*3600:
		return fmt.Sprintf("%.0f days", seconds/86400)
	}
	return "more than a year"
}

func checkDelaySums(p *pass, r *Rule) {
	if p.root == nil {
		return
	}
	limit, whose := math.Inf(1), ""
	if n, ok := integerOf(p.root.Member("TimeoutSeconds")); ok && n > 0 {
		limit, whose = float64(n), "the machine's TimeoutSeconds"
	}
	if p.opts.Type == Express && limit > expressSeconds {
		limit, whose = expressSeconds, "the five minutes of an Express machine"
	}
	for _, s := range p.states {
		for _, retrier := range s.handlers("Retry") {
			retry := p.retryOf(retrier)
			delays, what := retry.delays(), "the delays between the attempts of %s take %s"
			if retry.jitter {
				what = "the delays between the attempts of %s take up to %s"
			}
			// After a time-out, each attempt has taken the whole of it.
			if seconds, ok := integerOf(s.field("TimeoutSeconds")); ok && delays < limit && slices.ContainsFunc(errorNames(retrier), func(n errorName) bool { return n.text == "States.Timeout" }) {
				delays += float64(seconds) * (retry.attempts + 1)
				what = "the attempts of %s that time out, and the delays between them, take up to %s"
			}
			if !retry.known || delays < limit {
				continue
			}
			p.report(r, finding{
				node: retrier, span: p.head(retrier), message: fmt.Sprintf(what+", longer than %s (%s)", s.title(), minutes(delays), whose, minutes(limit)),
				cure: "lower MaxAttempts or BackoffRate, or add MaxDelaySeconds",
			})
		}
	}
}

// manyAttempts is from which product on nested retriers are told.
const manyAttempts = 6

func checkNestedRetries(p *pass, r *Rule) {
	for _, s := range p.states {
		for _, owner := range s.around() {
			if p.multiplied(r, s, owner) {
				break
			}
			if owner.surelyDistributed() {
				break // no error of a child gets out of it
			}
		}
	}
}

// surelyDistributed tells whether a Map runs child executions.
func (s *state) surelyDistributed() bool {
	if s.typ != asl.TypeMap {
		return false
	}
	mode, _ := textOf(s.field("ItemProcessor").Member("ProcessorConfig").Member("Mode"))
	return mode == "DISTRIBUTED"
}

// multiplied reports that both a task and a state around it retry an error that gets from one to the other.
func (p *pass) multiplied(r *Rule, s, owner *state) bool {
	const most = 50 // retriers, and names of each, that are looked at
	outers := owner.handlers("Retry")
	outers = outers[:min(len(outers), most)]
	inners := s.handlers("Retry")
	for _, inner := range inners[:min(len(inners), most)] {
		in := p.retryOf(inner)
		if !in.known || in.attempts < 1 {
			continue
		}
		names := errorNames(inner)
		for _, name := range append(names[:min(len(names), most):min(len(names), most)], errorName{text: "\x00any"}) {
			if name.text == "\x00any" && !takes(inner, name.text) || hasHole(name.text) || p.caught(s, owner, name.text) {
				continue
			}
			if name.text == "States.ALL" || name.text == "States.TaskFailed" {
				continue // "any" stands for them
			}
			outside := name.text
			if owner.surelyDistributed() { // what gets out of it is that too many children failed
				if tolerates(owner) {
					continue
				}
				outside = "States.ExceedToleratedFailureThreshold"
			}
			i := slices.IndexFunc(outers, func(outer *asl.Node) bool { return takes(outer, outside) })
			if i < 0 {
				continue
			}
			outer := outers[i]
			out := p.retryOf(outer)
			product := (in.attempts + 1) * (out.attempts + 1)
			if !out.known || out.attempts < 1 || product < manyAttempts {
				continue
			}
			p.report(r, finding{
				node: outer, span: p.head(outer), message: fmt.Sprintf("%s is tried %.0f times, and %q within it %.0f times each: %.0f attempts", owner.title(), out.attempts+1, shorten(s.name), in.attempts+1, product),
				cure: "retry in one place: the task itself, whose siblings then keep their work", related: []Related{{Message: "the retrier within", Span: p.head(inner)}},
			})
			return true
		}
	}
	return false
}

// caught tells whether a catcher between a state and one around it takes the error.
func (p *pass) caught(s, owner *state, name string) bool {
	for at := s; at != nil && at != owner; at = at.scope.owner {
		if slices.ContainsFunc(at.handlers("Catch"), func(catcher *asl.Node) bool { return takes(catcher, name) && !at.scope.fails(catcher) }) {
			return true
		}
	}
	return false
}
