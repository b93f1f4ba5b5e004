package results

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
)

// maxResult bounds a result that is read, in bytes: one of 10,000 pages and 2,000 chunks has about 3 MB.
const maxResult = 32 << 20

// Bucket is a results bucket.
type Bucket struct {
	Client *s3.Client
	Name   string
}

// Items lists results and records of quarantine. A record's name does not tell whose it is.
func (b Bucket) Items(ctx context.Context, prefix string) ([]Item, error) {
	var items []Item
	for _, under := range []string{claim.ResultsPrefix + prefix, claim.QuarantinePrefix} {
		pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: &under})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("s3://%s/%s: %w", b.Name, under, err)
			}
			for _, o := range page.Contents {
				if key := aws.ToString(o.Key); strings.HasSuffix(key, ".json") {
					items = append(items, Item{key, aws.ToTime(o.LastModified)})
				}
			}
		}
	}
	return items, nil
}

// Read reads an object. One that was deleted after it was listed holds no result.
func (b Bucket) Read(ctx context.Context, item Item) (Document, bool, error) {
	where := claim.Object{Bucket: b.Name, Key: item.Name}
	body, err := claim.Get(ctx, b.Client, where, maxResult)
	var storage *claim.StorageError
	if errors.As(err, &storage) && (storage.Kind == claim.NotFound || storage.Kind == claim.TooLarge) {
		return Document{}, false, nil
	}
	if err != nil {
		return Document{}, false, err
	}
	d, ok := readReport(item.Name, body.Data)
	d.Time, d.Result = item.Time.UTC(), where.URI()
	return d, ok, nil
}

// Folder is one that docflow run --out has made.
type Folder string

// Items lists the files that may be results.
func (f Folder) Items(_ context.Context, prefix string) ([]Item, error) {
	var items []Item
	err := filepath.WalkDir(string(f), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".json") || strings.HasSuffix(path, ".history.json") {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(string(f), path)
		if name = filepath.ToSlash(name); err == nil && strings.HasPrefix(name, prefix) {
			items = append(items, Item{name, info.ModTime()})
		}
		return err
	})
	return items, err
}

// Read reads a file.
func (f Folder) Read(_ context.Context, item Item) (Document, bool, error) {
	path := filepath.Join(string(f), filepath.FromSlash(item.Name))
	data, err := os.ReadFile(path)
	if err != nil {
		return Document{}, false, err
	}
	// What docflow run writes: what became of the execution, and the report in it.
	var run struct {
		File, Status, Execution, Error, Cause string
		Result                                json.RawMessage
	}
	if json.Unmarshal(data, &run) != nil || run.Status == "" || run.File == "" {
		return Document{}, false, nil
	}
	d := Document{Raw: data, Cause: run.Cause, Entry: Entry{
		Key: strings.TrimSuffix(item.Name, ".json"), Status: run.Status, Error: run.Error, Execution: run.Execution, Missing: []string{},
	}}
	var report combine.Report
	if json.Unmarshal(run.Result, &report) == nil && report.Status != "" && report.Document != nil {
		d.Entry, d.Report, d.Raw = entryOf(&report), &report, run.Result
	}
	d.Time, d.Result = item.Time.UTC().Truncate(time.Second), path
	return d, true, nil
}
