package mapdata

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
)

// file gives the items of one object by InputType.
func (s *session) file(ref ObjectRef) error {
	config := &s.src.Config
	source := URI(ref.Bucket, ref.Key)
	item := Item{Source: source}
	switch config.InputType {
	case "CSV":
		separator, err := separatorOf(config.CSVDelimiter)
		if err != nil {
			return err
		}
		names, err := s.columns()
		if err != nil {
			return err
		}
		return s.open(ref, func(r io.Reader) error { return s.csv(r, names, separator, item) })
	case "JSON":
		return s.open(ref, func(r io.Reader) error { return s.json(r, config.ItemsPointer, item) })
	case "JSONL":
		return s.open(ref, func(r io.Reader) error { return s.jsonLines(r, item) })
	case "PARQUET":
		return unsupported("InputType PARQUET is not supported here: convert %s to JSONL or CSV, and set InputType accordingly", source)
	}
	return readerFailedf("ReaderConfig.InputType must be CSV, JSON, JSONL, PARQUET or MANIFEST but was %q", config.InputType)
}

// columns is the given header of a CSV file, or nil when the first row is it.
func (s *session) columns() ([]string, error) {
	switch s.src.Config.CSVHeaderLocation {
	case "", "FIRST_ROW":
		return nil, nil
	case "GIVEN":
		names, err := givenHeader(s.src.Config.CSVHeaders, s.limits.Header)
		if err == nil && len(names) == 0 {
			err = readerFailedf("ReaderConfig.CSVHeaders must name the columns when CSVHeaderLocation is GIVEN")
		}
		return names, err
	}
	return nil, readerFailedf("ReaderConfig.CSVHeaderLocation must be FIRST_ROW or GIVEN but was: %s", s.src.Config.CSVHeaderLocation)
}

// open reads an object, decompressed when its key ends in .gz, within Limits.File.
func (s *session) open(ref ObjectRef, read func(io.Reader) error) error {
	source := URI(ref.Bucket, ref.Key)
	object, err := s.objects.Get(s.ctx, ref)
	if err != nil {
		return s.at(source, err)
	}
	defer object.Body.Close() //nolint:errcheck // read only
	var r io.Reader = &limitedReader{object.Body, s.limits.File, &LimitError{"File", s.limits.File, source}}
	switch path.Ext(ref.Key) {
	case ".gz":
		unzipped, err := gzip.NewReader(r)
		if err != nil {
			return s.at(source, err)
		}
		r = &limitedReader{unzipped, s.limits.File, &LimitError{"File", s.limits.File, source + ", decompressed,"}}
	case ".zst", ".zstd":
		return unsupported("ZSTD compression is not supported here: compress %s with GZIP, with a key that ends in .gz, or not at all", source)
	}
	return s.at(source, read(r))
}

func unsupported(format string, args ...any) error {
	return &Error{Name: ErrorItemReaderFailed, Cause: fmt.Sprintf(format, args...), Err: errors.ErrUnsupported}
}

// limitedReader fails with its error when there is more to read than left.
type limitedReader struct {
	r    io.Reader
	left int64
	err  error
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, l.err
	}
	return n, err
}
