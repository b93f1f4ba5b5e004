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
)

// rules holds all rules in the order in which they run: what others build on comes first.
var rules = slices.Concat(syntaxRules, schemaRules, languageRules, structureRules, graphRules, variableRules, pathRules, intrinsicRules, contextRules,
	jsonataRules, errorRules, resourceRules, requestRules, modelRules, secretRules, expressRules, limitRules)

// Rules lists all rules in the order of their families.
func Rules() []*Rule { return slices.Clone(rules) }

//go:embed examples/*.json
var examples embed.FS

// Example returns a small definition that breaks the rule (and no other), and one that does not.
func (r *Rule) Example() (bad, good string, err error) {
	b, err := examples.ReadFile("examples/" + r.Code + ".bad.asl.json")
	if err != nil {
		return "", "", fmt.Errorf("rule %s has no bad example: %w", r.Code, err)
	}
	g, err := examples.ReadFile("examples/" + r.Code + ".good.asl.json")
	if err != nil {
		return "", "", fmt.Errorf("rule %s has no good example: %w", r.Code, err)
	}
	return string(b), string(g), nil
}
