package check

import (
	"cmp"
	"fmt"
)

// Rejection is the message of the InvalidDefinition with which CreateStateMachine and TestState refuse a definition; it is empty when AWS
// accepts the definition, whatever else may be wrong with it. It tells of the first fault only.
func Rejection(diagnostics []Diagnostic) string {
	for _, d := range diagnostics {
		if d.Severity != Error || d.AWSCode == "" {
			continue
		}
		message := fmt.Sprintf("%s: %s", d.AWSCode, cmp.Or(d.AWSMessage, d.Message))
		if d.Location != "" {
			message += " at " + d.Location
		}
		return fmt.Sprintf("Invalid State Machine Definition: '%s'", message)
	}
	return ""
}
