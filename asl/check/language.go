package check

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

var languageRules = []*Rule{
	{
		Code: "language-downgrade", AWSCode: awsSchema, Severity: Error, check: checkLanguageDowngrade,
		Doc: "A machine in JSONata has no states in JSONPath. The other way round works: single states of a JSONPath machine may be in JSONata.",
	},
	{
		Code: "wrong-language-field", AWSCode: awsSchema, Severity: Error, check: checkLanguageFields,
		Doc: "The field belongs to the other query language. JSONPath states have InputPath, Parameters, ResultSelector, ResultPath, OutputPath and the …Path fields; JSONata states have Arguments and Output. A Map or Parallel does not pass its own QueryLanguage on to the states within.",
	},
}

func otherLanguage(l asl.QueryLanguage) asl.QueryLanguage {
	if l == asl.JSONPath {
		return asl.JSONata
	}
	return asl.JSONPath
}

// downgraded tells whether the state says JSONPath within a JSONata machine.
func (p *pass) downgraded(s *state) bool {
	own := s.field("QueryLanguage")
	return p.machine == asl.JSONata && own != nil && own.Value == value.String(asl.JSONPath) && !isHole(p.root.Member("QueryLanguage"))
}

func checkLanguageDowngrade(p *pass, r *Rule) {
	for _, s := range p.states {
		if p.downgraded(s) {
			p.report(r, finding{
				node: s.field("QueryLanguage"), location: s.node.Location(),
				message: s.title() + " is in JSONPath, but the machine is in JSONata",
				aws:     "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
				cure:    "write the state in JSONata, or set the machine to JSONPath and the other states to JSONata",
			})
		}
	}
}

// equivalents say what does a field's work in the other query language.
var equivalents = map[string]string{
	"InputPath": "$states.input in Arguments, Assign and Output", "OutputPath": "Output", "Parameters": "Arguments", "ResultSelector": "$states.result in Output and Assign",
	"ResultPath": "Output, such as {% $merge([$states.input, {\"result\": $states.result}]) %}", "Result": "Output", "ItemsPath": "Items",
	"TimeoutSecondsPath": "TimeoutSeconds with a JSONata string", "HeartbeatSecondsPath": "HeartbeatSeconds with a JSONata string",
	"SecondsPath": "Seconds with a JSONata string", "TimestampPath": "Timestamp with a JSONata string",
	"ErrorPath": "Error with a JSONata string", "CausePath": "Cause with a JSONata string", "MaxConcurrencyPath": "MaxConcurrency with a JSONata string",
	"ToleratedFailurePercentagePath": "ToleratedFailurePercentage with a JSONata string", "ToleratedFailureCountPath": "ToleratedFailureCount with a JSONata string",
	"MaxItemsPath": "MaxItems with a JSONata string", "MaxItemsPerBatchPath": "MaxItemsPerBatch with a JSONata string", "MaxInputBytesPerBatchPath": "MaxInputBytesPerBatch with a JSONata string",
	"Variable": "Condition", "And": "Condition", "Or": "Condition", "Not": "Condition",
	"Arguments": "Parameters", "Output": "ResultSelector, ResultPath and OutputPath", "Items": "ItemsPath", "Condition": "Variable with a comparison such as StringEquals",
}

func checkLanguageFields(p *pass, r *Rule) {
	reported := map[*asl.Node]bool{} // rules of a Choice with Variable and StringEquals are wrong once, not twice
	for _, f := range p.faults {
		if f.kind != unknownField || !f.inOtherLanguage() || p.downgraded(f.state) || f.state.hidden {
			continue
		}
		rule := len(f.path) > 0 && f.path[0] == "Choices"
		if rule && reported[f.node] {
			continue
		}
		reported[f.node] = true
		name, language := f.names[0], f.state.language
		if rule && f.node.Member("Variable") != nil && language == asl.JSONata {
			name = "Variable"
		}
		cure := fmt.Sprintf("set the state's QueryLanguage to %s", otherLanguage(language))
		if e := equivalents[name]; e != "" {
			cure = fmt.Sprintf("in %s, use %s", language, e)
		}
		p.report(r, finding{
			node: f.node.Member(name), span: nameSpanIn(f.node, name), location: f.node.Location(),
			message: fmt.Sprintf("%q is a field of %s, but %s is in %s", name, otherLanguage(language), f.state.title(), language),
			aws:     fmt.Sprintf("The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' QueryLanguage", language, name, otherLanguage(language)),
			cure:    cure,
		})
	}
}
