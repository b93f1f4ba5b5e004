// Package results finds what the pipeline has written: by the index in DynamoDB, in the results bucket on S3, or in a folder that
// docflow run --out has made. In the last two the objects themselves are the index: a listing reads their names and times, and of the
// newest also what is in them.
package results

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"golang.org/x/sync/errgroup"
)

// Entry is what a listing says of one document that was processed.
type Entry struct {
	Key          string     `json:"key"`              // of the document
	Bucket       string     `json:"bucket,omitempty"` // where it lies
	Version      string     `json:"version,omitempty"`
	Status       string     `json:"status"`
	Pages        int        `json:"pages"`
	Chunks       int        `json:"chunks,omitempty"`
	InputTokens  int        `json:"inputTokens"`
	OutputTokens int        `json:"outputTokens"`
	Dollars      *float64   `json:"dollars,omitempty"`     // what the models cost; absent when that is not known
	Missing      []string   `json:"missing"`               // parts
	MissingMore  int        `json:"missingMore,omitempty"` // parts that Missing, in the index, has no room for
	Error        string     `json:"error,omitempty"`
	Execution    string     `json:"execution,omitempty"`
	Started      *time.Time `json:"started,omitempty"` // the execution; in the index only
	Time         time.Time  `json:"time"`
	Result       string     `json:"result"` // where it lies
}

// Statuses are those that an entry may have: of a result, and of what has none.
func Statuses() []string {
	return []string{string(combine.Complete), string(combine.Partial), "QUARANTINED", "FAILED", "UNFINISHED"}
}

// Item is something that may hold a result, before it is read.
type Item struct {
	Name string // a key, or a path
	Time time.Time
}

// Source is where results lie.
type Source interface {
	// Items lists what there is, in any order, below a prefix of the documents' keys. Some may hold no result.
	Items(ctx context.Context, prefix string) ([]Item, error)
	// Read reads one; false: it holds no result.
	Read(ctx context.Context, item Item) (Document, bool, error)
}

// Document is what was found about one document.
type Document struct {
	Entry
	// Report is what the pipeline wrote; nil when there is no result.
	Report *combine.Report
	// Raw is what lies there.
	Raw json.RawMessage
	// Cause says more about an Error.
	Cause string
}

// Filter says which entries a listing has.
type Filter struct {
	Prefix string    // of documents' keys
	Status []string  // any of these; empty: all
	Since  time.Time // not before; zero: all
	Limit  int       // the newest; zero: all
}

// readers is how many results are read at once.
const readers = 16

// List lists what matches, the newest first. more tells that there is more than the limit.
func List(ctx context.Context, source Source, filter Filter) (entries []Entry, more bool, err error) {
	items, err := source.Items(ctx, filter.Prefix)
	if err != nil {
		return nil, false, err
	}
	items = slices.DeleteFunc(items, func(i Item) bool { return i.Time.Before(filter.Since) })
	slices.SortFunc(items, func(a, b Item) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Name, b.Name)) })
	entries = []Entry{}
	// In portions: what is beyond the limit is not read.
	for len(items) > 0 {
		portion := items[:min(len(items), 4*readers)]
		items = items[len(portion):]
		read := make([]*Entry, len(portion))
		group, groupContext := errgroup.WithContext(ctx)
		group.SetLimit(readers)
		for i, item := range portion {
			group.Go(func() error {
				d, ok, err := source.Read(groupContext, item)
				if ok && strings.HasPrefix(d.Key, filter.Prefix) && (len(filter.Status) == 0 || slices.Contains(filter.Status, d.Status)) {
					read[i] = &d.Entry
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, false, err
		}
		for _, e := range read {
			if e == nil {
				continue
			}
			if filter.Limit > 0 && len(entries) == filter.Limit {
				return entries, true, nil
			}
			entries = append(entries, *e)
		}
	}
	return entries, false, nil
}

// Find finds the newest result of a document by its key, or a result by the name of its execution. Without either the error
// names documents that there are.
func Find(ctx context.Context, source Source, name string) (Document, error) {
	for _, prefix := range []string{name, ""} { // first where only this document's are
		items, err := source.Items(ctx, prefix)
		if err != nil {
			return Document{}, err
		}
		slices.SortFunc(items, func(a, b Item) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Name, b.Name)) })
		for _, item := range items {
			// A record of quarantine is named after its execution only.
			if !strings.Contains(item.Name, name) && !strings.HasPrefix(item.Name, claim.QuarantinePrefix) {
				continue
			}
			d, ok, err := source.Read(ctx, item)
			if err != nil {
				return Document{}, err
			}
			if ok && (d.Key == name || d.Execution == name || item.Name == name) {
				return d, nil
			}
		}
	}
	return Document{}, fmt.Errorf("there is no result of %q; docflow list shows what there is", name)
}

// entryOf says in short what a report says.
func entryOf(r *combine.Report) Entry {
	e := Entry{Status: string(r.Status), Missing: []string{}, InputTokens: r.Usage.InputTokens, OutputTokens: r.Usage.OutputTokens, Execution: r.Execution}
	if r.Document != nil {
		e.Key, e.Bucket, e.Version = r.Document.Key, r.Document.Bucket, r.Document.VersionID
	}
	if r.Cost != nil && !r.OfflineModel {
		e.Dollars = r.Cost.Dollars
	}
	if r.Counts != nil {
		e.Pages, e.Chunks = r.Counts.Pages, r.Counts.Chunks
	}
	for _, m := range r.Missing {
		e.Missing = append(e.Missing, m.Part)
	}
	return e
}

// record is what the pipeline writes about a document that has no result.
type record struct {
	Status    string          `json:"status"`
	State     string          `json:"state"`
	Error     string          `json:"error"`
	Cause     string          `json:"cause"`
	Execution string          `json:"execution"`
	Input     json.RawMessage `json:"input"`
}

// readReport reads a report, or the record of a document without one.
func readReport(name string, data []byte) (Document, bool) {
	if strings.HasPrefix(name, claim.QuarantinePrefix) {
		var r record
		if json.Unmarshal(data, &r) != nil || r.Status == "" {
			return Document{}, false
		}
		d := Document{Raw: data, Cause: r.Cause, Entry: Entry{
			Key: keyOf(r.Input), Status: r.Status, Error: r.Error, Missing: []string{}, Execution: r.Execution[strings.LastIndexByte(r.Execution, ':')+1:],
		}}
		return d, true
	}
	report := &combine.Report{}
	if json.Unmarshal(data, report) != nil || report.Status == "" || report.Document == nil {
		return Document{}, false
	}
	return Document{Entry: entryOf(report), Report: report, Raw: data}, true
}

// keyOf returns the document's key of the input of an execution, in the forms that the function extract takes.
func keyOf(input json.RawMessage) string {
	var in struct {
		Key    string `json:"key"`
		Detail struct {
			Object struct {
				Key string `json:"key"`
			} `json:"object"`
		} `json:"detail"`
	}
	if json.Unmarshal(input, &in) != nil {
		return ""
	}
	return cmp.Or(in.Key, in.Detail.Object.Key)
}
