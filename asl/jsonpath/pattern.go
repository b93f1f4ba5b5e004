package jsonpath

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// PatternTimeout is how long one match of a pattern may take that needs backtracking. All of an evaluation may take twice that time.
const PatternTimeout = 250 * time.Millisecond

// longMatch is how long no ordinary match takes.
const longMatch = 2 * time.Millisecond

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

// match tells whether the whole text matches the pattern.
func (e *evaluator) match(p *Pattern, text string) (bool, error) {
	if p.linear != nil {
		// The time is that of the text for simple patterns, and that of the text times the pattern at worst.
		if err := e.spend(1 + len(text)*(4+p.cost)/32); err != nil {
			return false, err
		}
		return p.linear.MatchString(text), nil
	}
	// The engine takes the time from a clock of its own, which stands still while other goroutines have all processors, and then jumps:
	// it is asked again when it gave up too early.
	for tries := 4; ; tries-- {
		start := time.Now()
		ok, err := p.backtracking.MatchString(text)
		took := time.Since(start)
		if err == nil && took > longMatch { // most likely something else had the processor, which must not count
			start = time.Now()
			ok, err = p.backtracking.MatchString(text)
			took = min(took, time.Since(start))
		}
		e.spent.matching += took
		if err == nil && e.spent.matching < 2*PatternTimeout {
			return ok, e.spend(1 + len(text)/bytesPerVisit)
		}
		if err == nil || took >= PatternTimeout || tries == 1 || e.spent.matching >= 2*PatternTimeout {
			return false, &EvalError{"the pattern /" + p.Source + "/ took longer than " + PatternTimeout.String()}
		}
	}
}
