package check

import (
	"embed"
	"fmt"
	"slices"
)

// Rule is one thing that can be wrong with a definition: data, and one function that looks for it.
type Rule struct {
	Code     string
	AWSCode  string // of what AWS reports; empty where AWS does not look for this
	Severity Severity
	Doc      string      // why it is wrong, for people; one paragraph
	Type     MachineType // the machine type that the examples are judged as

	check func(*pass, *Rule)
}

// AWS's codes, from the API reference of ValidateStateMachineDefinition and from recorded answers.
const (
	awsInvalidJSON      = "INVALID_JSON_DESCRIPTION"
	awsSchema           = "SCHEMA_VALIDATION_FAILED"
	awsMissingTarget    = "MISSING_TRANSITION_TARGET"
	awsMissingEnd       = "MISSING_END_STATE"
	awsDuplicateState   = "DUPLICATE_STATE_NAME"
	awsStateName        = "INVALID_STATE_NAME"
	awsDuplicateLabel   = "DUPLICATE_LABEL_NAME"
	awsLabelName        = "INVALID_LABEL_NAME"
	awsVariableName     = "INVALID_VARIABLE_NAME"
	awsReservedVariable = "RESERVED_VARIABLE_NAME"

	awsInvalidJSONata     = "INVALID_JSONATA_EXPRESSION"
	awsUnsupportedJSONata = "UNSUPPORTED_JSONATA_EXPRESSION"
)

// rules holds all rules in the order in which they run: what others build on comes first.
var rules = slices.Concat(syntaxRules, schemaRules, languageRules, structureRules, graphRules, variableRules, pathRules, intrinsicRules, contextRules,
	jsonataRules, expressionRules, errorRules, resourceRules, requestRules, modelRules, secretRules, expressRules, flowRules, growthRules, sizeRules, limitRules, timeRules, retryRules, workRules,
	fileRules)

// Rules lists all rules in the order of their families.
func Rules() []*Rule { return slices.Clone(rules) }

// Codes lists the codes of all rules.
func Codes() []string {
	list := make([]string, len(rules))
	for i, r := range rules {
		list[i] = r.Code
	}
	return list
}

// RuleOf is the rule of a code, or nil.
func RuleOf(code string) *Rule {
	for _, r := range rules {
		if r.Code == code {
			return r
		}
	}
	return nil
}

//go:embed examples
var examples embed.FS

// exampleSuffixes are the notations that examples are written in: a definition, or a template that holds one.
var exampleSuffixes = []string{".asl.json", ".template.yaml"}

// Example returns a small definition (or a file that holds one) that breaks the rule and no other, and one that does not.
func (r *Rule) Example() (bad, good string, err error) {
	suffix := r.exampleSuffix()
	b, err := examples.ReadFile("examples/" + r.Code + ".bad" + suffix)
	if err != nil {
		return "", "", fmt.Errorf("rule %s has no bad example: %w", r.Code, err)
	}
	g, err := examples.ReadFile("examples/" + r.Code + ".good" + suffix)
	if err != nil {
		return "", "", fmt.Errorf("rule %s has no good example: %w", r.Code, err)
	}
	return string(b), string(g), nil
}

// exampleSuffix tells the notation of the rule's examples.
func (r *Rule) exampleSuffix() string {
	for _, suffix := range exampleSuffixes {
		if f, err := examples.Open("examples/" + r.Code + ".bad" + suffix); err == nil {
			_ = f.Close() // nothing was written
			return suffix
		}
	}
	return exampleSuffixes[0]
}
