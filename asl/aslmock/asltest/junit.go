package asltest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The XML of JUnit as CI systems read it: a testsuite for each file.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		File     string      `xml:"file,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		ClassName string      `xml:"classname,attr"`
		Name      string      `xml:"name,attr"`
		Time      string      `xml:"time,attr"`
		File      string      `xml:"file,attr"`
		Line      int         `xml:"line,attr,omitempty"`
		Failure   *junitFault `xml:"failure"`
		Error     *junitFault `xml:"error"`
	}
	junitFault struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
)

// WriteJUnit prints the report in the XML of JUnit. A file that could not be read is a testsuite with one testcase in error.
func (r *Report) WriteJUnit(w io.Writer) error {
	suites := junitSuites{Name: "docflow test", Time: seconds(r.Elapsed)}
	for i := range r.Files {
		f := &r.Files[i]
		suite := junitSuite{Name: f.Filename, File: f.Filename}
		var elapsed time.Duration
		if f.Err != nil {
			suite.Errors = 1
			suite.Cases = []junitCase{{ClassName: f.Filename, Name: "read", Time: seconds(0), File: f.Filename, Error: fault(f.Err.Error())}}
		}
		for _, result := range f.Results {
			c := junitCase{ClassName: f.file.Name(), Name: result.Name, Time: seconds(result.Elapsed), File: f.Filename, Line: result.Line}
			if !result.Passed() {
				suite.Failures++
				c.Failure = fault(strings.TrimSpace(fmt.Sprintf("%s\n%s", strings.Join(result.Failures, "\n"), result.Story)))
			}
			elapsed += result.Elapsed
			suite.Cases = append(suite.Cases, c)
		}
		suite.Tests, suite.Time = len(suite.Cases), seconds(elapsed)
		suites.Tests += suite.Tests
		suites.Failures += suite.Failures
		suites.Errors += suite.Errors
		suites.Suites = append(suites.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suites); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// fault has its first line as its message.
func fault(text string) *junitFault {
	message, _, _ := strings.Cut(text, "\n")
	return &junitFault{Message: message, Text: printable(text)}
}

// printable replaces what XML cannot hold.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || c == '\ufffe' || c == '\uffff' {
			return '\ufffd'
		}
		return c
	}, text)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
