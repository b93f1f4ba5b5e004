package mapdata

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Source is an ItemReader, its expressions evaluated.
type Source struct {
	Resource   string      // arn:aws:states:::s3:getObject or …:s3:listObjectsV2
	Parameters value.Value // Parameters or Arguments: {"Bucket", "Key", "VersionId", "ExpectedBucketOwner"}, {"Bucket", "Prefix", …}
	Config     Config
	Limits     Limits
	// MapObjects makes a JSON file whose root is an object a dataset: its members are the items, as AWS documents since 2025.
	// AWS was recorded in 2023 to fail with "Attempting to map over non-iterable node.", which is what happens without it. An
	// object that an ItemsPointer names is a dataset either way.
	MapObjects bool
}

// Config is a ReaderConfig, its expressions evaluated.
type Config struct {
	InputType         string // CSV, JSON, JSONL, PARQUET or MANIFEST
	Transformation    string // NONE or LOAD_AND_FLATTEN
	ManifestType      string // ATHENA_DATA or S3_INVENTORY
	CSVDelimiter      string
	CSVHeaderLocation string      // FIRST_ROW, which is also the default, or GIVEN
	CSVHeaders        value.Value // an array of strings
	ItemsPointer      string
	// MaxItems is after how many items to stop; 0: never, as when it is absent (recorded). A negative number is an error
	// (recorded); one above 100,000,000 counts as that.
	MaxItems int64
}

// Item is one item, with what the context object shows of it.
type Item struct {
	Value  value.Value // Map.Item.Value
	Key    string      // Map.Item.Key, of the members of an object
	HasKey bool
	Source string // Map.Item.Source, such as s3://bucket/key
}

// Input is what a child execution gets when no ItemSelector makes something else of the item: its value, and of a member of an
// object {"Key", "Value"}.
func (it Item) Input() value.Value {
	if it.HasKey {
		return value.NewObject(value.Member{Name: "Key", Value: value.String(it.Key)}, value.Member{Name: "Value", Value: it.Value})
	}
	return it.Value
}

// SourceStateData is the Map.Item.Source of items that come from the state's input (recorded).
const SourceStateData = "STATE_DATA"

// session is one reading of a Source.
type session struct {
	ctx     context.Context
	objects Objects
	src     Source
	limits  Limits
	params  parameters
	left    int64 // items that may still be given
	yield   func(Item, error) bool
	stopped bool
}

// errStop ends a reading that needs no more items.
var errStop = errors.New("stop")

// Read gives the items of a source. It fails with an *Error, named States.ItemReaderFailed, or with ctx's error; a failure is the
// last that it gives.
func Read(ctx context.Context, objects Objects, src Source) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		s := &session{ctx: ctx, objects: objects, src: src, limits: src.Limits.withDefaults(), yield: yield, left: MaxItems}
		err := s.read()
		if err == nil || errors.Is(err, errStop) || s.stopped {
			return
		}
		if cancelled := ctx.Err(); cancelled != nil {
			yield(Item{}, cancelled)
			return
		}
		yield(Item{}, readerFailed(err))
	}
}

// ReadAll is Read into a slice, within Limits.Held.
func ReadAll(ctx context.Context, objects Objects, src Source) ([]Item, error) {
	const overhead = 256
	limit := src.Limits.withDefaults().Held
	var items []Item
	held := int64(0)
	for item, err := range Read(ctx, objects, src) {
		if err != nil {
			return nil, err
		}
		if held += int64(value.Size(item.Value)) + overhead; held > limit {
			return nil, readerFailed(&LimitError{"Held", limit, "the dataset"})
		}
		items = append(items, item)
	}
	return items, nil
}

func (s *session) read() error {
	if s.src.Config.MaxItems < 0 {
		return readerFailedf("field MaxItems must be positive")
	}
	if s.src.Config.MaxItems > 0 {
		s.left = min(s.src.Config.MaxItems, MaxItems)
	}
	listing := strings.HasSuffix(s.src.Resource, ":s3:listObjectsV2")
	if !listing && !strings.HasSuffix(s.src.Resource, ":s3:getObject") {
		return readerFailedf("The ItemReader's Resource must be arn:aws:states:::s3:getObject or arn:aws:states:::s3:listObjectsV2 but was: %s",
			s.src.Resource)
	}
	var err error
	if s.params, err = readParameters(s.src.Parameters, !listing); err != nil {
		return err
	}
	if listing {
		return s.list()
	}
	config := &s.src.Config
	ref := ObjectRef{s.params.bucket, s.params.key, s.params.versionID, s.params.owner}
	switch {
	case config.ManifestType == "ATHENA_DATA":
		return s.athena(ref)
	case config.ManifestType == "S3_INVENTORY" && (config.InputType == "" || config.InputType == "MANIFEST"),
		config.ManifestType == "" && config.InputType == "MANIFEST":
		return s.inventory(ref)
	case config.ManifestType == "S3_INVENTORY":
		return readerFailedf("ReaderConfig.InputType cannot be specified when ManifestType is S3_INVENTORY but was: %s", config.InputType)
	case config.ManifestType != "":
		return readerFailedf("ReaderConfig.ManifestType must be ATHENA_DATA or S3_INVENTORY but was: %s", config.ManifestType)
	}
	return s.file(ref)
}

// give hands an item on. It returns errStop when that was the last one wanted.
func (s *session) give(item Item) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if !s.yield(item, nil) {
		s.stopped = true
		return errStop
	}
	if s.left--; s.left == 0 {
		return errStop
	}
	return nil
}

// at names the place of an error that does not name it itself.
func (s *session) at(source string, err error) error {
	var known *Error
	var limit *LimitError
	var storage *StorageError
	if err == nil || errors.Is(err, errStop) || errors.As(err, &known) || errors.As(err, &limit) || errors.As(err, &storage) {
		return err
	}
	return fmt.Errorf("unable to read %s: %w", source, err)
}

// parameters is what an ItemReader's or ResultWriter's Parameters say.
type parameters struct {
	bucket, key, prefix, versionID, owner string
}

func readParameters(v value.Value, wantKey bool) (parameters, error) {
	var p parameters
	object, ok := v.(*value.Object)
	if !ok {
		return p, fmt.Errorf("the parameters must be an object but were: %s", value.Text(v))
	}
	for _, field := range []struct {
		name     string
		to       *string
		required bool
	}{{"Bucket", &p.bucket, true}, {"Key", &p.key, wantKey}, {"Prefix", &p.prefix, false}, {"VersionId", &p.versionID, false}, {"ExpectedBucketOwner", &p.owner, false}} {
		v, ok := object.Get(field.name)
		if !ok {
			if field.required {
				return p, fmt.Errorf("the field '%s' is required but was missing", field.name)
			}
			continue
		}
		text, ok := v.(value.String)
		if !ok || text == "" && field.required {
			return p, fmt.Errorf("the field '%s' must be a string that is not empty but was: %s", field.name, value.Text(v))
		}
		*field.to = string(text)
	}
	return p, nil
}
