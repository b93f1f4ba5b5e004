package bedrockserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// Members of the Messages API that Bedrock takes in a body beside those of
// bedrock.Request. The endpoint accepts them and leaves them unused.
var otherMembers = []string{
	"anthropic_beta", "context_management", "metadata", "output_config", "output_format", "thinking", "tool_choice", "tools",
}

var knownMembers = []string{
	"anthropic_version", "max_tokens", "messages", "stop_sequences", "system", "temperature", "top_k", "top_p",
}

// decodeInvoke reads an Anthropic Messages body. A member that Bedrock does not know is
// refused, "model" and "stream" among them, which the URL says.
func decodeInvoke(data []byte, _ bedrock.Model) (bedrock.Request, error) {
	var r bedrock.Request
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return r, malformed(err)
	}
	for _, name := range []string{"anthropic_version", "max_tokens", "messages"} {
		if _, ok := members[name]; !ok {
			return r, &bedrock.RequestError{Field: name, Message: "Field required"}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(knownMembers, name) && !slices.Contains(otherMembers, name) {
			return r, &bedrock.RequestError{Field: name, Message: "Extra inputs are not permitted"}
		}
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, malformed(err)
	}
	return r, nil
}

func malformed(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return &Exception{Validation, fmt.Sprintf("%s: Input should be a valid %s", wrongType.Field, wrongType.Type)}
	}
	return &Exception{Validation, fmt.Sprintf("Malformed input request: %v, please reformat your input and try again.", err)}
}
