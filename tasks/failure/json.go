package failure

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
		return fmt.Sprintf("%s is %s, which it should not be", kind.Field, article(kind.Value))
	case errors.As(err, &kind):
		return fmt.Sprintf("it is %s where another type belongs", article(kind.Value))
	}
	return "it is not JSON"
}

// article puts a or an before the name of a JSON type. A number has its text in it, which
// is data and left out.
func article(kind string) string {
	kind, _, _ = strings.Cut(kind, " ")
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}
