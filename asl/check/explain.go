package check

import (
	"fmt"
	"strings"
)

// Explanation is what is known of a code: the source of README.md and of `docflow explain`.
type Explanation struct {
	Code     string      `json:"code"`
	Severity Severity    `json:"severity"`
	AWSCode  string      `json:"awsCode"` // empty where AWS does not report this
	Type     MachineType `json:"type"`    // EXPRESS for what only Express machines have; else empty
	Doc      string      `json:"doc"`
	Bad      string      `json:"bad"`    // an example that the rule reports; empty for rules whose example would be too large
	Output   string      `json:"output"` // what is reported for it
	Good     string      `json:"good"`   // the same, right
	Notation string      `json:"notation"`
}

// Explain tells what is known of a rule.
func (r *Rule) Explain() (Explanation, error) {
	e := Explanation{Code: r.Code, Severity: r.Severity, AWSCode: r.AWSCode, Type: r.Type, Doc: r.Doc}
	if r.Code == "definition-size" { // an example would be a megabyte
		return e, nil
	}
	bad, good, err := r.Example()
	if err != nil {
		return e, err
	}
	suffix := r.exampleSuffix()
	var output strings.Builder
	if err := WriteText(&output, Text("bad"+suffix, []byte(bad), Options{Type: r.Type}), TextOptions{}); err != nil {
		return e, err
	}
	e.Bad, e.Output, e.Good, e.Notation = bad, output.String(), good, suffix[strings.LastIndexByte(suffix, '.')+1:]
	return e, nil
}

// Heading says what kind of finding it is: "Error, AWS's `SCHEMA_VALIDATION_FAILED`, for EXPRESS machines".
func (e Explanation) Heading() string {
	text := strings.ToUpper(string(e.Severity[:1])) + string(e.Severity[1:])
	if e.AWSCode != "" {
		text += fmt.Sprintf(", AWS's `%s`", e.AWSCode)
	}
	if e.Type == Express {
		text += ", for EXPRESS machines"
	}
	return text
}
