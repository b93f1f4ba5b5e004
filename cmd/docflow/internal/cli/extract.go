package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/documents"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

type extractOptions struct {
	format   string
	pages    string
	password string
	out      string
	name     string
	full     bool
	jobs     int
	limits   []string
	tokens   int
	overlap  int
	ocr      ocrOptions
}

func newExtract(s *streams) *cobra.Command {
	o := &extractOptions{}
	c := &cobra.Command{
		Use:   "extract FILE|DIR|-…",
		Short: "Turn documents into text, Markdown or JSON",
		Long: `Turn documents into text, Markdown or JSON, with the code that the extract Lambda function runs.

The format is found from the bytes; the name only breaks ties. What could not be read (a page that is an image, an encrypted
attachment) is told on stderr with its page, and is among the warnings of the JSON form. A folder stands for every file below it,
"-" for standard input.

With --format json every document is one object: format, metadata, pages with their text, blocks (headings, lists, tables) and
links, attachments, warnings; offsets count bytes of UTF-8. --chunks adds the pieces that a model would be given.

Limits bound what a document may cost; --limit changes them by name: ` + strings.Join(limitNames(), ", ") + `.

Pages that are images are read by optical character recognition (--ocr): with auto by the tesseract program where there is one,
else they stay empty, with a warning. bedrock:MODEL asks a model on Amazon Bedrock, textract Amazon Textract, which reads Latin
scripts only.

One document that fails does not stop the others; the exit code is 1 when any failed.`,
		Example: `  docflow extract report.pdf
  docflow extract --ocr tesseract scan.pdf
  docflow extract --format markdown --pages 1-3 report.pdf
  docflow extract --format json mail.eml | jq '.attachments[].name'
  docflow extract --format json --chunks 2000 report.pdf | jq -r '.chunks[0].text'
  docflow extract --out text/ contracts/
  docflow extract --limit Pages=50 --limit Time=10s upload.pdf`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return o.run(c.Context(), s, args)
		},
	}
	f := c.Flags()
	f.StringVar(&o.format, "format", "text", "text, markdown or json")
	f.StringVar(&o.pages, "pages", "", "pages to read, as 1-3,7,9-; default: all")
	f.StringVar(&o.password, "password", "", "opens encrypted documents")
	f.StringVar(&o.out, "out", "", "folder for one file a document, FILE.txt, FILE.md or FILE.json, instead of standard output")
	f.StringVar(&o.name, "name", "", `the name of the document on standard input, such as notes.md`)
	f.BoolVar(&o.full, "full", false, "keep headers, footers and the navigation of HTML pages")
	f.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), "how many documents are read at the same time")
	f.StringArrayVar(&o.limits, "limit", nil, "NAME=VALUE of a limit; may be given several times")
	f.IntVar(&o.tokens, "chunks", 0, "with --format json: also cut the text into chunks of at most so many tokens")
	o.ocr.flags(f)
	f.IntVar(&o.overlap, "overlap", 0, "with --chunks: how many tokens of the text before a chunk are repeated beside it")
	return c
}

// limitNames lists the names that --limit takes.
func limitNames() []string {
	var names []string
	for _, limit := range new(text.Limits).Fields() {
		names = append(names, limit.Name)
	}
	return names
}

// extraction is what became of one document; its JSON form is the output of --format json.
type extraction struct {
	File string `json:"file"`
	*text.Document
	Chunks []text.Chunk `json:"chunks,omitempty"`
	Error  *text.Error  `json:"error,omitempty"`

	err error
}

func (o *extractOptions) run(ctx context.Context, s *streams, args []string) error {
	opts, err := o.options(args)
	if err != nil {
		return err
	}
	if opts.OCR, err = o.ocr.reader(ctx); err != nil {
		return err
	}
	files, err := o.find(args)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := os.MkdirAll(o.out, 0o755); err != nil {
			return err
		}
	}
	defer text.ReleasePDF()
	failed := 0
	err = o.each(ctx, s, files, opts, func(file documents.File, e *extraction) error {
		if e.err != nil {
			failed++
		}
		o.tell(s, e)
		return o.write(s, file, e, len(files) > 1)
	})
	if err != nil {
		return err
	}
	if len(files) > 1 {
		fmt.Fprintf(s.err, "%d documents: %d read, %d failed\n", len(files), len(files)-failed, failed)
	}
	if failed > 0 {
		return errFailed
	}
	return nil
}

// options checks the flags.
func (o *extractOptions) options(args []string) (text.Options, error) {
	opts := text.Options{Password: o.password, Full: o.full}
	if err := oneOf("format", o.format, "text", "markdown", "json"); err != nil {
		return opts, err
	}
	switch {
	case o.jobs < 1:
		return opts, usagef("--jobs is %d; it takes a number above zero", o.jobs)
	case o.tokens < 0 || o.overlap < 0:
		return opts, usagef("--chunks and --overlap take a number of tokens above zero")
	case o.tokens > 0 && o.format != "json":
		return opts, usagef("--chunks adds to the JSON form: give --format json, too")
	case o.overlap > 0 && o.tokens == 0:
		return opts, usagef("--overlap belongs to --chunks")
	case o.name != "" && (len(args) != 1 || args[0] != "-"):
		return opts, usagef("--name names the document on standard input: give - as the only FILE")
	}
	if o.pages != "" {
		var err error
		if opts.Pages, err = text.ParsePages(o.pages); err != nil {
			return opts, usagef("--pages: %w", err)
		}
	}
	for _, setting := range o.limits {
		name, value, ok := strings.Cut(setting, "=")
		if !ok {
			return opts, usagef("--limit %s has no value; write %s=VALUE", setting, setting)
		}
		if err := opts.Limits.Set(name, value); err != nil {
			return opts, usagef("--limit: %w", err)
		}
	}
	return opts, nil
}

const standardInput = "-"

func (o *extractOptions) find(args []string) ([]documents.File, error) {
	if len(args) == 1 && args[0] == standardInput {
		return []documents.File{{Path: standardInput, Name: o.name}}, nil
	}
	files, err := documents.Find(args)
	if err != nil {
		return nil, usageError{err}
	}
	return files, nil
}

// each reads the documents, o.jobs at a time, and hands them to done in the order of the files.
func (o *extractOptions) each(ctx context.Context, s *streams, files []documents.File, opts text.Options, done func(documents.File, *extraction) error) error {
	results := make([]chan *extraction, len(files))
	for i := range results {
		results[i] = make(chan *extraction, 1)
	}
	group, ctx := errgroup.WithContext(ctx)
	// Only as many results wait as documents are read at a time: a folder of any size fits into memory.
	ahead := make(chan struct{}, 2*o.jobs)
	next := make(chan int)
	group.Go(func() error {
		defer close(next)
		for i := range files {
			select {
			case ahead <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case next <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range min(o.jobs, len(files)) {
		group.Go(func() error {
			for i := range next {
				e, err := o.one(ctx, s, files[i], opts)
				if err != nil {
					return err
				}
				results[i] <- e
			}
			return nil
		})
	}
	group.Go(func() error {
		for i, file := range files {
			select {
			case e := <-results[i]:
				<-ahead
				if err := done(file, e); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return group.Wait()
}

// one reads one document. The error is one that ends the whole run.
func (o *extractOptions) one(ctx context.Context, s *streams, file documents.File, opts text.Options) (*extraction, error) {
	limit := opts.Limits.InputBytes
	if limit <= 0 {
		limit = text.DefaultLimits().InputBytes
	}
	e := &extraction{File: file.Path}
	data, err := readAtMost(s, file.Path, limit)
	if err != nil {
		e.err, e.Error = err, &text.Error{Code: text.Unreadable, Name: file.Path, Message: err.Error()}
		return e, nil
	}
	e.Document, err = text.Extract(ctx, data, file.Name, opts)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		e.err = err
		errors.As(err, &e.Error)
		return e, nil
	}
	if o.tokens > 0 {
		e.Chunks = text.Split(e.Document.Flat(), text.ChunkOptions{MaxTokens: o.tokens, OverlapTokens: o.overlap})
	}
	return e, nil
}

// readAtMost reads a file and one byte more than the limit, so that the extraction says what is wrong with it.
func readAtMost(s *streams, path string, limit int64) ([]byte, error) {
	if path == standardInput {
		return io.ReadAll(io.LimitReader(s.in, limit+1))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// tell writes a document's warnings, or its error, to standard error.
func (o *extractOptions) tell(s *streams, e *extraction) {
	if e.err != nil {
		// The error's own text begins with the document's name without its folders.
		fmt.Fprintf(s.err, "%s: %s: %s\n", e.File, e.Error.Code, report.Clean(e.Error.Message))
	}
	if e.Document == nil {
		return
	}
	for _, w := range e.Flat().Warnings {
		where := e.File
		if w.Page > 0 {
			where = fmt.Sprintf("%s: page %d", e.File, w.Page)
		}
		fmt.Fprintf(s.err, "%s: warning: %s (%s)\n", where, report.Clean(w.Message), w.Code)
	}
}

// write writes a document in the form that was asked for.
func (o *extractOptions) write(s *streams, file documents.File, e *extraction, several bool) error {
	content, extension := "", ".txt"
	switch o.format {
	case "json":
		encoded, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			return err
		}
		content, extension = string(encoded)+"\n", ".json"
	case "markdown":
		if extension = ".md"; e.err == nil {
			content = e.Markdown()
		}
	default:
		if e.err == nil {
			content = strings.TrimRight(e.Flat().Text(), "\n") + "\n"
		}
	}
	if o.out == "" {
		if several && o.format != "json" {
			if _, err := fmt.Fprintf(s.out, "==> %s <==\n", e.File); err != nil {
				return err
			}
		}
		_, err := io.WriteString(s.out, content)
		return err
	}
	if e.err != nil && o.format != "json" {
		return nil
	}
	name := file.Name
	if name == "" {
		name = "stdin"
	}
	path := filepath.Join(o.out, filepath.FromSlash(name)) + extension
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o644)
}
