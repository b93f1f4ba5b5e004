package iam

import (
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/internal/awsapi"
	"github.com/docflow-asl/docflow/asl/value"
)

// Options say where the state machine runs and what else its role is for. What is left empty is "*" in ARNs.
type Options struct {
	Partition string // aws by default
	Region    string
	Account   string
	Name      string // of the state machine: a distributed Map starts executions of the machine itself
	Logging   bool   // to CloudWatch Logs
	Tracing   bool   // with X-Ray
	KMSKey    string // the ARN of the key that encrypts the state machine's data
}

// Derive gives the policy that the role of a state machine needs. Substitutions that have no value stay in the policy.
func Derive(m *asl.Machine, opts Options) *Policy {
	d := newDeriver(opts)
	d.machine(m)
	return d.policy()
}

type deriver struct {
	Options
	needs []need
	notes []string
	state string // whose needs are added
	jsonp bool   // the state is in JSONPath
	seen  map[string]bool
}

func newDeriver(opts Options) *deriver {
	for _, field := range []*string{&opts.Region, &opts.Account, &opts.Name} {
		if *field == "" {
			*field = "*"
		}
	}
	if opts.Partition == "" {
		opts.Partition = "aws"
	}
	return &deriver{Options: opts, seen: map[string]bool{}}
}

func (d *deriver) policy() *Policy { return &Policy{collect(d.needs), d.notes} }

func (d *deriver) machine(m *asl.Machine) {
	root := m.Value()
	language, _ := text(root, "QueryLanguage")
	d.scope(root, language)
	d.state = ""
	if d.Logging {
		// They know no resources (Service Authorization Reference, CloudWatch Logs).
		d.add("*", "for logging; these actions know no resources", "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
			"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups")
	}
	if d.Tracing {
		d.add("*", "for tracing; these actions know no resources", "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets")
	}
	if d.KMSKey != "" {
		d.add(d.KMSKey, "for the key that encrypts the state machine's data", "kms:Decrypt", "kms:GenerateDataKey")
	}
}

func (d *deriver) scope(scope *value.Object, language string) {
	states, ok := object(scope, "States")
	if !ok {
		return
	}
	for _, m := range states.Members() {
		s, ok := m.Value.(*value.Object)
		if !ok {
			continue
		}
		own := language
		if l, ok := text(s, "QueryLanguage"); ok {
			own = l
		}
		d.state, d.jsonp = m.Name, own == "" || own == string(asl.JSONPath)
		switch kind, _ := text(s, "Type"); asl.StateType(kind) {
		case asl.TypeTask:
			d.task(s)
		case asl.TypeParallel:
			if branches, ok := s.Get("Branches"); ok {
				if list, ok := branches.(*value.Array); ok {
					for _, b := range list.Items() {
						if scope, ok := b.(*value.Object); ok {
							d.scope(scope, language)
						}
					}
				}
			}
		case asl.TypeMap:
			for _, field := range []string{"ItemProcessor", "Iterator"} {
				processor, ok := object(s, field)
				if !ok {
					continue
				}
				config, _ := object(processor, "ProcessorConfig")
				if mode, _ := text(config, "Mode"); mode == "DISTRIBUTED" {
					d.distributed(s)
				}
				d.scope(processor, language)
			}
		}
	}
}

// add adds a need for a resource that the definition names.
func (d *deriver) add(resource, note string, actions ...string) {
	d.needs = append(d.needs, need{actions: actions, resource: resource, state: d.state, note: note})
}

// late adds a need for a resource that is known only at run time.
func (d *deriver) late(note string, actions ...string) {
	d.needs = append(d.needs, need{actions: actions, resource: "*", runtime: true, state: d.state, note: note})
}

// on adds a need for what arn makes of a parameter's text, or for "*" when nobody knows the parameter.
func (d *deriver) on(p known, what string, arn func(string) string, actions ...string) {
	switch {
	case !p.present:
		d.add("*", "the definition names no "+what, actions...)
	case p.pattern == "*":
		d.late("the "+what+" is known only at run time", actions...)
	default:
		d.add(arn(p.pattern), "", actions...)
	}
}

// arn writes an ARN in the state machine's region and account, unless the name is one already.
func (d *deriver) arn(service, kind string) func(string) string {
	return func(name string) string {
		if isARN(name) {
			return name
		}
		return "arn:" + d.Partition + ":" + service + ":" + d.Region + ":" + d.Account + ":" + kind + name
	}
}

// isARN tells whether a name is an ARN or a substitution as a whole whose name says that it stands for one.
func isARN(name string) bool {
	return strings.HasPrefix(name, "arn:") || asl.IsHole(name) && arnHole.MatchString(name)
}

var arnHole = regexp.MustCompile(`(?i)arn\}$`)

// known is what is known of a parameter: a pattern, in which * stands for what only the execution knows.
type known struct {
	pattern string
	present bool
}

func text(o *value.Object, name string) (string, bool) {
	if o == nil {
		return "", false
	}
	v, _ := o.Get(name)
	s, ok := v.(value.String)
	return string(s), ok
}

func object(o *value.Object, name string) (*value.Object, bool) {
	if o == nil {
		return nil, false
	}
	v, _ := o.Get(name)
	inner, ok := v.(*value.Object)
	return inner, ok
}

// request is the request of a task or of an ItemReader: an object, or nil when it is known only at run time.
func (d *deriver) request(s *value.Object) *value.Object {
	if d.jsonp {
		o, _ := object(s, "Parameters")
		return o
	}
	o, _ := object(s, "Arguments")
	return o
}

// param tells what is known of a parameter. Of a request that is known only at run time any may be there.
func (d *deriver) param(request *value.Object, name string) known {
	if request == nil {
		return known{"*", true}
	}
	if d.jsonp {
		if path, ok := text(request, name+".$"); ok {
			return known{formatPattern(path), true}
		}
	}
	v, ok := request.Get(name)
	if !ok {
		return known{}
	}
	s, ok := v.(value.String)
	switch {
	case !ok:
		return known{"*", true}
	case !d.jsonp && asl.IsJSONata(string(s)):
		return known{jsonataPattern(string(s)), true}
	}
	return known{string(s), true}
}

// within is the parameter of an object within the request.
func (d *deriver) within(request *value.Object, object, name string) known {
	if request == nil {
		return known{"*", true}
	}
	if v, ok := request.Get(object); ok {
		if inner, ok := v.(*value.Object); ok {
			return d.param(inner, name)
		}
		return known{"*", true}
	}
	if request.Has(object + ".$") {
		return known{"*", true}
	}
	return known{}
}

var formatCall = regexp.MustCompile(`^States\.Format\(\s*'((?:[^'\\]|\\.)*)'`)

// formatPattern is what is known of a path or an intrinsic: of States.Format, the constant parts.
func formatPattern(path string) string {
	m := formatCall.FindStringSubmatch(path)
	if m == nil {
		return "*"
	}
	return squeeze(strings.ReplaceAll(strings.ReplaceAll(m[1], "{}", "*"), `\`, ""))
}

// jsonataPattern is what is known of an expression: of strings that are joined by &, the constant ones.
func jsonataPattern(expression string) string {
	inner := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(expression), "{%"), "%}"))
	var b strings.Builder
	depth := 0
	for i := 0; i < len(inner); {
		switch c := inner[i]; {
		case c == '\'' || c == '"':
			end := strings.IndexByte(inner[i+1:], c)
			if end < 0 || strings.Contains(inner[i+1:i+1+end], `\`) {
				return "*"
			}
			if depth == 0 {
				b.WriteString(inner[i+1 : i+1+end])
			}
			i += end + 2
			continue
		case c == '(' || c == '[' || c == '{':
			depth++
			b.WriteByte('*')
		case c == ')' || c == ']' || c == '}':
			depth--
		case depth > 0, c == '&', c == ' ', c == '\n', c == '\t':
		case c == '?' || c == ':' || c == ';' || c == '=' || c == '<' || c == '>' || c == '~' || c == '|':
			return "*" // a choice or more: no join
		default:
			b.WriteByte('*')
		}
		i++
	}
	return squeeze(b.String())
}

// squeeze makes one star of several, and a star of nothing.
func squeeze(pattern string) string {
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	if pattern == "" {
		return "*"
	}
	return pattern
}

func (d *deriver) task(s *value.Object) {
	resource, ok := text(s, "Resource")
	if !ok {
		return
	}
	if credentials, ok := object(s, "Credentials"); ok {
		// The call itself is made with that role's permissions.
		d.on(d.param(credentials, "RoleArn"), "role of Credentials", func(arn string) string { return arn }, "sts:AssumeRole")
		return
	}
	parts := strings.SplitN(resource, ":", 6)
	switch {
	case asl.IsHole(resource):
		d.add(resource, "the Resource is a substitution; that it is a function is a guess", "lambda:InvokeFunction")
		return
	case len(parts) < 6 || parts[0] != "arn" && !strings.HasPrefix(parts[0], "${"):
		if strings.HasPrefix(resource, "${") {
			d.add(resource, "the Resource is a substitution; that it is a function is a guess", "lambda:InvokeFunction")
		}
		return
	case strings.Contains(resource, ":lambda:") && strings.Contains(resource, ":function:"):
		d.add(resource, "", "lambda:InvokeFunction")
		return
	}
	_, name, ok := strings.Cut(resource, ":states:::")
	if !ok {
		return // an activity needs nothing of the role
	}
	request := d.request(s)
	if call, ok := strings.CutPrefix(name, "aws-sdk:"); ok {
		call, _, _ = strings.Cut(call, ".")
		service, action, _ := strings.Cut(call, ":")
		d.sdk(service, action, request)
		return
	}
	call, pattern, _ := strings.Cut(name, ".")
	service, api, _ := strings.Cut(call, ":")
	d.optimised(service, api, strings.HasPrefix(pattern, "sync"), request)
}

// distributed adds what a distributed Map needs beside its tasks: executions of the machine itself, and S3.
func (d *deriver) distributed(s *value.Object) {
	note := ""
	if d.Name == "*" {
		note = "a distributed Map starts executions of this state machine, whose name is not given (--name)"
	}
	d.add(d.arn("states", "stateMachine:")(d.Name), note, "states:StartExecution")
	d.add(d.arn("states", "execution:")(d.Name+":*"), note, "states:DescribeExecution", "states:StopExecution")
	// A redrive of the machine redrives what did not succeed of its Map Runs, as the machine's role.
	// https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
	d.add(d.arn("states", "execution:")(d.Name+"/*:*"), note, "states:RedriveExecution")
	if reader, ok := object(s, "ItemReader"); ok {
		request := d.request(reader)
		bucket := d.param(request, "Bucket")
		if resource, _ := text(reader, "Resource"); strings.HasSuffix(resource, ":listObjectsV2") {
			d.on(bucket, "bucket of the ItemReader", d.bucket, "s3:ListBucket")
		} else {
			d.object(bucket, d.param(request, "Key"), "s3:GetObject")
		}
		if config, ok := object(reader, "ReaderConfig"); ok {
			if kind, _ := text(config, "InputType"); kind == "MANIFEST" {
				d.late("the manifest says which objects are read", "s3:GetObject")
			}
		}
	}
	if writer, ok := object(s, "ResultWriter"); ok && writer.Has("Resource") {
		request := d.request(writer)
		prefix := d.param(request, "Prefix")
		key := known{"*", true}
		if prefix.present && prefix.pattern != "*" {
			key.pattern = squeeze(prefix.pattern + "/*")
		}
		d.object(d.param(request, "Bucket"), key, "s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")
	}
}

func (d *deriver) bucket(name string) string {
	if isARN(name) {
		return name
	}
	return "arn:" + d.Partition + ":s3:::" + name
}

// object adds needs for an object or objects in S3.
func (d *deriver) object(bucket, key known, actions ...string) {
	if !bucket.present || bucket.pattern == "*" {
		d.late("the bucket is known only at run time", actions...)
		return
	}
	k := key.pattern
	if !key.present {
		k = "*"
	}
	d.add(d.bucket(bucket.pattern)+"/"+strings.TrimPrefix(k, "/"), "", actions...)
}

// location adds needs for what an S3 URI names.
func (d *deriver) location(uri known, what string, actions ...string) {
	rest, ok := strings.CutPrefix(uri.pattern, "s3://")
	switch {
	case !uri.present:
	case !ok || rest == "":
		d.late("the place of "+what+" in S3 is known only at run time", actions...)
	default:
		bucket, key, _ := strings.Cut(rest, "/")
		if key == "" || strings.HasSuffix(key, "/") {
			key += "*"
		}
		d.object(known{bucket, true}, known{key, true}, actions...)
	}
}

// note says something of the policy as a whole, once.
func (d *deriver) note(n string) {
	if !slices.Contains(d.notes, n) {
		d.notes = append(d.notes, n)
	}
}

// rule adds the needs for the rule of EventBridge by which Step Functions learns that a job has ended.
func (d *deriver) rule(name string) {
	d.add(d.arn("events", "rule/")(name), "for .sync: the rule by which Step Functions learns that the job has ended", "events:PutTargets", "events:PutRule", "events:DescribeRule")
}

// pass adds the need to hand a role to a service.
func (d *deriver) pass(role known, to string) {
	resource, runtime, note := role.pattern, false, ""
	if !role.present || role.pattern == "*" {
		resource, runtime, note = "*", true, "which role is handed over is not said in the definition"
	} else if !isARN(role.pattern) {
		resource = "arn:" + d.Partition + ":iam::" + d.Account + ":role/" + role.pattern
	}
	d.needs = append(d.needs, need{
		actions: []string{"iam:PassRole"}, resource: resource, runtime: runtime, note: note, state: d.state,
		condition: Condition{"StringEquals": {"iam:PassedToService": {to}}},
	})
}

// queue is the ARN of the queue that a URL names: https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.
func (d *deriver) queue(url string) string {
	if m := queueURL.FindStringSubmatch(url); m != nil {
		return "arn:" + d.Partition + ":sqs:" + m[1] + ":" + m[2] + ":" + m[3]
	}
	if isARN(url) {
		return url
	}
	if asl.IsHole(url) {
		return url // what a template makes of the queue's URL is the queue's ARN to it: see Compare
	}
	return "*"
}

var queueURL = regexp.MustCompile(`^https://sqs\.([^./]+)\.amazonaws\.com[^/]*/([^/]+)/([^/]+)$`)

// api finds the service of an SDK integration.
func api(service string) *awsapi.Service { return awsapi.Find(service) }
