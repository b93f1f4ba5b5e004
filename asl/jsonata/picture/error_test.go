package picture

import (
	"errors"
	"math"
	"testing"
)

func TestErrorTexts(t *testing.T) {
	_, base := FormatBase(1, 40)
	_, _, iso := ToMillis("\"today\" <&>", "")
	_, sequence := FormatInteger(1, "α")
	_, uncodedError := FormatInteger(math.Inf(1), "w")
	for _, tt := range []struct {
		err   error
		value any
		text  string
	}{
		{base, 40.0, "D3100: The radix of the formatBase function must be between 2 and 36.  It was given 40"},
		{iso, "\"today\" <&>", `D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "\"today\" <&>"`},
		{sequence, "α", `D3130: Formatting or parsing an integer as a sequence starting with "α" is not supported by this implementation`},
		{uncodedError, nil, "Infinity cannot be written in words"},
	} {
		var e *Error
		if !errors.As(tt.err, &e) {
			t.Fatalf("%v is no *Error", tt.err)
		}
		if e.Value != tt.value || e.Error() != tt.text {
			t.Errorf("%v with %v, want %v with %v", e, e.Value, tt.text, tt.value)
		}
	}
}
