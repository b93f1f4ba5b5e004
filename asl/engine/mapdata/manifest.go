package mapdata

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// inventory gives the rows of the CSV files that an S3 inventory's manifest.json names. Their columns are the manifest's
// fileSchema, unless CSVHeaders are GIVEN; keys stay URL-encoded, as the inventory has them. An item's source is the file that
// it stands in.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
func (s *session) inventory(ref ObjectRef) error {
	source := URI(ref.Bucket, ref.Key)
	var text []byte
	err := s.open(ref, func(r io.Reader) (err error) {
		text, err = io.ReadAll(&limitedReader{r, s.limits.Manifest, &LimitError{"Manifest", s.limits.Manifest, source}})
		return err
	})
	if err != nil {
		return err
	}
	manifest, err := parseInventory(strings.TrimPrefix(string(text), "\uFEFF"), ref.Bucket)
	if err != nil {
		return readerFailedf("%s is no manifest of an S3 inventory: %s", source, err)
	}
	names := manifest.columns
	if s.src.Config.CSVHeaderLocation == "GIVEN" {
		if names, err = s.columns(); err != nil {
			return err
		}
	}
	separator, err := separatorOf(s.src.Config.CSVDelimiter)
	if err != nil {
		return err
	}
	for _, key := range manifest.keys {
		ref := ObjectRef{Bucket: manifest.bucket, Key: key, ExpectedBucketOwner: s.params.owner}
		item := Item{Source: URI(ref.Bucket, key)}
		if err := s.open(ref, func(r io.Reader) error { return s.csv(r, names, separator, item) }); err != nil {
			return err
		}
	}
	return nil
}

type inventoryManifest struct {
	bucket  string
	columns []string
	keys    []string
}

func parseInventory(text, bucket string) (*inventoryManifest, error) {
	v, err := value.Parse(text)
	if err != nil {
		return nil, err
	}
	object, ok := v.(*value.Object)
	if !ok {
		return nil, errors.New("it is not an object")
	}
	field := func(name string) string {
		v, _ := object.Get(name)
		text, _ := v.(value.String)
		return string(text)
	}
	if format := field("fileFormat"); format != "" && format != "CSV" {
		return nil, fmt.Errorf("its fileFormat is %s, and Step Functions reads CSV only: set the inventory's output format to CSV", format)
	}
	m := &inventoryManifest{bucket: bucket}
	if destination := field("destinationBucket"); destination != "" {
		m.bucket = destination[strings.LastIndexByte(destination, ':')+1:] // arn:aws:s3:::bucket
	}
	schema := field("fileSchema")
	if schema == "" {
		return nil, errors.New("it has no fileSchema")
	}
	for name := range strings.SplitSeq(schema, ",") {
		m.columns = append(m.columns, strings.TrimSpace(name))
	}
	files, _ := object.Get("files")
	array, ok := files.(*value.Array)
	if !ok {
		return nil, errors.New("it has no array named files")
	}
	for i, file := range array.Items() {
		var key value.String
		if file, ok := file.(*value.Object); ok {
			v, _ := file.Get("key")
			key, _ = v.(value.String)
		}
		if key == "" {
			return nil, fmt.Errorf("files[%d] has no key", i)
		}
		m.keys = append(m.keys, string(key))
	}
	return m, nil
}

// athena gives the items of the files that the manifest of an Athena UNLOAD query lists, one S3 URI a row. All of them are of
// the one InputType.
//
// https://docs.aws.amazon.com/athena/latest/ug/unload.html
func (s *session) athena(ref ObjectRef) error {
	switch s.src.Config.InputType {
	case "CSV", "JSONL", "PARQUET":
	default:
		return readerFailedf("ReaderConfig.InputType must be CSV, JSONL or PARQUET when ManifestType is ATHENA_DATA but was %q",
			s.src.Config.InputType)
	}
	source := URI(ref.Bucket, ref.Key)
	return s.open(ref, func(r io.Reader) error {
		lines := newLineReader(r)
		rows := &csvReader{lines: lines, separator: ',', limit: s.limits.Header}
		for {
			row, err := rows.record()
			switch {
			case err == io.EOF:
				return nil
			case errors.Is(err, errTooLong):
				return &LimitError{"Header", s.limits.Header, fmt.Sprintf("the row at line %d of %s", lines.line+1, source)}
			case err != nil:
				return err
			}
			uri := strings.TrimSpace(strings.TrimPrefix(row[0], "\uFEFF"))
			if uri == "" {
				continue
			}
			bucket, key, ok := ParseURI(uri)
			if !ok {
				return readerFailedf("Line %d of %s is not the S3 URI of an object: %s", lines.line, source, uri)
			}
			if err := s.file(ObjectRef{Bucket: bucket, Key: key, ExpectedBucketOwner: s.params.owner}); err != nil {
				return err
			}
		}
	})
}
