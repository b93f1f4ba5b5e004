package check

import (
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// S3Event is the event that Amazon S3 sends through Amazon EventBridge when an object is created ("EventBridge event message structure" in
// S3's User Guide). S3 adds fields from time to time; that the envelope is EventBridge's does not change.
func S3Event() *shape.Shape {
	text := func(name string) shape.Member { return shape.Member{Name: name, Shape: shape.AnyString} }
	detail := shape.OpenObject(
		text("version"),
		shape.Member{Name: "bucket", Shape: shape.OpenObject(text("name"))},
		shape.Member{Name: "object", Shape: shape.Object(
			text("key"), optional("size", shape.AnyNumber), optional("etag", shape.AnyString), optional("version-id", shape.AnyString), optional("sequencer", shape.AnyString),
		)},
		text("request-id"), text("requester"), optional("source-ip-address", shape.AnyString), optional("reason", shape.AnyString),
	)
	return shape.Object(
		text("version"), text("id"), shape.Member{Name: "detail-type", Shape: shape.Exact(value.String("Object Created"))}, shape.Member{Name: "source", Shape: shape.Exact(value.String("aws.s3"))},
		text("account"), text("time"), text("region"), shape.Member{Name: "resources", Shape: shape.Array(shape.AnyString)}, shape.Member{Name: "detail", Shape: detail},
		optional("replay-name", shape.AnyString),
	)
}
