package assist

import (
	"regexp"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// jsonText is a string as JSON writes it.
func jsonText(s string) string { return value.Compact(value.String(s)) }

// quotedText is what stands between the quotes of a string: JSON's double ones, which YAML's double quotes take too, or YAML's
// single ones.
func quotedText(s string, quote byte) string {
	if quote == '\'' {
		return strings.ReplaceAll(s, "'", "''")
	}
	written := jsonText(s)
	return written[1 : len(written)-1]
}

// plainYAML matches texts that YAML reads as strings without quotes, whatever stands around them.
var plainYAML = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*(?:[ -][A-Za-z0-9_.]+)*$`)

// yamlText is a string as YAML writes it, with quotes where a plain one could be read as something else.
func yamlText(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return "'" + s + "'"
	}
	if plainYAML.MatchString(s) {
		return s
	}
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return jsonText(s)
	}
	return "'" + quotedText(s, '\'') + "'"
}
