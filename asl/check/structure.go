package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// What a schema cannot say well: fields that exclude each other, one of which is needed, or that need another one.
var structureRules = []*Rule{
	{
		Code: "missing-alternative", AWSCode: awsSchema, Severity: Error, check: checkMissingAlternatives,
		Doc: "One of several fields is needed, and none is there: Next or End, a Wait's time, a Map's ItemProcessor, the comparison of a Choice rule.",
	},
	{
		Code: "conflicting-fields", AWSCode: awsSchema, Severity: Error, check: checkConflicts,
		Doc: "Two fields are there of which only one may be: Next and End, Seconds and SecondsPath, two comparisons in one Choice rule.",
	},
	{
		Code: "end-false", Severity: Error, check: checkEndFalse,
		Doc: "End: false is no transition: the state neither ends nor names what follows.",
	},
	{
		Code: "dependent-field", AWSCode: awsSchema, Severity: Error, check: checkDependentFields,
		Doc: "Another field's value calls for this one: a DISTRIBUTED Map for ExecutionType, CSV for CSVHeaderLocation, GIVEN headers for CSVHeaders, Credentials for RoleArn.",
	},
	{
		Code: "field-out-of-place", AWSCode: awsSchema, Severity: Error, check: checkOutOfPlace,
		Doc: "Another field's value rules this one out: an INLINE Map has no ExecutionType, a reader of JSON no CSV headers, an activity no Credentials.",
	},
	{
		Code: "distributed-only", Severity: Warning, check: checkDistributedOnly,
		Doc: "The field works for a Map in DISTRIBUTED mode only; an INLINE Map does not heed it.",
	},
	{
		Code: "timestamp", AWSCode: awsSchema, Severity: Error, check: checkTimestamps,
		Doc: "A timestamp has RFC 3339's form with a capital T and Z or an offset: 2024-08-18T17:33:00Z.",
	},
}

// group is a set of fields of one object of which at most one may be there, and in some one must.
type group struct {
	fields []string // in the order in which AWS names them
	needed bool
	types  []asl.StateType
	paths  bool // the group is about X and XPath, of which JSONata knows only X
}

var transitional = []asl.StateType{asl.TypePass, asl.TypeTask, asl.TypeWait, asl.TypeParallel, asl.TypeMap}

var stateGroups = []group{
	{fields: []string{"Next", "End"}, needed: true, types: transitional},
	{fields: []string{"SecondsPath", "Seconds", "TimestampPath", "Timestamp"}, needed: true, types: []asl.StateType{asl.TypeWait}},
	{fields: []string{"Error", "ErrorPath"}, types: []asl.StateType{asl.TypeFail}, paths: true},
	{fields: []string{"Cause", "CausePath"}, types: []asl.StateType{asl.TypeFail}, paths: true},
	{fields: []string{"TimeoutSeconds", "TimeoutSecondsPath"}, types: []asl.StateType{asl.TypeTask}, paths: true},
	{fields: []string{"HeartbeatSeconds", "HeartbeatSecondsPath"}, types: []asl.StateType{asl.TypeTask}, paths: true},
	{fields: []string{"ItemProcessor", "Iterator"}, needed: true, types: []asl.StateType{asl.TypeMap}},
	{fields: []string{"ItemSelector", "Parameters"}, types: []asl.StateType{asl.TypeMap}, paths: true},
	{fields: []string{"MaxConcurrency", "MaxConcurrencyPath"}, types: []asl.StateType{asl.TypeMap}, paths: true},
	{fields: []string{"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"}, types: []asl.StateType{asl.TypeMap}, paths: true},
	{fields: []string{"ToleratedFailureCount", "ToleratedFailureCountPath"}, types: []asl.StateType{asl.TypeMap}, paths: true},
}

var batcherGroups = []group{
	{fields: []string{"MaxItemsPerBatch", "MaxItemsPerBatchPath"}, paths: true},
	{fields: []string{"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}, paths: true},
}

var readerGroups = []group{{fields: []string{"MaxItems", "MaxItemsPath"}, paths: true}}

// present lists those of the group's fields that the object has. An End of false counts as not there.
func (g *group) present(object *asl.Node) []string {
	var names []string
	for _, name := range g.fields {
		n := object.Member(name)
		if n == nil || name == "End" && n.Value == value.Bool(false) {
			continue
		}
		names = append(names, name)
	}
	return names
}

// selectors are the fields that make a Choice rule what it is; JSONata's is the last.
var selectors = []string{"And", "Or", "Not", "Variable", "Condition"}

const awsSelectors = "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]"

// choiceRules yields the top rules of a Choice state.
func choiceRules(s *state) []*asl.Node {
	if s.typ != asl.TypeChoice {
		return nil
	}
	choices := s.field("Choices")
	if choices == nil {
		return nil
	}
	var rules []*asl.Node
	for _, rule := range choices.Items {
		if rule.Kind == value.KindObject && !isHole(rule) {
			rules = append(rules, rule)
		}
	}
	return rules
}

// eachRule visits the rules of a Choice state with all operands of And, Or and Not.
func eachRule(s *state, visit func(rule *asl.Node)) {
	var walk func(rule *asl.Node)
	walk = func(rule *asl.Node) {
		if rule == nil || rule.Kind != value.KindObject || isHole(rule) {
			return
		}
		visit(rule)
		for _, name := range []string{"And", "Or"} {
			if list := rule.Member(name); list != nil {
				for _, operand := range list.Items {
					walk(operand)
				}
			}
		}
		walk(rule.Member("Not"))
	}
	for _, rule := range choiceRules(s) {
		walk(rule)
	}
}

// operatorsIn lists the comparisons of a Choice rule, in the order of the text.
func operatorsIn(rule *asl.Node) []string {
	var names []string
	for _, m := range rule.Members {
		if isOperator[m.Name] && !slices.Contains(names, m.Name) {
			names = append(names, m.Name)
		}
	}
	return names
}

var isOperator = func() map[string]bool {
	is := map[string]bool{}
	for _, name := range asl.ComparisonOperators() {
		is[name] = true
	}
	return is
}()

func checkMissingAlternatives(p *pass, r *Rule) {
	for _, s := range p.states {
		for i := range stateGroups {
			g := &stateGroups[i]
			end := s.field("End")
			if !g.needed || !slices.Contains(g.types, s.typ) || len(g.present(s.node)) > 0 || g.fields[1] == "End" && end != nil {
				continue
			}
			fields := g.fields
			if g.fields[0] == "SecondsPath" && s.language == asl.JSONata {
				fields = []string{"Seconds", "Timestamp"}
			}
			if slices.ContainsFunc(p.unknown[s.node], func(name string) bool { return nearest.Name(name, fields) != "" }) {
				continue // a misspelt one: unknown-field reports it
			}
			cure := "add " + oneOf(fields)
			if fields[0] == "Next" {
				cure = `add "Next": "…", or "End": true when it is the last`
			}
			p.report(r, finding{
				node: s.node, span: p.head(s.node), field: fields[0], message: fmt.Sprintf("%s needs %s", s.title(), oneOf(fields)),
				aws: fmt.Sprintf("This object should have only one of the following fields: [%s]", strings.Join(fields, ", ")), cure: cure,
			})
		}
		eachRule(s, func(rule *asl.Node) { p.missingInRule(r, s, rule) })
		if batcher := s.field("ItemBatcher"); s.typ == asl.TypeMap && batcher != nil && batcher.Kind == value.KindObject && !isHole(batcher) {
			if len(batcherGroups[0].present(batcher))+len(batcherGroups[1].present(batcher)) == 0 && len(p.unknown[batcher]) == 0 {
				p.report(r, finding{
					node: batcher, message: p.place(batcher) + " says neither how many items nor how many bytes make a batch",
					cure: "add MaxItemsPerBatch or MaxInputBytesPerBatch", ours: true,
				})
			}
		}
	}
}

func (p *pass) missingInRule(r *Rule, s *state, rule *asl.Node) {
	if s.hidden || len(p.unknown[rule]) > 0 {
		return // a field of the other language, or a misspelt one, is what is wrong
	}
	if s.language == asl.JSONata {
		if rule.Member("Condition") == nil {
			p.report(r, finding{node: rule, span: p.head(rule), message: p.place(rule) + " needs a Condition", aws: awsSelectors, cure: `add "Condition": "{% … %}"`})
		}
		return
	}
	chosen := (&group{fields: selectors[:4]}).present(rule)
	operators := operatorsIn(rule)
	switch {
	case len(chosen) == 0 && len(operators) > 0:
		p.report(r, finding{node: rule, span: p.head(rule), message: fmt.Sprintf("%s has %s, but no Variable to compare", p.place(rule), operators[0]), aws: awsSelectors, cure: `add "Variable": "$.…"`})
	case len(chosen) == 0:
		p.report(r, finding{node: rule, span: p.head(rule), message: p.place(rule) + " says nothing: it needs And, Or, Not or Variable", aws: awsSelectors, cure: "add one of them"})
	case slices.Contains(chosen, "Variable") && len(chosen) == 1 && len(operators) == 0:
		p.report(r, finding{
			node: rule, span: p.head(rule), message: p.place(rule) + " has a Variable, but nothing to compare it with",
			aws:  fmt.Sprintf("This object should have only one of the following fields: [%s]", strings.Join(asl.ComparisonOperators(), ", ")),
			cure: "add a comparison such as StringEquals, NumericGreaterThan or IsPresent",
		})
	}
}

func checkConflicts(p *pass, r *Rule) {
	for _, s := range p.states {
		p.conflicts(r, s, s.node, stateGroups, true)
		if s.typ == asl.TypeMap {
			p.conflicts(r, s, s.field("ItemBatcher"), batcherGroups, false)
			p.conflicts(r, s, s.field("ItemReader").Member("ReaderConfig"), readerGroups, false)
		}
		eachRule(s, func(rule *asl.Node) {
			if s.language == asl.JSONata || s.hidden {
				return
			}
			chosen := (&group{fields: selectors[:4]}).present(rule)
			operators := operatorsIn(rule)
			switch {
			case len(chosen) > 1:
				p.conflict(r, rule, chosen, awsSelectors)
			case len(operators) > 1 || len(operators) == 1 && len(chosen) == 1 && chosen[0] != "Variable":
				if chosen != nil && chosen[0] != "Variable" {
					operators = append(chosen, operators...)
				}
				p.conflict(r, rule, operators, fmt.Sprintf("There should only be one of the following fields: [%s]", strings.Join(operators, ", ")))
			}
		})
	}
}

func (p *pass) conflicts(r *Rule, s *state, object *asl.Node, groups []group, ofState bool) {
	if object == nil || isHole(object) {
		return
	}
	for i := range groups {
		g := &groups[i]
		if ofState && !slices.Contains(g.types, s.typ) || g.paths && s.language == asl.JSONata {
			continue
		}
		found := g.present(object)
		if s.language == asl.JSONata {
			found = slices.DeleteFunc(found, func(name string) bool { return strings.HasSuffix(name, "Path") })
		}
		if len(found) > 1 {
			p.conflict(r, object, found, fmt.Sprintf("There should only be one of the following fields: [%s]", strings.Join(g.fields, ", ")))
		}
	}
}

// conflict reports fields of which only one may be there, at the last of them in the text.
func (p *pass) conflict(r *Rule, object *asl.Node, names []string, aws string) {
	var spans []asl.Span
	for _, m := range object.Members {
		if slices.Contains(names, m.Name) {
			spans = append(spans, m.NameSpan)
		}
	}
	last := len(spans) - 1
	p.report(r, finding{
		node: object, span: spans[last], field: names[len(names)-1], message: fmt.Sprintf("%s has %s; only one of them may be there", p.place(object), strings.Join(names, " and ")),
		aws: aws, cure: "keep one of them", related: []Related{{Message: "the other one", Span: spans[0]}},
	})
}

func checkEndFalse(p *pass, r *Rule) {
	for _, s := range p.states {
		end := s.field("End")
		if end != nil && end.Value == value.Bool(false) && s.field("Next") == nil && slices.Contains(transitional, s.typ) {
			p.report(r, finding{node: end, message: s.title() + " has End: false and no Next", cure: `write "End": true, or name what follows with Next`})
		}
	}
}

// mapMode is the Mode of a Map's processor: INLINE when there is none, "" when it cannot be known.
func mapMode(processor *asl.Node) string {
	config := processor.Member("ProcessorConfig")
	if isHole(config) || isHole(processor) {
		return ""
	}
	mode := config.Member("Mode")
	if mode == nil {
		return "INLINE"
	}
	text, _ := textOf(mode)
	if hasHole(text) {
		return ""
	}
	return text
}

func checkDependentFields(p *pass, r *Rule) {
	missing := func(object *asl.Node, name, why string) {
		p.report(r, finding{
			node: object, span: p.head(object), field: name, message: fmt.Sprintf("%s lacks %q, %s", p.place(object), name, why),
			aws: fmt.Sprintf("These fields are required: [%s]", name), cure: fmt.Sprintf("add %q", name),
		})
	}
	for _, s := range p.states {
		if s.typ == asl.TypeMap {
			for _, name := range []string{"ItemProcessor", "Iterator"} {
				processor := s.field(name)
				if config := processor.Member("ProcessorConfig"); mapMode(processor) == "DISTRIBUTED" && config.Member("ExecutionType") == nil {
					missing(config, "ExecutionType", "which DISTRIBUTED mode needs")
				}
			}
			config := s.field("ItemReader").Member("ReaderConfig")
			if inputType, _ := textOf(config.Member("InputType")); inputType == "CSV" && config.Member("CSVHeaderLocation") == nil {
				missing(config, "CSVHeaderLocation", "which InputType CSV needs")
			}
			if location, _ := textOf(config.Member("CSVHeaderLocation")); location == "GIVEN" && config.Member("CSVHeaders") == nil {
				missing(config, "CSVHeaders", "which CSVHeaderLocation GIVEN needs")
			}
		}
		credentials := s.field("Credentials")
		if s.typ == asl.TypeTask && credentials != nil && credentials.Kind == value.KindObject && !isHole(credentials) && !isActivity(s) &&
			credentials.Member("RoleArn") == nil && (credentials.Member("RoleArn.$") == nil || s.language == asl.JSONata) {
			p.report(r, finding{
				node: credentials, field: "Credentials", message: p.place(credentials) + ` lacks "RoleArn", the role to take on`,
				aws: "The field 'RoleArn' is required but was missing", cure: `add "RoleArn": "arn:aws:iam::…:role/…"`,
			})
		}
	}
}

func checkOutOfPlace(p *pass, r *Rule) {
	for _, s := range p.states {
		if s.typ == asl.TypeMap {
			for _, name := range []string{"ItemProcessor", "Iterator"} {
				processor := s.field(name)
				config := processor.Member("ProcessorConfig")
				if n := config.Member("ExecutionType"); n != nil && mapMode(processor) == "INLINE" {
					p.report(r, finding{
						node: n, span: nameSpanIn(config, "ExecutionType"), location: config.Location(), message: p.place(config) + " has an ExecutionType, but the Map is INLINE",
						aws: "Field 'ExecutionType' is not supported", cure: `drop it, or set "Mode": "DISTRIBUTED"`,
					})
				}
			}
			config := s.field("ItemReader").Member("ReaderConfig")
			if inputType, ok := textOf(config.Member("InputType")); ok && inputType != "CSV" && !hasHole(inputType) {
				for _, name := range []string{"CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"} {
					if n := config.Member(name); n != nil && !(inputType == "MANIFEST" && name != "CSVDelimiter") {
						p.report(r, finding{
							node: n, span: nameSpanIn(config, name), location: config.Location(), message: fmt.Sprintf("%s has %s, but the input is %s", p.place(config), name, inputType),
							aws: fmt.Sprintf("Field '%s' is not supported", name), cure: `drop it, or set "InputType": "CSV"`,
						})
					}
				}
			}
		}
		if n := s.field("Credentials"); n != nil && isActivity(s) {
			p.report(r, finding{node: n, message: s.title() + " runs an activity, which takes no Credentials", aws: "The field 'Credentials' is not supported for activities", cure: "drop it"})
		}
	}
}

func checkDistributedOnly(p *pass, r *Rule) {
	for _, s := range p.states {
		if s.typ != asl.TypeMap {
			continue
		}
		processor := s.field("ItemProcessor")
		if processor == nil {
			processor = s.field("Iterator")
		}
		if processor == nil || mapMode(processor) != "INLINE" {
			continue
		}
		for _, name := range []string{"ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "ToleratedFailureCount", "ToleratedFailureCountPath"} {
			if n := s.field(name); n != nil {
				p.report(r, finding{
					node: n, span: nameSpanIn(s.node, name), message: fmt.Sprintf("%s has %s, which an INLINE Map does not heed", s.title(), name),
					cure: `set ProcessorConfig to {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, or drop it`,
				})
			}
		}
	}
}

func checkTimestamps(p *pass, r *Rule) {
	judge := func(s *state, n *asl.Node) {
		text, ok := textOf(n)
		if !ok || hasHole(text) || s.language == asl.JSONata && strings.Contains(text, "%") || validTimestamp(text) {
			return
		}
		p.report(r, finding{
			node: n, message: fmt.Sprintf("%s is %q, which is no timestamp", p.place(n), shorten(text)), aws: "String does not match RFC3339 timestamp",
			cure: "write it as 2024-08-18T17:33:00Z",
		})
	}
	for _, s := range p.states {
		if s.typ == asl.TypeWait {
			judge(s, s.field("Timestamp"))
		}
		eachRule(s, func(rule *asl.Node) {
			for _, name := range operatorsIn(rule) {
				if strings.HasPrefix(name, "Timestamp") && !strings.HasSuffix(name, "Path") {
					judge(s, rule.Member(name))
				}
			}
		})
	}
}

// timestampShape is stricter than time.Parse, which takes an hour of one digit and a comma before fractions.
var timestampShape = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

func validTimestamp(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil && timestampShape.MatchString(text)
}
