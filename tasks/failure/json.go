package failure

import (
	"encoding/json"
	"errors"
	"fmt"
)

// JSONFault says where JSON is wrong in words that are not Go's, for the message of an
// InvalidRequest.
func JSONFault(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is not JSON (near byte %d)", syntax.Offset)
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Sprintf("%s is a %s, which it should not be", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return fmt.Sprintf("it is a JSON %s where another type belongs", kind.Value)
	}
	return "it is not JSON"
}
