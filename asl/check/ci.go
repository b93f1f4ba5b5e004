package check

import (
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// WriteGitHub prints diagnostics as workflow commands, which GitHub Actions shows beside the lines of a pull request
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
func WriteGitHub(w io.Writer, results []Result) error {
	var b strings.Builder
	for _, r := range results {
		for _, d := range r.Diagnostics {
			command := string(d.Severity)
			if d.Severity == Note {
				command = "notice"
			}
			region := sarifRegionOf(d.Span)
			fmt.Fprintf(&b, "::%s file=%s,line=%d", command, gitHubProperty.Replace(filepath.ToSlash(r.Document.Filename)), region.StartLine)
			if region.EndLine > region.StartLine {
				fmt.Fprintf(&b, ",endLine=%d", region.EndLine)
			} else {
				fmt.Fprintf(&b, ",col=%d,endColumn=%d", region.StartColumn, region.EndColumn) // columns are for one line only
			}
			text := d.Message
			if d.Cure != "" {
				text += "\nhelp: " + d.Cure
			}
			fmt.Fprintf(&b, ",title=%s::%s\n", gitHubProperty.Replace(d.Code), gitHubData.Replace(text))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// What workflow commands escape, as @actions/core does.
var (
	gitHubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	gitHubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		File      string        `xml:"file,attr"`
		Line      int           `xml:"line,attr,omitempty"`
		Failure   *junitFailure `xml:"failure"`
		Skipped   *junitSkipped `xml:"skipped"`
		Output    string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
)

// WriteJUnit prints diagnostics as JUnit's XML: a suite for each file, in it a case for each finding, or one that passes when there is
// none. Errors fail, when strict warnings too; others pass and tell in their output what was found. What is suppressed is skipped.
func WriteJUnit(w io.Writer, results []Result, strict bool) error {
	suites := junitSuites{Name: "docflow check"}
	for _, r := range results {
		suite := junitSuite{Name: r.Document.Filename}
		newCase := func(d Diagnostic) junitCase {
			return junitCase{
				Name: fmt.Sprintf("%s at %d:%d", d.Code, max(d.Span.Start.Line, 1), max(d.Span.Start.Column, 1)), ClassName: r.Document.Filename,
				File: r.Document.Filename, Line: d.Span.Start.Line,
			}
		}
		for _, d := range r.Diagnostics {
			var text strings.Builder
			one := Result{Document: r.Document, Diagnostics: []Diagnostic{d}}
			if err := WriteText(&text, []Result{one}, TextOptions{}); err != nil {
				return err
			}
			c := newCase(d)
			if d.Severity == Error || strict && d.Severity == Warning {
				c.Failure = &junitFailure{Message: d.Message, Type: string(d.Severity), Text: text.String()}
				suite.Failures++
			} else {
				c.Output = text.String()
			}
			suite.Cases = append(suite.Cases, c)
		}
		for _, s := range r.Suppressed {
			c := newCase(s.Diagnostic)
			c.Skipped = &junitSkipped{Message: s.Reason}
			suite.Skipped++
			suite.Cases = append(suite.Cases, c)
		}
		if len(suite.Cases) == 0 {
			suite.Cases = []junitCase{{Name: "check", ClassName: r.Document.Filename, File: r.Document.Filename}}
		}
		suite.Tests = len(suite.Cases)
		suites.Tests, suites.Failures, suites.Skipped = suites.Tests+suite.Tests, suites.Failures+suite.Failures, suites.Skipped+suite.Skipped
		suites.Suites = append(suites.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(suites); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
