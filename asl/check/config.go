package check

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// ConfigName is the name of a configuration file.
const ConfigName = ".docflow.yaml"

// Config is a configuration file: what a project wants to be judged how.
type Config struct {
	Filename string
	Severity map[string]Severity // of codes
	Off      []string            // codes of rules that are not to report
	Strict   bool                // warnings fail too
	Type     MachineType         // of machines for which no file gives a type
	AsOf     time.Time           // the day as of which models are judged; zero for today
	exclude  []*regexp.Regexp
}

var configKeys = []string{"severity", "exclude", "strict", "type", "as-of"}

// ParseConfig reads a configuration file. Its error tells everything that is wrong, one line each, with file, line and column.
func ParseConfig(filename string, text []byte) (*Config, error) {
	c := &Config{Filename: filename, Severity: map[string]Severity{}}
	doc := asl.ParseData(ConfigName, text) // YAML, whatever its name
	var faults []error
	fault := func(s asl.Span, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s:%d:%d: %s", filename, max(s.Start.Line, 1), max(s.Start.Column, 1), fmt.Sprintf(format, args...)))
	}
	empty := true
	for line := range strings.Lines(doc.Text) {
		empty = empty && isCommentLine(line)
	}
	if empty {
		return c, nil
	}
	for _, p := range doc.Problems {
		fault(p.Span, "%s", p.Message)
	}
	if doc.Root == nil || len(faults) > 0 {
		return c, errors.Join(faults...)
	}
	if doc.Root.Kind == value.KindNull {
		return c, nil
	}
	if doc.Root.Kind != value.KindObject {
		fault(doc.Root.Span, "the configuration is no mapping; it has the keys %s", oneOf(configKeys))
		return c, errors.Join(faults...)
	}
	for _, m := range doc.Root.Members {
		text, isText := textOf(m.Value)
		switch m.Name {
		case "severity":
			if m.Value.Kind != value.KindObject {
				fault(m.Value.Span, "severity is a mapping of codes to error, warning, note or off")
			}
			for _, s := range m.Value.Members {
				c.severity(s, fault)
			}
		case "exclude":
			if m.Value.Kind != value.KindArray {
				fault(m.Value.Span, "exclude is a list of paths")
			}
			for _, item := range m.Value.Items {
				path, ok := textOf(item)
				if !ok || path == "" {
					fault(item.Span, "exclude is a list of paths; this is none")
					continue
				}
				c.exclude = append(c.exclude, pathPattern(path))
			}
		case "strict":
			strict, ok := m.Value.Value.(value.Bool)
			if !ok {
				fault(m.Value.Span, "strict is true or false")
			}
			c.Strict = bool(strict)
		case "type":
			if c.Type = MachineType(text); c.Type != Standard && c.Type != Express {
				fault(m.Value.Span, "type is STANDARD or EXPRESS")
			}
		case "as-of":
			day, err := time.Parse(time.DateOnly, text)
			if !isText || err != nil {
				fault(m.Value.Span, "as-of is a day such as 2026-01-31")
			}
			c.AsOf = day
		default:
			fault(m.NameSpan, "%q is no key of a configuration%s", shorten(m.Name), meant(m.Name, configKeys))
		}
	}
	return c, errors.Join(faults...)
}

func (c *Config) severity(m asl.NodeMember, fault func(asl.Span, string, ...any)) {
	if RuleOf(m.Name) == nil {
		fault(m.NameSpan, "there is no code %q%s", shorten(m.Name), meant(m.Name, Codes()))
		return
	}
	text, _ := textOf(m.Value)
	switch s := Severity(text); s {
	case Error, Warning, Note:
		c.Severity[m.Name] = s
	case "off":
		c.Off = append(c.Off, m.Name)
	default:
		if m.Value.Value == value.Bool(false) { // as YAML 1.1 reads off
			c.Off = append(c.Off, m.Name)
			return
		}
		fault(m.Value.Span, "the severity of %s is error, warning, note or off", m.Name)
	}
}

// meant names the nearest of the names, else all of a few.
func meant(name string, names []string) string {
	if best := nearest.Name(name, names); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	if len(names) <= len(configKeys) {
		return "; it has " + oneOf(names)
	}
	return "; `docflow explain` lists all"
}

// Excludes tells whether the configuration leaves a file out. The paths in it are relative to its own folder: a pattern without a slash
// is for names at any depth, * stands for any part of a name, ** for any folders, and a folder for all within.
func (c *Config) Excludes(file string) bool {
	if len(c.exclude) == 0 {
		return false
	}
	folder, err := filepath.Abs(filepath.Dir(c.Filename))
	if err != nil {
		return false
	}
	full, err := filepath.Abs(file)
	if err != nil {
		return false
	}
	relative, err := filepath.Rel(folder, full)
	if err != nil {
		return false
	}
	if relative = filepath.ToSlash(relative); strings.HasPrefix(relative, "../") {
		return false // --config may name one from elsewhere
	}
	return slices.ContainsFunc(c.exclude, func(p *regexp.Regexp) bool { return p.MatchString(relative) })
}

// pathPattern makes the expression of a pattern.
func pathPattern(pattern string) *regexp.Regexp {
	pattern = strings.TrimPrefix(filepath.ToSlash(pattern), "./")
	trimmed := strings.Trim(pattern, "/")
	var b strings.Builder
	b.WriteString("^")
	if !strings.Contains(strings.TrimSuffix(pattern, "/"), "/") {
		b.WriteString("(?:.*/)?")
	}
	for i := 0; i < len(trimmed); {
		switch rest := trimmed[i:]; {
		case strings.HasPrefix(rest, "**/"):
			b.WriteString("(?:.*/)?")
			i += 3
		case strings.HasPrefix(rest, "**"):
			b.WriteString(".*")
			i += 2
		case rest[0] == '*':
			b.WriteString("[^/]*")
			i++
		case rest[0] == '?':
			b.WriteString("[^/]")
			i++
		default:
			end := strings.IndexAny(rest, "*?")
			if end < 0 {
				end = len(rest)
			}
			b.WriteString(regexp.QuoteMeta(rest[:end]))
			i += end
		}
	}
	b.WriteString("(?:/.*)?$")
	return regexp.MustCompile(b.String())
}

// Apply gives options what the configuration says, where they do not say it themselves.
func (c *Config) Apply(o Options) Options {
	o.Disable = slices.Concat(o.Disable, c.Off)
	if o.DefaultType == "" {
		o.DefaultType = c.Type
	}
	if o.AsOf.IsZero() {
		o.AsOf = c.AsOf
	}
	severity := map[string]Severity{}
	for code, s := range c.Severity {
		severity[code] = s
	}
	for code, s := range o.Severity {
		severity[code] = s
	}
	if len(severity) > 0 {
		o.Severity = severity
	}
	return o
}
