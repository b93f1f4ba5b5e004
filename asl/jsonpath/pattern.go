package jsonpath

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// PatternTimeout is how long one match of a pattern may take that needs backtracking.
const PatternTimeout = time.Second

// Pattern is a regular expression of a filter, written /pattern/flags.
//
// A pattern that Go's linear-time engine knows runs on it. Those with look-around or back-references, which Java has, run on
// regexp2 under PatternTimeout.
type Pattern struct {
	Source string // without slashes and flags
	Flags  string // of d, i, m, s, u, x, U, as in java.util.regex.Pattern

	linear       *regexp.Regexp
	backtracking *regexp2.Regexp
	cost         int // instructions of linear: what it does for a character at most
}

// pattern reads /pattern/flags.
func (p *parser) pattern() (*Pattern, error) {
	start := p.pos
	i := start + 1
	for i < p.end && p.text[i] != '/' {
		if p.text[i] == '\\' {
			i++
		}
		i++
	}
	if i >= p.end {
		return nil, p.errorf(start, "the closing / of the pattern is missing")
	}
	source := p.text[start+1 : i]
	flags := i + 1
	for i = flags; i < p.end && ('a' <= p.text[i] && p.text[i] <= 'z' || 'A' <= p.text[i] && p.text[i] <= 'Z'); i++ {
		if strings.IndexByte("dimsuxU", p.text[i]) < 0 {
			return nil, p.errorf(i, "unknown flag %q of a pattern; there are d, i, m, s, u, x, U", p.text[i])
		}
	}
	p.pos = i
	pattern, err := compilePattern(source, p.text[flags:i])
	if err != nil {
		return nil, p.errorf(start+1, "invalid pattern: %v", err)
	}
	return pattern, nil
}

// compilePattern compiles for a match of the whole text, which is what Jayway asks for (Matcher.matches).
func compilePattern(source, flags string) (*Pattern, error) {
	p := &Pattern{Source: source, Flags: flags}
	// d (only \n ends a line), u and U (letters beyond ASCII) are how Go's engines work anyway.
	inline := ""
	for _, f := range "ims" {
		if strings.ContainsRune(flags, f) {
			inline += string(f)
		}
	}
	if inline != "" {
		inline = "(?" + inline + ")"
	}
	if !strings.Contains(flags, "x") { // Go has no free spacing
		if re, err := regexp.Compile(inline + `\A(?:` + source + `)\z`); err == nil {
			p.linear, p.cost = re, instructions(re)
			return p, nil
		}
	}
	options := regexp2.None
	if strings.Contains(flags, "x") {
		options |= regexp2.IgnorePatternWhitespace
		source += "\n" // ends a comment at the end
	}
	if _, err := regexp2.Compile(source, regexp2.RegexOptions(options)); err != nil {
		return nil, err // by itself, so that the message shows what was written
	}
	re, err := regexp2.Compile(inline+`\A(?:`+source+`)\z`, regexp2.RegexOptions(options))
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = PatternTimeout
	p.backtracking = re
	return p, nil
}

// instructions is the size of a compiled pattern.
func instructions(re *regexp.Regexp) int {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}

func (p *Pattern) matches(text string) (bool, error) {
	if p.linear != nil {
		return p.linear.MatchString(text), nil
	}
	ok, err := p.backtracking.MatchString(text)
	if err != nil {
		return false, &EvalError{"the pattern /" + p.Source + "/ took longer than " + PatternTimeout.String()}
	}
	return ok, nil
}
