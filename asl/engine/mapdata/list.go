package mapdata

import (
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

// list gives what listObjectsV2 finds: the objects' metadata, or, with LOAD_AND_FLATTEN, what they hold.
func (s *session) list() error {
	flatten := false
	switch s.src.Config.Transformation {
	case "", "NONE":
	case "LOAD_AND_FLATTEN":
		switch s.src.Config.InputType {
		case "CSV", "JSON", "JSONL", "PARQUET":
		default:
			return readerFailedf("ReaderConfig.InputType must be CSV, JSON, JSONL or PARQUET when Transformation is LOAD_AND_FLATTEN but was %q",
				s.src.Config.InputType)
		}
		flatten = true
	default:
		return readerFailedf("ReaderConfig.Transformation must be NONE or LOAD_AND_FLATTEN but was: %s", s.src.Config.Transformation)
	}
	source := URI(s.params.bucket, "")
	for info, err := range s.objects.List(s.ctx, ListInput{s.params.bucket, s.params.prefix, s.params.owner}) {
		if err != nil {
			return s.at(source, err)
		}
		switch {
		case !flatten:
			err = s.give(Item{Value: metadata(info), Source: source})
		case info.Size == 0 && strings.HasSuffix(info.Key, "/"):
			// What the S3 console makes for a folder. That it holds no data to load is an assumption.
		default:
			err = s.file(ObjectRef{Bucket: s.params.bucket, Key: info.Key, ExpectedBucketOwner: s.params.owner})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// metadata is an item of a listing, as captured: LastModified is a Java double of epoch seconds, 1.790204286E9, and the ETag
// keeps its quotation marks.
func metadata(info ObjectInfo) value.Value {
	etag := info.ETag
	if !strings.HasPrefix(etag, `"`) {
		etag = `"` + etag + `"`
	}
	class := info.StorageClass
	if class == "" {
		class = "STANDARD"
	}
	seconds := info.LastModified.Truncate(time.Second).Unix() // S3 lists whole seconds
	return value.NewObject(
		value.Member{Name: "Etag", Value: value.String(etag)},
		value.Member{Name: "Key", Value: value.String(info.Key)},
		value.Member{Name: "LastModified", Value: value.Number(javalang.FormatDouble(float64(seconds)))},
		value.Member{Name: "Size", Value: value.Int(info.Size)},
		value.Member{Name: "StorageClass", Value: value.String(class)},
	)
}
