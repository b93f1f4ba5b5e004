package combine

import (
	_ "embed" // the schema
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/xeipuuv/gojsonschema"
)

//go:embed report.schema.json
var reportSchema []byte

// ReportSchema returns the JSON Schema (draft 7) of a report.
func ReportSchema() []byte { return slices.Clone(reportSchema) }

// compiledSchema is made once. The schema is part of the package and a test compiles it,
// so an error here cannot reach a user.
var compiledSchema = sync.OnceValues(func() (*gojsonschema.Schema, error) {
	return gojsonschema.NewSchema(gojsonschema.NewBytesLoader(reportSchema))
})

// checkReport holds a report, as JSON, against its schema before anyone reads it.
func checkReport(report []byte) error {
	schema, err := compiledSchema()
	if err != nil {
		return failure.New(failure.Unexpected, "the JSON Schema of the report: %v", err)
	}
	result, err := schema.Validate(gojsonschema.NewBytesLoader(report))
	if err != nil {
		return failure.New(failure.Unexpected, "the report cannot be read back: %v", err)
	}
	if result.Valid() {
		return nil
	}
	places := make([]string, len(result.Errors()))
	for i, fault := range result.Errors() {
		places[i] = fmt.Sprintf("%s (%s)", fault.Field(), fault.Type())
	}
	return failure.New(failure.Unexpected, "the report does not match its JSON Schema at %s", strings.Join(places, ", "))
}
