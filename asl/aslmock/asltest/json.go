package asltest

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/docflow-asl/docflow/asl/aslmock/coverage"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// The JSON of WriteJSON. Its members stay as they are; there may be more of them one day.
type (
	jsonReport struct {
		Passed   int             `json:"passed"`
		Failed   int             `json:"failed"`
		Files    []jsonFile      `json:"files"`
		Coverage json.RawMessage `json:"coverage,omitempty"` // as coverage.WriteJSON has it
	}
	jsonFile struct {
		File       string     `json:"file"`
		Error      string     `json:"error,omitempty"` // why the file was not run
		Definition string     `json:"definition,omitempty"`
		Cases      []jsonCase `json:"cases"`
	}
	jsonCase struct {
		Name     string        `json:"name"`
		Line     int           `json:"line"`
		Passed   bool          `json:"passed"`
		Failures []string      `json:"failures,omitempty"`
		Status   engine.Status `json:"status,omitempty"` // of the execution
		Output   value.Value   `json:"output,omitempty"`
		Error    string        `json:"error,omitempty"`
		Cause    string        `json:"cause,omitempty"`
		Seconds  float64       `json:"seconds"` // on the virtual clock
		Path     []string      `json:"path,omitempty"`
	}
)

// WriteJSON prints the report as JSON; with profiles, their coverage is in it.
//
//	{
//	  "passed": 1, "failed": 1,
//	  "files": [{
//	    "file": "flow.asltest.yaml", "definition": "flow.asl.json",
//	    "cases": [
//	      {"name": "one", "line": 4, "passed": true, "status": "SUCCEEDED", "output": {…}, "seconds": 22, "path": ["Extract", …]},
//	      {"name": "two", "line": 9, "passed": false, "failures": ["the status is FAILED, want SUCCEEDED"], "status": "FAILED",
//	       "error": "NoText", "cause": "…", "seconds": 0, "path": ["Extract"]}
//	    ]
//	  }],
//	  "coverage": {…}
//	}
func (r *Report) WriteJSON(w io.Writer, profiles ...*coverage.Profile) error {
	out := jsonReport{Files: []jsonFile{}}
	out.Passed, out.Failed, _ = r.Counts()
	for i := range r.Files {
		f := &r.Files[i]
		file := jsonFile{File: f.Filename, Cases: []jsonCase{}}
		if f.Err != nil {
			file.Error = f.Err.Error()
		} else {
			file.Definition = f.file.Definition.Filename
		}
		for _, result := range f.Results {
			c := jsonCase{Name: result.Name, Line: result.Line, Passed: result.Passed(), Failures: result.Failures}
			if run := result.Run; run != nil {
				c.Status, c.Output, c.Error, c.Cause = run.Status, run.Output, run.Error, run.Cause
				c.Seconds, c.Path = run.Duration().Seconds(), run.States()
			}
			file.Cases = append(file.Cases, c)
		}
		out.Files = append(out.Files, file)
	}
	if profiles != nil {
		var b bytes.Buffer
		if err := coverage.WriteJSON(&b, profiles...); err != nil {
			return err
		}
		out.Coverage = b.Bytes()
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}
