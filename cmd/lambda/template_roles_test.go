package lambda_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/iam"
	"github.com/docflow-asl/docflow/tasks/claim"
)

// policies returns the statements of a function's role in a stack: those of its own
// policies and of managed policies in the template.
func (c *checked) policies(s *stack, function string) []statement {
	properties, err := s.properties(function)
	if err != nil {
		return nil // checkReferences tells
	}
	if properties["Policies"] != nil || properties["Role"] == nil {
		c.add("%s: SAM would make its role, which may write every log; it should have a Role of its own", function)
	}
	var out []statement
	for _, name := range c.t.of("AWS::IAM::Role") {
		if s.arn(name) != properties["Role"] {
			continue
		}
		role, err := s.properties(name)
		if err != nil {
			return nil
		}
		if trusted := statements(any(role["AssumeRolePolicyDocument"])); len(trusted) != 1 || text(trusted[0].whole["Principal"]) != `{"Service":"lambda.amazonaws.com"}` ||
			!trusted[0].allow || !slices.Equal(trusted[0].actions, []string{"sts:AssumeRole"}) {
			c.add("%s: Lambda, and nobody else, should assume the role", name)
		}
		out = append(out, statements(role["Policies"])...)
		for _, arn := range list(role["ManagedPolicyArns"]) {
			i := slices.IndexFunc(c.t.of("AWS::IAM::ManagedPolicy"), func(policy string) bool { return s.has(policy) && s.arn(policy) == arn })
			if i < 0 {
				c.add("%s: %s is a policy that is not in the template", name, text(arn))
				continue
			}
			policy, err := s.properties(c.t.of("AWS::IAM::ManagedPolicy")[i])
			if err != nil {
				return nil
			}
			out = append(out, statements(any(policy))...)
		}
	}
	return out
}

// platform is what the role of a function needs for what Lambda does with it.
func (c *checked) platform(s *stack, function string) []permission {
	properties, err := s.properties(function)
	if err != nil {
		return nil
	}
	// "Working with Lambda execution environment credentials", "Using Lambda with Amazon SQS",
	// "Visualize Lambda function invocations using AWS X-Ray", "Giving Lambda functions access
	// to resources in an Amazon VPC" (Lambda Developer Guide).
	var needed []permission
	need := func(resource string, actions ...string) {
		for _, action := range actions {
			needed = append(needed, permission{action: action, resource: resource})
		}
	}
	if group := text(at(properties["LoggingConfig"], "LogGroup")); group != "null" {
		need("arn:aws:logs:"+region+":"+account+":log-group:"+group+":log-stream:1", "logs:CreateLogStream", "logs:PutLogEvents")
	}
	if properties["Tracing"] == "Active" {
		need("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords")
	}
	if properties["VpcConfig"] != nil {
		need("*", "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
			"ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses")
	}
	for _, source := range c.t.of("AWS::Lambda::EventSourceMapping") {
		mapping, err := s.properties(source)
		if err == nil && mapping["FunctionName"] == s.physical(function) {
			need(text(mapping["EventSourceArn"]), "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
		}
	}
	return needed
}

// checkRoles wants what the role of each function grants to be what the function was seen
// to call and what Lambda needs, no less and no more.
func checkRoles(c *checked) {
	for _, name := range c.t.of("AWS::Serverless::Function") {
		parts := append([]string{name}, c.t.of("AWS::IAM::ManagedPolicy")...)
		for _, s := range variants(c.t, c.stacks, append(parts, c.t.of("AWS::IAM::Role")...)...) {
			if condition := c.t.Resources[name].Condition; condition != "" && !s.conditions[condition] {
				continue // there is no such function
			}
			byReader := c.calls[path.Base(text(c.t.property(name, "CodeUri")))]
			needed, ok := byReader[text(s.parameters["OcrReader"])]
			if !ok {
				needed = byReader[""]
			}
			needed = append(c.platform(s, name), needed...)
			granted := c.policies(s, name)
			for _, p := range needed {
				if !grants(granted, p) {
					c.add("%s: %s is needed and not granted", name, p)
				}
			}
			for _, st := range granted {
				for _, action := range st.actions {
					for _, resource := range st.resources {
						if st.allow && !c.isNeeded(s, st, action, resource, needed) {
							c.add("%s: %s on %s is granted and not needed", name, action, resource)
						}
					}
				}
			}
		}
	}
}

// isNeeded tells whether what a statement allows was called, and in the results bucket not
// just in a part of it: below one of the pipeline's prefixes is not below another.
func (c *checked) isNeeded(s *stack, st statement, action, resource string, needed []permission) bool {
	for _, prefix := range append(claim.OutputPrefixes(), "") {
		place := s.arn("ResultsBucket") + "/" + prefix
		if strings.HasPrefix(resource, "arn:aws:s3:") && glob(resource, place+"probe") &&
			!slices.ContainsFunc(needed, func(p permission) bool { return p.action == action && placeOf(p.resource) == place }) {
			return false
		}
	}
	return slices.ContainsFunc(needed, func(p permission) bool { return p.action == action && glob(resource, p.resource) && met(st, p) })
}

// placeOf is the part of a bucket that an object lies in: the bucket, and one of the pipeline's prefixes.
func placeOf(object string) string {
	bucket, key, _ := strings.Cut(object, "/")
	for _, prefix := range claim.OutputPrefixes() {
		if strings.HasPrefix(key, prefix) {
			return bucket + "/" + prefix
		}
	}
	return bucket + "/"
}

// grants tells whether statements allow something, and none denies it.
func grants(all []statement, p permission) bool {
	allow := false
	for _, s := range all {
		if slices.Contains(s.actions, p.action) && slices.ContainsFunc(s.resources, func(r string) bool { return glob(r, p.resource) }) && met(s, p) {
			if !s.allow {
				return false
			}
			allow = true
		}
	}
	return allow
}

// met tells whether the condition of a statement holds. What keys of the code's own calls
// are not known of a permission (lambda:SourceFunctionArn of Lambda's calls) is not there.
func met(s statement, p permission) bool {
	operators, _ := s.condition.(map[string]any)
	for operator, keys := range operators {
		if operator != "StringEquals" && operator != "ArnLike" {
			return false
		}
		members, _ := keys.(map[string]any)
		for key, values := range members {
			if !slices.ContainsFunc(list(values), func(v any) bool { return p.context[key] != "" && glob(text(v), p.context[key]) }) {
				return false
			}
		}
	}
	return true
}

// glob matches as IAM does: * is any text.
func glob(pattern, text string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	for ; ok; text = text[1:] {
		if glob(rest, text) {
			return true
		}
		if text == "" {
			break
		}
	}
	return false
}

// onEverything are actions that know no resources (Service Authorization Reference), and
// those of network interfaces, which Lambda looks for on everything.
var onEverything = []string{
	"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
	"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
	"xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
	"textract:DetectDocumentText",
	"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
	"ec2:UnassignPrivateIpAddresses",
}

func checkActions(c *checked) {
	for _, name := range sortedKeys(c.t.Resources) {
		for _, s := range statements(any(c.t.Resources[name].Properties)) {
			for _, action := range s.actions {
				if !s.allow {
					continue
				}
				if strings.Contains(action, "*") {
					c.add("%s: the statement %s allows %s; it should name actions", name, s.sid, action)
				}
				if slices.Contains(s.resources, "*") && !slices.Contains(onEverything, action) {
					c.add("%s: the statement %s allows %s on everything; it should name resources", name, s.sid, action)
				}
			}
			principal := text(s.whole["Principal"])
			if s.allow && (principal == "*" || principal == `{"AWS":"*"}`) && s.condition == nil {
				c.add("%s: the statement %s is for everyone", name, s.sid)
			}
		}
	}
}

func checkStateMachines(c *checked) {
	names := c.t.of("AWS::Serverless::StateMachine")
	if len(names) == 0 {
		c.add("there is no state machine")
	}
	for _, name := range names {
		checkStateMachine(c, name)
	}
}

func checkStateMachine(c *checked, name string) {
	properties := c.t.Resources[name].Properties
	file := text(properties["DefinitionUri"])
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		c.add("%s: the definition: %v", name, err)
		return
	}
	given, _ := properties["DefinitionSubstitutions"].(map[string]any)
	wanted := holes(string(data))
	for _, s := range wanted {
		if given[s] == nil {
			c.add("%s: the substitution %s of %s is not given", name, s, file)
		}
	}
	for _, s := range sortedKeys(given) {
		if !slices.Contains(wanted, s) {
			c.add("%s: the substitution %s is given, but %s has no ${%s}", name, s, file, s)
		}
	}
	checkTimeouts(c, name, data, given)
	if at(properties["Tracing"], "Enabled") != true {
		c.add("%s should be traced", name)
	}
	if level := at(properties["Logging"], "Level"); level == nil || level == "OFF" {
		c.add("%s should write logs", name)
	}
	if at(properties["Logging"], "IncludeExecutionData") != false {
		c.add("%s should keep the data of executions out of its logs", name)
	}
	for _, stack := range variants(c.t, c.stacks, name) {
		checkRoleOf(c, stack, name, file, data)
	}
}

// checkRoleOf wants the role of a state machine, as it is in a stack, to grant what docflow
// iam derives from the definition, no less and no more.
func checkRoleOf(c *checked, s *stack, name, file string, definition []byte) {
	symbolic := *s
	symbolic.symbolic = true
	// By default, some parameters name the same model, and each profile needs its own permission.
	symbolic.parameters = maps.Clone(s.parameters)
	for step, geography := range map[string]string{"Summary": "us", "Sentiment": "eu", "Keywords": "jp"} {
		if id, global := strings.CutPrefix(text(s.parameters[step+"ModelId"]), "global"); global {
			symbolic.parameters[step+"ModelId"] = geography + id
		}
	}
	properties, err := symbolic.properties(name)
	if err != nil {
		return // checkReferences tells
	}
	document := asl.Parse(file, definition)
	if len(document.Problems) > 0 {
		c.add("%s: %s: %v", name, file, document.Problems[0])
		return
	}
	roles, err := iam.ReadTemplate([]byte(text(map[string]any{"Resources": map[string]any{
		name: map[string]any{"Type": c.t.Resources[name].Type, "Properties": properties},
	}})))
	if err != nil {
		c.add("%s: %v", name, err)
		return
	}
	comparison := roles.Compare(document.Machine, name)
	for _, g := range comparison.Lacks {
		if strings.HasSuffix(g.Resource, ":guardrail/none") {
			continue // named where there is none; no call asks for it
		}
		c.add("%s: %s on %s is needed and not granted", name, g.Action, g.Resource)
	}
	for _, e := range comparison.TooMuch {
		c.add("%s: %s on %s is granted and not needed", name, e.Action, e.Resource)
	}
	for _, note := range comparison.Notes {
		c.add("%s: %s", name, note)
	}
}

// checkTimeouts wants functions to end before the states that call them.
func checkTimeouts(c *checked, name string, definition []byte, given map[string]any) {
	var value any
	if err := json.Unmarshal(definition, &value); err != nil {
		c.add("%s: the definition: %v", name, err)
		return
	}
	checkWorkIsKept(c, name, value)
	walk(value, func(o map[string]any) {
		states, _ := o["States"].(map[string]any)
		for _, state := range sortedKeys(states) {
			called := holes(text(at(states[state], "Parameters", "FunctionName")))
			if len(called) != 1 {
				continue
			}
			function := list(at(given[called[0]], "Fn::GetAtt"))
			seconds, bounded := at(states[state], "TimeoutSeconds").(float64)
			if len(function) == 0 || !bounded {
				c.add("%s/%s: nobody knows the time-outs of the state and its function", name, state)
			} else if limit, ok := c.t.property(text(function[0]), "Timeout").(float64); ok && limit > seconds {
				c.add("%s/%s ends after %.0f seconds, its function %s only after %.0f", name, state, seconds, function[0], limit)
			}
		}
	})
}

// checkWorkIsKept wants the work of an execution, in the bucket that the definition names, to
// outlast it, with the least days that the parameter takes: an execution waits for days for its
// turn, and reads what it has written before.
func checkWorkIsKept(c *checked, name string, definition any) {
	seconds, bounded := at(definition, "TimeoutSeconds").(float64)
	bucket := text(at(c.t.Resources[name].Properties["DefinitionSubstitutions"], "ResultsBucket", "Ref"))
	kept := false
	for _, rule := range list(at(c.t.property(bucket, "LifecycleConfiguration"), "Rules")) {
		if at(rule, "Prefix") != "work/" {
			continue
		}
		kept = true
		parameter := text(at(rule, "ExpirationInDays", "Ref"))
		days, ok := at(c.t.Parameters[parameter], "MinValue").(float64)
		if least := math.Ceil(seconds/86400) + 1; !bounded || !ok || days < least {
			c.add("%s: work of executions, which last %.0f seconds, is kept for %.0f days with the least %s; it should be %.0f", name, seconds, days, parameter, least)
		}
	}
	if !kept {
		c.add("%s: the work of executions is kept for ever", name)
	}
}
