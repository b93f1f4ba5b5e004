package batch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/trigger"
)

// list writes the list of the documents. It is made once, since all rounds have to be about the same: what a prefix holds
// changes while a batch takes its day.
func (h *Handler) list(ctx context.Context, request Request) (Planned, error) {
	if request.Source == nil {
		return Planned{}, failure.New(failure.InvalidRequest, `source is missing; it should be {"bucket": "…", "prefix": "…"} or {"manifest": {"bucket": "…", "key": "…"}}`)
	}
	l := listing{output: request.Output, seen: map[string]bool{}, documents: []Document{}}
	err := error(nil)
	switch s := request.Source; {
	case s.Manifest != nil:
		err = h.readManifest(ctx, *s, &l)
	case s.Bucket != "":
		err = h.listPrefix(ctx, *s, &l)
	default:
		err = failure.New(failure.InvalidRequest, `source has neither a bucket nor a manifest; it should be {"bucket": "…", "prefix": "…"} or {"manifest": {"bucket": "…", "key": "…"}}`)
	}
	if err != nil {
		return Planned{}, err
	}
	if len(l.documents) == 0 {
		return Planned{}, failure.New(failure.InvalidRequest, "the source has no documents")
	}
	return h.planned(ctx, Extract, Cursor{Stage: Prepared}, documentsOf(request.Output, 0), l.documents, len(l.documents))
}

// planned writes a list of items.
func (h *Handler) planned(ctx context.Context, action Action, next Cursor, where claim.Object, items any, count int) (Planned, error) {
	data, err := json.Marshal(items)
	if err != nil {
		return Planned{}, failure.New(failure.Unexpected, "the list of items cannot be written as JSON: %v", err)
	}
	if err := claim.Put(ctx, h.S3, where, claim.TypeJSON, data); err != nil {
		return Planned{}, claim.Failure(err, failure.InvalidRequest)
	}
	return Planned{Action: action, Cursor: next, Items: &where, Key: strings.TrimPrefix(where.Key, claim.WorkPrefix), Count: count}, nil
}

// listing collects the documents of a batch.
type listing struct {
	output    claim.Output
	seen      map[string]bool // names
	documents []Document
}

// add adds a document, once.
func (l *listing) add(bucket, key, version string) error {
	// Without a version it is whatever the key holds when it is read.
	name := trigger.Name(bucket, key, trigger.Identity(version, "", ""), "batch "+l.output.Execution())
	if l.seen[name] {
		return nil
	}
	if len(l.documents) == MaxDocuments {
		return failure.New(failure.LimitExceeded, "the source has more than %d documents, which is the limit of a batch: make several", MaxDocuments)
	}
	l.seen[name] = true
	l.documents = append(l.documents, Document{
		Name: name, Bucket: bucket, Key: key, VersionID: version,
		Output: claim.Output{Bucket: l.output.Bucket, Prefix: claim.WorkPrefix + name},
	})
	return nil
}

func (h *Handler) listPrefix(ctx context.Context, source Source, l *listing) error {
	return h.objects(ctx, source.Bucket, source.Prefix, func(key string, _ int64) error {
		own := source.Bucket == l.output.Bucket && slices.ContainsFunc(claim.OutputPrefixes(), func(p string) bool { return strings.HasPrefix(key, p) })
		if own || strings.HasSuffix(key, "/") { // what the pipeline wrote, and the folders of the console
			return nil
		}
		return l.add(source.Bucket, key, "")
	})
}

// objects gives the keys below a prefix, in their order.
func (h *Handler) objects(ctx context.Context, bucket, prefix string, each func(key string, size int64) error) error {
	pages := s3.NewListObjectsV2Paginator(h.S3, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return claim.Failure(claim.ErrorOf("read", claim.Object{Bucket: bucket, Key: prefix}, err), failure.InvalidRequest)
		}
		for _, o := range page.Contents {
			if err := each(aws.ToString(o.Key), aws.ToInt64(o.Size)); err != nil {
				return err
			}
		}
	}
	return nil
}

// entry is one document of a manifest.
type entry struct {
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	VersionID string `json:"versionId"`
}

// UnmarshalJSON reads an object, or a string, which is a key.
func (e *entry) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &e.Key)
	}
	type plain entry
	return json.Unmarshal(data, (*plain)(e))
}

// readManifest reads the file that lists the documents.
func (h *Handler) readManifest(ctx context.Context, source Source, l *listing) error {
	where := *source.Manifest
	body, err := claim.Get(ctx, h.S3, where, maxList)
	if err != nil {
		return claim.Failure(err, failure.ManifestNotFound)
	}
	add := func(n int, e entry) error {
		if e.Bucket == "" {
			e.Bucket = source.Bucket
		}
		if e.Bucket == "" || e.Key == "" {
			return failure.New(failure.InvalidRequest, "%s: document %d has no bucket or no key; each needs a key, and a bucket unless source has one", where.URI(), n)
		}
		return l.add(e.Bucket, e.Key, e.VersionID)
	}
	data := bytes.TrimPrefix(body.Data, []byte("\uFEFF"))
	switch name := strings.ToLower(where.Key); {
	case strings.HasSuffix(name, ".json"):
		err = readArray(data, add)
	case strings.HasSuffix(name, ".jsonl"), strings.HasSuffix(name, ".ndjson"):
		err = readLines(data, add)
	case strings.HasSuffix(name, ".csv"):
		err = readCSV(data, add)
	default:
		return failure.New(failure.InvalidRequest, "%s: the format of the manifest is told by the end of its name: .json, .jsonl or .csv", where.URI())
	}
	if err != nil && failure.Name(err) == "" {
		return failure.New(failure.InvalidRequest, "%s cannot be read: %s", where.URI(), err)
	}
	return err
}

func readArray(data []byte, add func(int, entry) error) error {
	var entries []entry
	if err := json.Unmarshal(data, &entries); err != nil {
		return errors.New(failure.JSONFault(err) + "; it should be a JSON array")
	}
	for i, e := range entries {
		if err := add(i+1, e); err != nil {
			return err
		}
	}
	return nil
}

func readLines(data []byte, add func(int, entry) error) error {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return failure.New(failure.InvalidRequest, "line %d of the manifest: %s", n, failure.JSONFault(err))
		}
		if err := add(n, e); err != nil {
			return err
		}
	}
	return lines.Err()
}

func readCSV(data []byte, add func(int, entry) error) error {
	rows := csv.NewReader(bytes.NewReader(data))
	names, err := rows.Read()
	if err != nil {
		return err
	}
	column := func(name string) int {
		return slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(strings.TrimSpace(n), name) })
	}
	bucket, key, version := column("bucket"), column("key"), column("versionId")
	if key < 0 {
		return errors.New("the first line names no column \"key\"; it should name key, and may name bucket and versionId")
	}
	for n := 2; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		cell := func(i int) string {
			if i < 0 {
				return ""
			}
			return row[i]
		}
		if err := add(n, entry{cell(bucket), cell(key), cell(version)}); err != nil {
			return err
		}
	}
}
