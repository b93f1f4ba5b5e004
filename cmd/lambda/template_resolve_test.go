package lambda_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The names that a stack of the template would have.
const (
	stackName = "docflow"
	region    = "us-east-1"
	account   = "123456789012"

	guardrailID = "abc123"
)

var pseudoParameters = map[string]any{
	"AWS::AccountId": account, "AWS::NotificationARNs": []any{}, "AWS::Partition": "aws", "AWS::Region": region,
	"AWS::StackId": "arn:aws:cloudformation:" + region + ":" + account + ":stack/docflow/1", "AWS::StackName": stackName, "AWS::URLSuffix": "amazonaws.com",
}

// samples are what parameters may be beside their defaults.
var samples = map[string]any{
	"AlarmEmail": "ops@example.com", "VpcId": "vpc-0a1b2c3d", "SubnetIds": []any{"subnet-0a1b2c3d", "subnet-1a2b3c4d"}, "RouteTableIds": []any{"rtb-0a1b2c3d"},
}

// stack is a template with values for its parameters: what would be deployed.
type stack struct {
	t          *template
	parameters map[string]any
	conditions map[string]bool
	// symbolic leaves region and account as they stand, for whom that is what ARNs have.
	symbolic bool
}

// stacks returns a stack for each combination of values that the conditions tell apart.
func (t *template) stacks() ([]*stack, error) {
	decisive := map[string]bool{}
	walk(any(t.Conditions), func(o map[string]any) {
		if name, ok := o["Ref"].(string); ok && t.Parameters[name] != nil {
			decisive[name] = true
		}
	})
	all := []map[string]any{{}}
	for _, name := range sortedKeys(t.Parameters) {
		values := []any{t.defaultOf(name)}
		if decisive[name] {
			values = slices.Clone(list(t.Parameters[name]["AllowedValues"]))
			if values == nil {
				values = []any{t.defaultOf(name), cmpOr(samples[name], any("sample"))}
			}
		} else if samples[name] != nil {
			values = []any{samples[name]}
		}
		var next []map[string]any
		for _, before := range all {
			for _, value := range values {
				with := maps.Clone(before)
				with[name] = value
				next = append(next, with)
			}
		}
		all = next
	}
	out := make([]*stack, 0, len(all))
	for _, parameters := range all {
		s := &stack{t: t, parameters: parameters, conditions: map[string]bool{}}
		for name, condition := range t.Conditions {
			met, err := s.met(condition, 0)
			if err != nil {
				return nil, fmt.Errorf("the condition %s: %w", name, err)
			}
			s.conditions[name] = met
		}
		out = append(out, s)
	}
	return out, nil
}

func cmpOr(value, otherwise any) any {
	if value == nil {
		return otherwise
	}
	return value
}

func (t *template) defaultOf(parameter string) any {
	p := t.Parameters[parameter]
	if p["Type"] == "CommaDelimitedList" {
		var items []any
		for item := range strings.SplitSeq(text(p["Default"]), ",") {
			items = append(items, item)
		}
		return items
	}
	return p["Default"]
}

// met evaluates a condition.
func (s *stack) met(condition any, depth int) (bool, error) {
	o, _ := condition.(map[string]any)
	if len(o) != 1 || depth > 20 {
		return false, fmt.Errorf("%s is no condition", text(condition))
	}
	name := slices.Collect(maps.Keys(o))[0]
	args := list(o[name])
	switch name {
	case "Condition":
		other, ok := s.t.Conditions[text(o[name])]
		if !ok {
			return false, fmt.Errorf("there is no condition %q", text(o[name]))
		}
		return s.met(other, depth+1)
	case "Fn::Equals":
		if len(args) != 2 {
			return false, fmt.Errorf("%s compares two values", text(condition))
		}
		a, err := s.value(args[0])
		if err != nil {
			return false, err
		}
		b, err := s.value(args[1])
		return text(a) == text(b), err
	case "Fn::Not", "Fn::And", "Fn::Or":
		result := name != "Fn::Or"
		for _, arg := range args {
			met, err := s.met(arg, depth+1)
			if err != nil {
				return false, err
			}
			switch name {
			case "Fn::Not":
				return !met, nil
			case "Fn::And":
				result = result && met
			default:
				result = result || met
			}
		}
		return result, nil
	}
	return false, fmt.Errorf("%s is no condition", name)
}

// has tells whether the stack has a resource.
func (s *stack) has(name string) bool {
	r, ok := s.t.Resources[name]
	return ok && (r.Condition == "" || s.conditions[r.Condition])
}

// absent is the value of AWS::NoValue: a member or item that is not there.
type absent struct{}

// value resolves the functions in a value.
func (s *stack) value(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, item := range v {
			value, err := s.value(item)
			if err != nil {
				return nil, err
			}
			if value != (absent{}) {
				out = append(out, value)
			}
		}
		return out, nil
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return s.function(name, argument)
				}
			}
		}
		out := map[string]any{}
		for name, member := range v {
			value, err := s.value(member)
			if err != nil {
				return nil, err
			}
			if value != (absent{}) {
				out[name] = value
			}
		}
		return out, nil
	}
	return v, nil
}

func (s *stack) function(name string, argument any) (any, error) {
	args := list(argument)
	switch name {
	case "Ref":
		return s.ref(text(argument))
	case "Fn::GetAtt":
		if len(args) != 2 {
			return nil, fmt.Errorf("%s names no attribute", text(argument))
		}
		return s.attribute(text(args[0]), text(args[1]))
	case "Fn::If":
		if len(args) != 3 {
			return nil, fmt.Errorf("%s has no two branches", text(argument))
		}
		met, ok := s.conditions[text(args[0])]
		if !ok {
			return nil, fmt.Errorf("there is no condition %q", text(args[0]))
		}
		if met {
			return s.value(args[1])
		}
		return s.value(args[2])
	case "Fn::Sub":
		return s.sub(text(argument))
	case "Fn::Join":
		if len(args) != 2 {
			return nil, fmt.Errorf("%s has no list", text(argument))
		}
		items, err := s.value(args[1])
		if err != nil {
			return nil, err
		}
		var parts []string
		for _, item := range list(items) {
			parts = append(parts, text(item))
		}
		return strings.Join(parts, text(args[0])), nil
	}
	return nil, fmt.Errorf("%s: the check does not know this function", name)
}

func (s *stack) sub(pattern string) (string, error) {
	var failed error
	out := hole.ReplaceAllStringFunc(pattern, func(match string) string {
		name := match[2 : len(match)-1]
		var value any
		var err error
		if of, attribute, dotted := strings.Cut(name, "."); dotted {
			value, err = s.attribute(of, attribute)
		} else {
			value, err = s.ref(name)
		}
		if err != nil && failed == nil {
			failed = err
		}
		return text(value)
	})
	return strings.ReplaceAll(out, "${!", "${"), failed
}

func (s *stack) ref(name string) (any, error) {
	if name == "AWS::NoValue" {
		return absent{}, nil
	}
	if value, ok := pseudoParameters[name]; ok {
		if s.symbolic && (name == "AWS::Region" || name == "AWS::AccountId") {
			value = "${" + name + "}"
		}
		return value, nil
	}
	if value, ok := s.parameters[name]; ok {
		return value, nil
	}
	r, ok := s.t.Resources[name]
	switch {
	case !ok:
		return nil, fmt.Errorf("there is no parameter or resource %s", name)
	case !s.has(name):
		return nil, fmt.Errorf("the resource %s is there only with the condition %s", name, r.Condition)
	}
	switch r.Type { // where it is not the name (CloudFormation template reference, "Return values")
	case "AWS::SNS::Topic", "AWS::Serverless::StateMachine", "AWS::Bedrock::Guardrail", "AWS::IAM::ManagedPolicy":
		return s.arn(name), nil
	case "AWS::SQS::Queue":
		return "https://sqs." + region + ".amazonaws.com/" + account + "/" + s.physical(name), nil
	}
	return s.physical(name), nil
}

func (s *stack) attribute(of, attribute string) (any, error) {
	if r, ok := s.t.Resources[of]; !ok {
		return nil, fmt.Errorf("there is no resource %s", of)
	} else if !s.has(of) {
		return nil, fmt.Errorf("the resource %s is there only with the condition %s", of, r.Condition)
	}
	switch attribute {
	case "Arn", "TopicArn", "GuardrailArn":
		return s.arn(of), nil
	case "QueueName", "Name":
		return s.physical(of), nil
	case "Version":
		return "1", nil
	case "GuardrailId":
		return guardrailID, nil
	}
	return stackName + "-" + of + "-" + attribute, nil
}

// physical is the name of a resource: the one that it is given, or such as CloudFormation makes.
func (s *stack) physical(name string) string {
	r := s.t.Resources[name]
	for _, property := range []string{"Name", "LogGroupName", "DashboardName"} {
		if given, err := s.value(r.Properties[property]); err == nil && given != nil && r.Type != "AWS::Bedrock::Guardrail" {
			return text(given)
		}
	}
	switch r.Type {
	case "AWS::S3::Bucket":
		return stackName + "-" + strings.ToLower(name)
	case "AWS::EC2::SecurityGroup":
		return "sg-0a1b2c3d"
	}
	return stackName + "-" + name
}

func (s *stack) arn(name string) string {
	region, account, n := region, account, s.physical(name)
	if s.symbolic {
		region, account = "${AWS::Region}", "${AWS::AccountId}"
	}
	own := ":" + region + ":" + account + ":"
	switch s.t.Resources[name].Type {
	case "AWS::S3::Bucket":
		return "arn:aws:s3:::" + n
	case "AWS::IAM::Role":
		return "arn:aws:iam::" + account + ":role/" + n
	case "AWS::IAM::ManagedPolicy":
		return "arn:aws:iam::" + account + ":policy/" + n
	case "AWS::Serverless::Function":
		return "arn:aws:lambda" + own + "function:" + n
	case "AWS::Serverless::StateMachine":
		return "arn:aws:states" + own + "stateMachine:" + n
	case "AWS::DynamoDB::Table":
		return "arn:aws:dynamodb" + own + "table/" + n
	case "AWS::SQS::Queue":
		return "arn:aws:sqs" + own + n
	case "AWS::SNS::Topic":
		return "arn:aws:sns" + own + n
	case "AWS::Events::Rule":
		return "arn:aws:events" + own + "rule/" + n
	case "AWS::Logs::LogGroup":
		return "arn:aws:logs" + own + "log-group:" + n + ":*"
	case "AWS::Bedrock::Guardrail":
		return "arn:aws:bedrock" + own + "guardrail/" + guardrailID
	}
	return "arn:aws:unknown" + own + n
}

// properties returns the properties of a resource of the stack.
func (s *stack) properties(name string) (map[string]any, error) {
	value, err := s.value(any(s.t.properties(name)))
	if err != nil {
		return nil, err
	}
	properties, _ := value.(map[string]any)
	return properties, nil
}
