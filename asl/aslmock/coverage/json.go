package coverage

import (
	"encoding/json"
	"io"
	"math"
)

// The JSON of WriteJSON. Its members stay as they are; there may be more of them one day.
type (
	jsonReport struct {
		Total       jsonCount        `json:"total"` // of all definitions
		Definitions []jsonDefinition `json:"definitions"`
	}
	jsonDefinition struct {
		File        string     `json:"file"`
		Total       jsonCount  `json:"total"` // each part once, though rules and catchers are among the transitions too
		States      jsonCount  `json:"states"`
		Transitions jsonCount  `json:"transitions"`
		Rules       jsonCount  `json:"rules"`
		Retriers    jsonCount  `json:"retriers"`
		Catchers    jsonCount  `json:"catchers"`
		Items       []jsonItem `json:"items"` // in the definition's order
	}
	jsonCount struct {
		Covered int     `json:"covered"`
		Of      int     `json:"of"`
		Percent float64 `json:"percent"` // cut to one decimal
	}
	jsonItem struct {
		Kind        Kind     `json:"kind"`
		State       string   `json:"state"`
		Location    string   `json:"location"`
		Field       string   `json:"field,omitempty"`
		ErrorEquals []string `json:"errorEquals,omitempty"`
		Target      string   `json:"target,omitempty"`
		Line        int      `json:"line,omitempty"`
		Column      int      `json:"column,omitempty"`
		Hits        int64    `json:"hits"`
	}
)

// WriteJSON prints profiles as JSON:
//
//	{
//	  "total": {"covered": 3, "of": 4, "percent": 75},
//	  "definitions": [{
//	    "file": "flow.asl.json",
//	    "total": {…}, "states": {…}, "transitions": {…}, "rules": {…}, "retriers": {…}, "catchers": {…},
//	    "items": [
//	      {"kind": "states", "state": "Extract", "location": "/States/Extract", "line": 4, "column": 5, "hits": 2},
//	      {"kind": "catchers", "state": "Extract", "location": "/States/Extract", "field": "Catch[0]",
//	       "errorEquals": ["States.ALL"], "target": "Failed", "line": 9, "column": 17, "hits": 0}
//	    ]
//	  }]
//	}
func WriteJSON(w io.Writer, profiles ...*Profile) error {
	report := jsonReport{Definitions: []jsonDefinition{}}
	var total Count
	for _, p := range profiles {
		d := jsonDefinition{
			File: p.File, Total: jsonOf(p.Total()), States: jsonOf(p.Of(States)), Transitions: jsonOf(p.Of(Transitions)),
			Rules: jsonOf(p.Of(Rules)), Retriers: jsonOf(p.Of(Retriers)), Catchers: jsonOf(p.Of(Catchers)), Items: []jsonItem{},
		}
		for _, it := range p.Items() {
			d.Items = append(d.Items, jsonItem{
				Kind: it.Kind, State: it.State, Location: it.Location, Field: it.Field, ErrorEquals: it.Errors, Target: it.Target,
				Line: it.Position.Line, Column: it.Position.Column, Hits: it.Hits,
			})
		}
		report.Definitions = append(report.Definitions, d)
		total = total.plus(p.Total())
	}
	report.Total = jsonOf(total)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(report)
}

func jsonOf(c Count) jsonCount {
	return jsonCount{c.Covered, c.Of, math.Floor(c.Percent()*10) / 10}
}
