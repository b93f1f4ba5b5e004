package check

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// The parts of SARIF 2.1.0 that WriteSARIF writes (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Newlines   []string      `json:"newlineSequences"`
		Language   string        `json:"language"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name     string      `json:"name"`
		Version  string      `json:"version,omitempty"`
		Language string      `json:"language"`
		Rules    []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string             `json:"id"`
		ShortDescription     sarifText          `json:"shortDescription"`
		FullDescription      sarifText          `json:"fullDescription"`
		Help                 sarifText          `json:"help"`
		DefaultConfiguration sarifConfiguration `json:"defaultConfiguration"`
		Properties           sarifProperties    `json:"properties"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifProperties struct {
		Tags []string `json:"tags"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifResult struct {
		RuleID           string             `json:"ruleId"`
		RuleIndex        int                `json:"ruleIndex"`
		Level            string             `json:"level"`
		Message          sarifText          `json:"message"`
		Locations        []sarifLocation    `json:"locations"`
		RelatedLocations []sarifLocation    `json:"relatedLocations,omitempty"`
		Fingerprints     map[string]string  `json:"partialFingerprints"`
		Suppressions     []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		ID       int             `json:"id,omitempty"`
		Physical sarifPhysical   `json:"physicalLocation"`
		Logical  []sarifLogical  `json:"logicalLocations,omitempty"`
		Message  *sarifPlainText `json:"message,omitempty"`
	}
	sarifPlainText struct {
		Text string `json:"text"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// WriteSARIF prints diagnostics as a SARIF 2.1.0 log, which code scanning services read. Suppressed findings are in it, with their
// reasons. version is that of the tool, and may be empty.
func WriteSARIF(w io.Writer, results []Result, version string) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Newlines: []string{"\r\n", "\n", "\r"}, Language: "en-US", Results: []sarifResult{}, Tool: sarifTool{sarifDriver{Name: "docflow", Version: version, Language: "en-US"}}}
	index := map[string]int{}
	for i, r := range rules {
		rule, err := sarifRuleOf(r)
		if err != nil {
			return err
		}
		index[r.Code] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
	}
	seen := map[string]int{}
	for _, r := range results {
		for _, d := range r.Diagnostics {
			run.Results = append(run.Results, sarifResultOf(r.Document, d, index, seen))
		}
		for _, s := range r.Suppressed {
			result := sarifResultOf(r.Document, s.Diagnostic, index, seen)
			result.Suppressions = []sarifSuppression{{"inSource", s.Reason}}
			run.Results = append(run.Results, result)
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func sarifRuleOf(r *Rule) (sarifRule, error) {
	e, err := r.Explain()
	if err != nil {
		return sarifRule{}, err
	}
	short, _, _ := strings.Cut(r.Doc, ". ")
	help := sarifText{Text: r.Doc, Markdown: r.Doc}
	if e.Bad != "" {
		help.Text += "\n\nWrong:\n\n" + e.Bad + "\n" + e.Output + "\nRight:\n\n" + e.Good
		help.Markdown += fmt.Sprintf("\n\nWrong:\n\n```%s\n%s```\n\n```text\n%s```\n\nRight:\n\n```%s\n%s```\n", e.Notation, e.Bad, e.Output, e.Notation, e.Good)
	}
	tags := []string{"step-functions"}
	if r.AWSCode != "" {
		tags = append(tags, r.AWSCode)
	}
	return sarifRule{
		ID: r.Code, ShortDescription: sarifText{Text: strings.TrimSuffix(short, ".") + "."}, FullDescription: sarifText{Text: r.Doc}, Help: help,
		DefaultConfiguration: sarifConfiguration{string(r.Severity)}, Properties: sarifProperties{tags},
	}, nil
}

func sarifResultOf(doc *asl.Document, d Diagnostic, index, seen map[string]int) sarifResult {
	artifact := sarifArtifactOf(doc.Filename)
	text := d.Message
	if d.Cure != "" {
		text += ". " + strings.ToUpper(d.Cure[:1]) + d.Cure[1:]
	}
	location := sarifLocation{Physical: sarifPhysical{artifact, sarifRegionOf(d.Span)}}
	if d.Location != "" || d.Machine != "" {
		location.Logical = []sarifLogical{{d.Machine + d.Location}}
	}
	result := sarifResult{
		RuleID: d.Code, RuleIndex: index[d.Code], Level: string(d.Severity), Message: sarifText{Text: text}, Locations: []sarifLocation{location},
		Fingerprints: map[string]string{"docflow/v1": fingerprint(artifact.URI, doc, d, seen)},
	}
	for i, related := range d.Related {
		result.RelatedLocations = append(result.RelatedLocations, sarifLocation{
			ID: i + 1, Physical: sarifPhysical{artifact, sarifRegionOf(related.Span)}, Message: &sarifPlainText{related.Message},
		})
	}
	return result
}

// fingerprint stays the same when lines come and go above a finding: it is of the code, of the place within the definition, and of the
// faulty text.
func fingerprint(uri string, doc *asl.Document, d Diagnostic, seen map[string]int) string {
	from := max(0, min(d.Span.Start.Offset, len(doc.Text)))
	to := max(from, min(d.Span.End.Offset, len(doc.Text)))
	key := strings.Join([]string{d.Code, uri, d.Machine, d.Pointer, d.Field, strings.Join(strings.Fields(doc.Text[from:to]), " ")}, "\x00")
	seen[key]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, seen[key]))
	return hex.EncodeToString(sum[:16])
}

// sarifArtifactOf gives a file's name as a URI, relative to the place where docflow runs.
func sarifArtifactOf(name string) sarifArtifact {
	if name == "" {
		name = "<definition>"
	}
	uri := url.URL{Path: filepath.ToSlash(filepath.Clean(name))}
	if filepath.IsAbs(name) {
		uri.Scheme = "file"
		return sarifArtifact{URI: uri.String()}
	}
	return sarifArtifact{URI: uri.String(), URIBaseID: "%SRCROOT%"}
}

func sarifRegionOf(s asl.Span) sarifRegion {
	start, end := s.Start, s.End
	region := sarifRegion{max(start.Line, 1), max(start.Column, 1), max(end.Line, 1), max(end.Column, 1)}
	if region.EndLine < region.StartLine || region.EndLine == region.StartLine && region.EndColumn < region.StartColumn {
		region.EndLine, region.EndColumn = region.StartLine, region.StartColumn
	}
	return region
}

// AWSOnly keeps the findings for which AWS itself rejects a definition, as ValidateStateMachineDefinition does.
func AWSOnly(results []Result) []Result {
	kept := slices.Clone(results)
	for i, r := range kept {
		kept[i].Diagnostics = slices.DeleteFunc(slices.Clone(r.Diagnostics), func(d Diagnostic) bool { return d.AWSCode == "" })
		kept[i].Suppressed = nil
		for _, s := range r.Suppressed { // AWS knows nothing of docflow:ignore
			if s.AWSCode != "" {
				kept[i].Diagnostics = append(kept[i].Diagnostics, s.Diagnostic)
			}
		}
		kept[i].Diagnostics = sorted(kept[i].Diagnostics)
	}
	return kept
}
