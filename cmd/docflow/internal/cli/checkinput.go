package cli

import (
	"fmt"
	"os"

	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/spf13/cobra"
)

// inputFlags tell what is known of the input of an execution.
type inputFlags struct {
	schema, example, event string
}

func (f *inputFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.schema, "input-schema", "", "a `FILE` with a JSON Schema of the input: what it does not have is found")
	c.Flags().StringVar(&f.example, "input-example", "", "a `FILE` with an input: inputs are taken to have its members, of its types")
	c.Flags().StringVar(&f.event, "input-event", "", "s3: the input is the event that S3 sends through EventBridge when an object is created")
}

// shape is what the flags tell; nil when they are not there.
func (f *inputFlags) shape() (*shape.Shape, error) {
	switch {
	case f.schema != "" && f.example != "" || f.schema != "" && f.event != "" || f.example != "" && f.event != "":
		return nil, usagef("one of --input-schema, --input-example and --input-event tells of the input, not several")
	case f.schema != "":
		v, err := readInputValue(f.schema)
		if err != nil {
			return nil, err
		}
		s, err := shape.FromSchema(v)
		if err != nil {
			return nil, usagef("%s: %v", f.schema, err)
		}
		return s, nil
	case f.example != "":
		v, err := readInputValue(f.example)
		if err != nil {
			return nil, err
		}
		return shape.Like(v), nil
	case f.event != "":
		if err := oneOf("input-event", f.event, "s3"); err != nil {
			return nil, err
		}
		return check.S3Event(), nil
	}
	return nil, nil
}

func readInputValue(file string) (value.Value, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError{err}
	}
	v, err := value.Parse(string(text))
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", file, err)}
	}
	return v, nil
}
