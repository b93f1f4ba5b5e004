package mapdata

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Writer is a ResultWriter, its expressions evaluated.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
type Writer struct {
	Resource   string      // arn:aws:states:::s3:putObject; "" when only a WriterConfig shapes the state's own result
	Parameters value.Value // Parameters or Arguments: {"Bucket", "Prefix"}
	// Transformation is what becomes of the executions that succeeded: NONE writes them as Execution.Value has them, COMPACT their
	// outputs, FLATTEN the items of outputs that are arrays. The others are always written as with NONE. "" is NONE.
	Transformation string
	OutputType     string // JSON, which is also the default: one array; JSONL: one line each
	Limits         Limits

	Redrive int           // which redrive of the Map Run this is; 0 for its first run
	Earlier []value.Value // Results.Succeeded of the run before it
}

// Results is what Write has written.
type Results struct {
	Value     value.Value   // the state's result
	Succeeded []value.Value // {"Key", "Size"} of the files of executions that succeeded, in all runs so far
}

// Write writes the results of a Map Run. The state's result is:
//
//	{"MapRunArn": …, "ResultWriterDetails": {"Bucket": …, "Key": "<Prefix>/<Map Run's id>/manifest.json"}}
//
// Beside the manifest, which is written last, are SUCCEEDED_n.json, FAILED_n.json and PENDING_n.json, or .jsonl, of those kinds
// that there are any executions of; n counts up from 0 when a file would exceed Limits.ResultFile. All bytes are as captured.
// A Map Run that fails has its results written too.
//
// Redrive n writes what ran in it to the folder Redrive-n in that of the Map Run, with a manifest of its own, which lists the files
// of what succeeded in earlier runs before its own ones (captured on AWS in 2026-09: github.com/radkawar/stackd
// testdata/aws/stepfunctions/redrive_map.json).
//
// It fails with an *Error named States.ResultWriterFailed, or with ctx's error.
func (w Writer) Write(ctx context.Context, objects Objects, mapRunArn string, executions iter.Seq[Execution]) (*Results, error) {
	result, err := w.write(ctx, objects, mapRunArn, executions)
	if err != nil {
		if cancelled := ctx.Err(); cancelled != nil {
			return nil, cancelled
		}
		return nil, failed(ErrorResultWriterFailed, err)
	}
	return result, nil
}

func (w Writer) write(ctx context.Context, objects Objects, mapRunArn string, executions iter.Seq[Execution]) (*Results, error) {
	if !strings.HasSuffix(w.Resource, ":s3:putObject") {
		return nil, fmt.Errorf("the ResultWriter's Resource must be arn:aws:states:::s3:putObject but was: %s", w.Resource)
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	params, err := readParameters(w.Parameters, false)
	if err != nil {
		return nil, err
	}
	folder := params.prefix
	if folder != "" && !strings.HasSuffix(folder, "/") {
		folder += "/"
	}
	folder += mapRunArn[strings.LastIndexByte(mapRunArn, ':')+1:] + "/"
	if w.Redrive > 0 {
		folder += fmt.Sprintf("Redrive-%d/", w.Redrive)
	}

	put := func(name string, body []byte) error {
		return objects.Put(ctx, params.bucket, folder+name, bytes.NewReader(body))
	}
	lines := w.OutputType == "JSONL"
	files := map[string]*resultFiles{}
	for _, kind := range []string{Succeeded, Failed, Pending} {
		files[kind] = &resultFiles{kind: kind, folder: folder, lines: lines, limit: w.Limits.withDefaults().ResultFile, put: put}
	}
	for x := range executions {
		for entry := range w.entries(&x) {
			if err := files[x.file()].add(entry); err != nil {
				return nil, err
			}
		}
	}
	for _, kind := range []string{Succeeded, Failed, Pending} { // the order in which they were captured to be written
		if err := files[kind].flush(); err != nil {
			return nil, err
		}
	}
	succeeded := slices.Concat(w.Earlier, files[Succeeded].written)
	manifest := value.NewObject(
		value.Member{Name: "DestinationBucket", Value: value.String(params.bucket)},
		value.Member{Name: "MapRunArn", Value: value.String(mapRunArn)},
		value.Member{Name: "ResultFiles", Value: value.NewObject(
			value.Member{Name: Failed, Value: value.NewArray(files[Failed].written...)},
			value.Member{Name: Pending, Value: value.NewArray(files[Pending].written...)},
			value.Member{Name: Succeeded, Value: value.NewArray(succeeded...)},
		)},
	)
	if err := put("manifest.json", value.Append(nil, manifest)); err != nil {
		return nil, err
	}
	result := value.NewObject(
		value.Member{Name: "MapRunArn", Value: value.String(mapRunArn)},
		value.Member{Name: "ResultWriterDetails", Value: value.NewObject(
			value.Member{Name: "Bucket", Value: value.String(params.bucket)},
			value.Member{Name: "Key", Value: value.String(folder + "manifest.json")},
		)},
	)
	return &Results{result, succeeded}, nil
}

// Result is the state's result when there is a WriterConfig but no Resource: an array of what Write would put into the files,
// in the order of the executions. OutputType changes nothing in it; that is an assumption.
func (w Writer) Result(executions iter.Seq[Execution]) (value.Value, error) {
	if err := w.check(); err != nil {
		return nil, failed(ErrorResultWriterFailed, err)
	}
	var entries []value.Value
	for x := range executions {
		for entry := range w.entries(&x) {
			entries = append(entries, entry)
		}
	}
	return value.NewArray(entries...), nil
}

func (w Writer) check() error {
	switch w.Transformation {
	case "", "NONE", "COMPACT", "FLATTEN":
	default:
		return fmt.Errorf("WriterConfig.Transformation must be NONE, COMPACT or FLATTEN but was: %s", w.Transformation)
	}
	switch w.OutputType {
	case "", "JSON", "JSONL":
	default:
		return fmt.Errorf("WriterConfig.OutputType must be JSON or JSONL but was: %s", w.OutputType)
	}
	return nil
}

// entries is what one execution puts into the results.
func (w Writer) entries(x *Execution) iter.Seq[value.Value] {
	return func(yield func(value.Value) bool) {
		if x.Status != Succeeded || w.Transformation == "" || w.Transformation == "NONE" || x.Output == nil {
			yield(x.Value())
			return
		}
		if array, ok := x.Output.(*value.Array); ok && w.Transformation == "FLATTEN" {
			for _, item := range array.Items() {
				if !yield(item) {
					return
				}
			}
			return
		}
		yield(x.Output)
	}
}

// resultFiles writes the files of one kind.
type resultFiles struct {
	kind, folder string
	lines        bool
	limit        int64
	put          func(name string, body []byte) error

	buf     []byte
	written []value.Value // {"Key", "Size"} of each
}

func (f *resultFiles) add(entry value.Value) error {
	text := value.Append(nil, entry)
	if f.lines && bytes.ContainsAny(text, "\r\n") {
		text = []byte(value.Compact(entry)) // data that nothing changed may keep the white space of its source
	}
	if len(f.buf) > 0 && int64(len(f.buf)+len(text)+2) > f.limit {
		if err := f.flush(); err != nil {
			return err
		}
	}
	switch {
	case f.lines:
		f.buf = append(append(f.buf, text...), '\n')
		return nil
	case len(f.buf) == 0:
		f.buf = append(f.buf, '[')
	default:
		f.buf = append(f.buf, ',')
	}
	f.buf = append(f.buf, text...)
	return nil
}

// flush writes what there is to write.
func (f *resultFiles) flush() error {
	if len(f.buf) == 0 {
		return nil
	}
	extension := ".jsonl"
	if !f.lines {
		f.buf = append(f.buf, ']')
		extension = ".json"
	}
	name := fmt.Sprintf("%s_%d%s", f.kind, len(f.written), extension)
	if err := f.put(name, f.buf); err != nil {
		return err
	}
	f.written = append(f.written, value.NewObject(
		value.Member{Name: "Key", Value: value.String(f.folder + name)},
		value.Member{Name: "Size", Value: value.Int(len(f.buf))},
	))
	f.buf = nil
	return nil
}
