package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

var sizeRules = []*Rule{
	{
		Code: "payload-growth", Severity: Warning, check: checkPayload,
		Doc: "What the state keeps may well pass 262,144 bytes, the most that a state hands on or a variable holds: a whole object of S3, all blocks of Textract's answer, or the long answers of a model for each of any number of items. The execution fails with States.DataLimitExceeded when it does.",
	},
}

// maxPayload is the most bytes that a state hands on.
const maxPayload = 262_144

// brought is a text or list that may be long, and the state that brought it into the data.
type brought struct {
	by    *state
	what  string
	bytes int // that it may well have

	parsed bool // as JSON
}

// bring notes that what stands in a value may be long.
func (f *flow) bring(s *state, what string, bytes int, mark func(*shape.Origin) *shape.Shape) *shape.Shape {
	key := originKey{s, what}
	o := f.origins[key]
	if o == nil {
		f.brought = true
		o = &shape.Origin{State: s.name, What: what, Node: &brought{by: s, what: what, bytes: bytes, parsed: f.p.parsesBodies()}}
		f.origins[key] = o
	}
	return mark(o)
}

// parsesBodies tells whether an expression reads the JSON of an object's body.
func (p *pass) parsesBodies() bool {
	return slices.ContainsFunc(p.uses, func(u *use) bool {
		return u.kind == jsonataUse && strings.Contains(u.text, "$parse(") && strings.Contains(u.text, "Body")
	})
}

// constantOf is the number that a member of an object has for certain.
func constantOf(s *shape.Shape, name string) (n int64, ok bool) {
	member, _ := s.Member(name)
	values, ok := member.Constants()
	if !ok || len(values) != 1 {
		return 0, false
	}
	number, _ := values[0].(value.Number)
	return number.Int()
}

const (
	blockBytes = 600 // of a word or line in Textract's answer, with its geometry, ids and relationships
	tokenBytes = 4
	allResults = 1000 // blocks in an answer by the page where nothing asks for fewer
)

// textractLists are the long lists in Textract's answers about documents of many pages.
var textractLists = map[string]string{
	"getDocumentAnalysis": "Blocks", "getDocumentTextDetection": "Blocks", "getExpenseAnalysis": "ExpenseDocuments", "getLendingAnalysis": "Results",
}

// long marks what may be long in the answer of an AWS service.
func (f *flow) long(s *state, service, api string, answer, args *shape.Shape) *shape.Shape {
	if answer.IsAny() {
		return answer
	}
	switch {
	case service == "s3" && api == "getObject":
		key, _ := args.Member("Key")
		if _, constant := key.Constants(); constant { // a file that the author knows
			return answer
		}
		if _, presence := args.Member("Range"); presence != shape.Absent && !args.IsAny() {
			return answer
		}
		return f.bring(s, "the whole object from S3", maxPayload, func(o *shape.Origin) *shape.Shape { return answer.WithMember("Body", shape.AnyString.MadeBy(o)) })
	case service == "textract" && textractLists[api] != "":
		name := textractLists[api]
		most, ok := constantOf(args, "MaxResults")
		if !ok || most <= 0 || most > allResults {
			most = allResults
		}
		list, presence := answer.Member(name)
		if presence == shape.Absent || most*blockBytes < maxPayload {
			return answer
		}
		return f.bring(s, "all "+name+" of Textract's answer", int(most)*blockBytes, func(o *shape.Origin) *shape.Shape { return answer.WithMember(name, list.MadeBy(o)) })
	}
	return answer
}

// tokenLimits are the members of a model's request that bound its answer.
var tokenLimits = []string{"max_tokens", "maxTokens", "max_new_tokens", "maxTokenCount", "max_gen_len", "max_tokens_to_sample", "MaxTokens", "max_completion_tokens"}

// tokensOf is the bound of a model's answer, in tokens; 0 when the request has none that is known.
func tokensOf(s *shape.Shape, depth int) int64 {
	members, _, _ := s.Members()
	for _, m := range members {
		for _, name := range tokenLimits {
			if m.Name == name {
				if n, ok := constantOf(s, name); ok {
					return n
				}
			}
		}
		if depth > 0 && m.Shape.Is(shape.ObjectKind) {
			if n := tokensOf(m.Shape, depth-1); n > 0 {
				return n
			}
		}
	}
	return 0
}

// modelTexts are the members of models' answers that hold what they wrote.
var modelTexts = map[string]bool{"text": true, "outputText": true, "completion": true, "generation": true, "Text": true}

// answered marks the text in a model's answer.
func (f *flow) answered(s *state, answer, args *shape.Shape) *shape.Shape {
	tokens := tokensOf(args, 3)
	if tokens <= 0 || tokens > 1<<20 {
		return answer
	}
	return f.bring(s, "the model's answer", int(tokens)*tokenBytes, func(o *shape.Origin) *shape.Shape {
		return shape.Mark(answer, func(name string) bool { return modelTexts[name] }, o)
	})
}

// leastLong is how long each of a Map's results may well be that any number of them are too many: then sixteen are.
const leastLong = maxPayload / 16

func checkPayload(p *pass, r *Rule) {
	f := p.flow()
	if f.gaveUp || !f.brought || f.sizesAreAsked() {
		return
	}
	for _, s := range p.states {
		sf := f.states[s]
		if !sf.reached || s.typ != asl.TypeTask && s.typ != asl.TypeMap || sf.out == nil {
			continue
		}
		var found *brought
		look := func(b *brought) bool {
			switch {
			case s.typ == asl.TypeTask && b.by == s && b.bytes >= maxPayload && !b.parsed:
				found = b
			case s.typ == asl.TypeMap && innermostMap(b.by) == s && b.bytes < maxPayload && b.bytes >= leastLong && (sf.items == 0 || sf.items*b.bytes > maxPayload):
				found = b
			}
			return found != nil
		}
		holdsBrought(sf.out, look, maxLookedAt)
		for _, name := range sortedNames(sf.assigned) {
			if found == nil {
				holdsBrought(sf.assigned[name].shape, look, maxLookedAt)
			}
		}
		switch {
		case found == nil:
		case s.typ == asl.TypeMap:
			p.report(r, finding{
				node: s.node, span: s.nameSpan, message: fmt.Sprintf("%s keeps %s of %s for each item, up to %d bytes: %d of them pass the limit of 262,144 bytes", s.title(), found.what, shortTitle(found.by), found.bytes, maxPayload/found.bytes+1),
				cure: "put each into S3 and keep where it is, let the model write less, or give a distributed Map a ResultWriter",
			})
		default:
			p.report(r, finding{
				node: s.node, span: s.nameSpan, message: fmt.Sprintf("%s keeps %s, which may well pass the limit of 262,144 bytes", s.title(), found.what),
				cure: "select what is needed, or hand on where it is in S3 and let a function read it",
			})
		}
	}
}

// maxLookedAt is how many parts of a value are looked at.
const maxLookedAt = 5 * maxParts

// holdsBrought looks for what may be long in a value.
func holdsBrought(v *shape.Shape, found func(*brought) bool, left int) {
	shape.Walk(v, func(part *shape.Shape) bool {
		if left--; left < 0 {
			return false
		}
		if o := part.Origin(); o != nil {
			if b, ok := o.Node.(*brought); ok && found(b) {
				left = 0
			}
		}
		return true
	})
}

// innermostMap is the Map in whose iterations a state runs; nil when there is none.
func innermostMap(s *state) *state {
	for sc := s.scope; sc.owner != nil; sc = sc.owner.scope {
		if sc.kind == processorScope {
			return sc.owner
		}
	}
	return nil
}

// sizesAreAsked tells whether a Choice compares a size with what a state can hold: then what is too large goes another way.
func (f *flow) sizesAreAsked() bool {
	asked := false
	for _, s := range f.p.states {
		if s.typ != asl.TypeChoice || s.hidden {
			continue
		}
		eachRule(s, func(rule *asl.Node) {
			name, _ := textOf(rule.Member("Variable"))
			for _, operator := range operatorsIn(rule) {
				if strings.HasPrefix(operator, "Numeric") && namesSize(name) {
					if number, ok := rule.Member(operator).Value.(value.Number); ok && number.Float() <= maxPayload {
						asked = true
					}
				}
			}
			if text, _ := textOf(rule.Member("Condition")); asl.IsJSONata(text) && namesSize(text) && strings.ContainsAny(text, "<>") {
				asked = true
			}
		})
	}
	return asked
}

func namesSize(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "size") || strings.Contains(text, "length") || strings.Contains(text, "bytes")
}
