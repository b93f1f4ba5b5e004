package aslmock

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/docflow-asl/docflow/asl/value"
)

// ValidationMode says how strictly the result of a mock is held against the API of the service that it stands for, as the
// fieldValidationMode of TestState does
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html).
type ValidationMode string

// The validation modes.
const (
	Strict       ValidationMode = "STRICT"  // all required fields are there, and all fields are of their types
	Present      ValidationMode = "PRESENT" // the fields that are there are of their types
	NoValidation ValidationMode = "NONE"
)

// ValidationModes lists the modes.
func ValidationModes() []string {
	return []string{string(Strict), string(Present), string(NoValidation)}
}

// ValidationException is why TestState refuses a mock: the text of its error of that name.
type ValidationException string

func (e ValidationException) Error() string { return string(e) }

func refused(format string, args ...any) error {
	return ValidationException(fmt.Sprintf(format, args...))
}

// responses has the response of each API that is known, by service and action: "lambda:invoke", "aws-sdk:s3:getObject". A type
// is string, number, boolean, any, object, [item], {field: type} ("field!" when it is required, "*" for any name),
// {"enum": […]}, {"number": [least, most]}, or "#name" of another entry.
//
//go:embed responses.json
var responses string

var responseModels = sync.OnceValue(func() *value.Object { return value.MustParse(responses).(*value.Object) })

// sdkTwins are optimized integrations whose SDK integrations have other names.
var sdkTwins = map[string]string{"aws-sdk:sfn": "states", "aws-sdk:eventbridge": "events", "aws-sdk:bedrockruntime": "bedrock"}

// model finds the type of what a resource returns; nil when it is not known. What .sync and .waitForTaskToken return is not the
// API's response.
func model(resource string) value.Value {
	parts := strings.SplitN(resource, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "states" || parts[3] != "" || parts[4] != "" || strings.Contains(parts[5], ".") {
		return nil
	}
	service, action, _ := cutLast(parts[5])
	if twin := sdkTwins[service]; twin != "" {
		service = twin
	}
	models := responseModels()
	if m, ok := models.Get(service + ":" + action); ok {
		return m
	}
	if optimized, ok := strings.CutPrefix(service, "aws-sdk:"); ok { // the same API
		if m, ok := models.Get(optimized + ":" + action); ok {
			return m
		}
	}
	return nil
}

func cutLast(text string) (before, after string, found bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// Validate holds the result of a mock against the API that the resource stands for. Only the APIs of the most used integrations
// are known; results of others are taken as they are. Texts are AWS's.
func Validate(resource string, result value.Value, mode ValidationMode) error {
	if mode == NoValidation {
		return nil
	}
	m := model(resource)
	if m == nil {
		return nil
	}
	if result.Kind() != value.KindObject {
		return ValidationException("Mocked result must be a JSON object.")
	}
	return checkType("", m, result, mode)
}

// checkType holds a value against a type.
func checkType(field string, t, v value.Value, mode ValidationMode) error {
	must := func(kind value.Kind, name string) error {
		if v.Kind() != kind {
			return refused("Field '%s' must be %s", field, name)
		}
		return nil
	}
	switch t := t.(type) {
	case value.String:
		switch name := string(t); name {
		case "any":
			return nil
		case "string":
			return must(value.KindString, "a string")
		case "number":
			return must(value.KindNumber, "a number")
		case "boolean":
			return must(value.KindBool, "a boolean")
		case "object":
			return must(value.KindObject, "an object")
		default:
			other, _ := responseModels().Get(name)
			return checkType(field, other, v, mode)
		}
	case *value.Array:
		if err := must(value.KindArray, "an array"); err != nil {
			return err
		}
		for _, item := range v.(*value.Array).Items() {
			if err := checkType(field, t.At(0), item, mode); err != nil {
				return err
			}
		}
		return nil
	case *value.Object:
		return checkObject(field, t, v, mode)
	}
	return nil
}

func checkObject(field string, t *value.Object, v value.Value, mode ValidationMode) error {
	if names, ok := t.Get("enum"); ok {
		for _, name := range names.(*value.Array).Items() {
			if value.Equal(name, v) {
				return nil
			}
		}
		return refused("Field '%s' is not an expected value", field)
	}
	if bounds, ok := t.Get("number"); ok {
		n, ok := v.(value.Number)
		least, most := bounds.(*value.Array).At(0).(value.Number), bounds.(*value.Array).At(1).(value.Number)
		switch {
		case !ok:
			return refused("Field '%s' must be a number", field)
		case n.Float() < least.Float():
			return refused("Field '%s' is less than the minimum value", field)
		case n.Float() > most.Float():
			return refused("Field '%s' exceeds the maximum value", field)
		}
		return nil
	}
	o, ok := v.(*value.Object)
	if !ok {
		return refused("Field '%s' must be an object", field)
	}
	for _, m := range t.Members() {
		name, required := strings.CutSuffix(m.Name, "!")
		if required && mode == Strict && !o.Has(name) {
			return refused("Required field '%s' is missing", name)
		}
		if name == "*" {
			for _, member := range o.Members() {
				if err := checkType(member.Name, m.Value, member.Value, mode); err != nil {
					return err
				}
			}
			continue
		}
		if member, ok := o.Get(name); ok {
			if err := checkType(name, m.Value, member, mode); err != nil {
				return err
			}
		}
	}
	return nil
}
