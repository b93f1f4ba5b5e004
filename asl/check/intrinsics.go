package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// Calls of intrinsic functions, in payload templates and in ErrorPath and CausePath.
var intrinsicRules = []*Rule{
	{
		Code: "intrinsic-syntax", AWSCode: awsSchema, Severity: Error, check: checkIntrinsicSyntax,
		Doc: "The call of an intrinsic function cannot be read: strings stand in single quotes, ' \\ { and } in them take a backslash, arguments are separated by commas.",
	},
	{
		Code: "unknown-intrinsic", AWSCode: awsSchema, Severity: Error, check: checkIntrinsicNames,
		Doc: "There is no intrinsic function of that name. There are eighteen, all starting with States.",
	},
	{
		Code: "intrinsic-nesting", Severity: Error, check: checkIntrinsicNesting,
		Doc: "Intrinsic functions nest at most 10 deep.",
	},
	{
		Code: "intrinsic-arity", Severity: Error, check: checkIntrinsicArity,
		Doc: "The function takes another number of arguments. AWS takes the definition, and the state fails when it runs.",
	},
	{
		Code: "intrinsic-argument", Severity: Error, check: checkIntrinsicArguments,
		Doc: "The function cannot take that argument: a string where a number should be, an algorithm that does not exist, a step of 0. AWS takes the definition, and the state fails when it runs.",
	},
	{
		Code: "format-placeholders", Severity: Error, check: checkFormat,
		Doc: "The template of States.Format has one {} for each further argument. AWS takes the definition, and the state fails when it runs.",
	},
	{
		Code: "intrinsic-no-string", AWSCode: awsSchema, Severity: Error, check: checkMessageIntrinsics,
		Doc: "ErrorPath and CausePath take intrinsic functions that give a string: Format, JsonToString, ArrayGetItem, Base64Encode, Base64Decode, Hash and UUID.",
	},
}

func isIntrinsic(text string) bool { return intrinsic.IsIntrinsic(text) }

// isIntrinsicCall tells whether a text is a whole call of a function.
func isIntrinsicCall(text string) bool {
	if !isIntrinsic(text) || !strings.HasSuffix(text, ")") {
		return false
	}
	_, err := intrinsic.Parse(text)
	return err == nil
}

// intrinsicUse is one text with a call.
type intrinsicUse struct {
	*use
	call   *intrinsic.Call        // nil when it cannot be read
	syntax *intrinsic.SyntaxError // why
	arity  *intrinsic.ArityError
}

// intrinsicUses parses all calls.
func (p *pass) intrinsicUses() []intrinsicUse {
	if p.intrinsics != nil {
		return *p.intrinsics
	}
	list := []intrinsicUse{}
	for _, u := range p.uses {
		if !u.known || u.kind != templateUse && u.kind != messageUse || !isIntrinsic(u.text) {
			continue
		}
		iu := intrinsicUse{use: u}
		// AWS's language server takes blanks behind a call; whether AWS does is not known.
		call, err := intrinsic.Parse(strings.TrimRight(u.text, " "))
		iu.call = call
		if !errors.As(err, &iu.arity) {
			errors.As(err, &iu.syntax)
		}
		list = append(list, iu)
	}
	p.intrinsics = &list
	return list
}

// intrinsicFinding is a finding at a part of the text, by byte offsets.
func (p *pass) intrinsicFinding(u intrinsicUse, from, to int, message, cure string) finding {
	f := finding{node: u.node, span: p.within(u.node, from, to), message: message, cure: cure}
	f.aws = "Value must be a valid JSONPath."
	if u.template != nil {
		f.location = u.template.Location()
		f.aws = awsTemplate(u.use)
	}
	return f
}

// functionAt is the name of a function at an offset of the text.
func functionAt(text string, offset int) string {
	if offset < 0 || offset > len(text) {
		return ""
	}
	name := text[offset:]
	if end := strings.IndexFunc(name, func(c rune) bool {
		return c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}); end >= 0 {
		name = name[:end]
	}
	return name
}

// unknownFunction is the function at which parsing stopped, if that function does not exist.
func (u *intrinsicUse) unknownFunction() string {
	if u.syntax == nil {
		return ""
	}
	name := functionAt(u.text, u.syntax.Offset)
	if _, known := intrinsic.SignatureOf(name); known || !isIntrinsic(name) {
		return ""
	}
	return name
}

// tooDeep tells whether parsing stopped since calls nest too deep. The parser stops at the call that is one too deep, which is
// right by itself.
func (u *intrinsicUse) tooDeep() bool {
	if u.syntax == nil {
		return false
	}
	_, known := intrinsic.SignatureOf(functionAt(u.text, u.syntax.Offset))
	return known && strings.Count(u.text[:u.syntax.Offset], "(") >= intrinsic.MaxNesting && strings.Contains(u.syntax.Message, "nested")
}

func checkIntrinsicSyntax(p *pass, r *Rule) {
	for _, u := range p.intrinsicUses() {
		if u.syntax != nil && u.unknownFunction() == "" && !u.tooDeep() {
			p.report(r, p.intrinsicFinding(u, u.syntax.Offset, u.syntax.Offset+1, fmt.Sprintf("the call in %q cannot be read: %s", shorten(u.name), u.syntax.Message),
				"correct the call there, as in States.Format('{} of {}', $.a, $.b)"))
		}
	}
}

func checkIntrinsicNames(p *pass, r *Rule) {
	for _, u := range p.intrinsicUses() {
		if name := u.unknownFunction(); name != "" {
			cure := "the functions are " + strings.Join(intrinsic.Functions(), ", ")
			if best := nearest.Name(name, intrinsic.Functions()); best != "" {
				cure = fmt.Sprintf("did you mean %q?", best)
			}
			p.report(r, p.intrinsicFinding(u, u.syntax.Offset, u.syntax.Offset+len(name), fmt.Sprintf("there is no intrinsic function %q", shorten(name)), cure))
		}
	}
}

func checkIntrinsicNesting(p *pass, r *Rule) {
	for _, u := range p.intrinsicUses() {
		if u.tooDeep() {
			f := p.intrinsicFinding(u, u.syntax.Offset, u.syntax.Offset+len(functionAt(u.text, u.syntax.Offset)), fmt.Sprintf("intrinsic functions nest deeper than %d", intrinsic.MaxNesting),
				"compute the inner part in an earlier state")
			f.aws = ""
			p.report(r, f)
		}
	}
}

func checkIntrinsicArity(p *pass, r *Rule) {
	for _, u := range p.intrinsicUses() {
		if u.arity != nil {
			signature, _ := intrinsic.SignatureOf(u.arity.Function)
			f := p.intrinsicFinding(u, u.arity.Offset, u.arity.Offset+len(u.arity.Function), u.arity.Error(), "call it as "+callForm(signature))
			f.aws = ""
			p.report(r, f)
		}
	}
}

// callForm shows how a function is called: States.MathAdd(first, second).
func callForm(s intrinsic.Signature) string {
	names := make([]string, len(s.Params))
	for i, param := range s.Params {
		names[i] = param.Name
	}
	form := strings.Join(names, ", ")
	if s.Max < 0 {
		form += ", …"
	}
	return s.Function + "(" + form + ")"
}

// hashAlgorithms are the algorithms of States.Hash.
var hashAlgorithms = []string{"MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"}

func checkIntrinsicArguments(p *pass, r *Rule) {
	for _, u := range p.intrinsicUses() {
		if u.call == nil {
			continue
		}
		for call := range u.call.All() {
			signature, _ := intrinsic.SignatureOf(call.Function)
			for i, arg := range call.Args {
				param, ok := signature.Param(i)
				if !ok {
					continue // arity
				}
				message, cure := argumentFault(call.Function, param, i, arg)
				if message == "" {
					continue
				}
				f := p.intrinsicFinding(u, arg.Offset, arg.End, message, cure)
				f.aws = ""
				p.report(r, f)
			}
		}
	}
}

// argumentFault says what is wrong with an argument, as far as it is known before the state runs.
func argumentFault(function string, param intrinsic.Param, i int, arg intrinsic.Arg) (message, cure string) {
	wrong := func(given []value.Kind) (string, string) {
		if len(param.Kinds) == 0 || len(given) == 0 || slices.ContainsFunc(given, func(k value.Kind) bool { return slices.Contains(param.Kinds, k) }) {
			return "", ""
		}
		words := make([]string, len(param.Kinds))
		for j, k := range param.Kinds {
			words[j] = typeWords[k.String()]
		}
		return fmt.Sprintf("the %s of %s is %s; it must be %s", param.Name, function, typeWords[given[0].String()], oneOf(words)), "pass " + oneOf(words)
	}
	switch {
	case arg.Call != nil:
		inner, _ := intrinsic.SignatureOf(arg.Call.Function)
		return wrong(inner.Result)
	case arg.Literal == nil:
		return "", ""
	}
	if message, cure = wrong([]value.Kind{arg.Literal.Kind()}); message != "" {
		return message, cure
	}
	number, isNumber := arg.Literal.(value.Number)
	text, isText := arg.Literal.(value.String)
	switch {
	case function == "States.Hash" && i == 1 && isText && !slices.Contains(hashAlgorithms, string(text)):
		cure = "use " + oneOf(hashAlgorithms)
		if best := nearest.Name(string(text), hashAlgorithms); best != "" {
			cure = fmt.Sprintf("did you mean '%s'?", best)
		}
		return fmt.Sprintf("States.Hash has no algorithm %q", shorten(string(text))), cure
	case function == "States.JsonMerge" && i == 2 && arg.Literal != value.Bool(false):
		return "States.JsonMerge merges the top level only: its third argument must be false", "pass false"
	case function == "States.ArrayRange" && i == 2 && isNumber && number.Float() == 0:
		return "a range with a step of 0 never ends", "pass another step"
	case function == "States.ArrayPartition" && i == 1 && isNumber && number.Float() <= 0:
		return "a chunk needs at least one item", "pass a chunk size from 1 on"
	}
	return "", ""
}

func checkFormat(p *pass, r *Rule) {
	for _, u := range p.intrinsicUses() {
		if u.call == nil {
			continue
		}
		for call := range u.call.All() {
			if call.Function != "States.Format" || len(call.Args) == 0 {
				continue
			}
			template := call.Args[0]
			if _, isText := template.Literal.(value.String); !isText || template.End-template.Offset < 2 {
				continue
			}
			count, stray := placeholders(u.text[template.Offset+1 : template.End-1])
			f := p.intrinsicFinding(u, template.Offset, template.End, "", "")
			f.aws = ""
			switch given := len(call.Args) - 1; {
			case stray >= 0:
				at := template.Offset + 1 + stray
				f.span = p.within(u.node, at, at+1)
				f.message, f.cure = fmt.Sprintf("a lone %q in the template of States.Format", u.text[at:at+1]), `write {} for an argument, or \\{ and \\} for the brace itself (in JSON a backslash is written twice)`
			case count != given:
				f.message = fmt.Sprintf("the template of States.Format has %s, and there %s", counted(count, "place {}", "places {}"), map[bool]string{true: "is 1 argument", false: fmt.Sprintf("are %d arguments", given)}[given == 1])
				f.cure = "give each {} its argument"
			default:
				continue
			}
			p.report(r, f)
		}
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// placeholders counts the {} of a template as it is written, and finds the first brace that is no part of one, or -1.
func placeholders(template string) (count, stray int) {
	for i := 0; i < len(template); i++ {
		switch template[i] {
		case '\\':
			i++
		case '{':
			if !strings.HasPrefix(template[i:], "{}") {
				return count, i
			}
			count++
			i++
		case '}':
			return count, i
		}
	}
	return count, -1
}

// messageFunctions are the functions that ErrorPath and CausePath take (AWS's page on the Fail state).
var messageFunctions = []string{"States.Format", "States.JsonToString", "States.ArrayGetItem", "States.Base64Encode", "States.Base64Decode", "States.Hash", "States.UUID"}

func checkMessageIntrinsics(p *pass, r *Rule) {
	for _, u := range p.intrinsicUses() {
		if u.kind == messageUse && u.call != nil && !slices.Contains(messageFunctions, u.call.Function) {
			p.report(r, p.intrinsicFinding(u, u.call.Offset, u.call.Offset+len(u.call.Function), fmt.Sprintf("%s does not give a string, as %s needs", u.call.Function, u.name),
				"use "+oneOf(messageFunctions)))
		}
	}
}
