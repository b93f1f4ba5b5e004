package intrinsic

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// Limits of the functions. All but MaxOutput are AWS's.
const (
	MaxRange     = 1000          // items that States.ArrayRange gives
	MaxInput     = 10_000        // characters that States.Hash, Base64Encode and Base64Decode take
	MaxOutput    = 8 << 20       // bytes of a text that a function builds, and of the result; no state of AWS may hold more than 256 KiB
	MaxWork      = 4 * MaxOutput // bytes that all functions of a call read and write together
	MaxArguments = 100_000       // of all calls in a text; Parse refuses more
	maxTaken     = 1 << 20       // bytes of a text that is taken apart, into values that need many times as much
	maxInt32     = 1<<31 - 1
	minInt32     = -1 << 31
	describePath = "The JsonPath argument for the field '%s' could not be found in the input '%s'"
)

// Roots are what a call is evaluated with.
type Roots struct {
	jsonpath.Roots
	// Random gives the bits of States.UUID and of States.MathRandom without a seed; nil stands for a secure global source. It is
	// not locked.
	Random rand.Source
}

// Eval evaluates the call. Failures are *Error, with the name and text of AWS where they are known, or
// *jsonpath.NoSuchVariableError.
func Eval(call *Call, r Roots) (v value.Value, err error) {
	defer func() {
		if fault := recover(); fault != nil { // it must not take down a process that runs many evaluations
			v, err = nil, &Error{ErrorName, fmt.Sprintf("%s%v in %s", internal, fault, call)}
		}
	}()
	if r.Budget == nil {
		r.Budget = &jsonpath.Budget{} // of all paths in the call
	}
	e := &evaluation{whole: call, roots: r}
	v, err = e.call(call)
	if r.Visits != nil {
		*r.Visits += e.steps
	}
	if err == nil && value.SizeUpTo(v, MaxOutput) > MaxOutput {
		return nil, e.tooLarge(call)
	}
	return v, err
}

// internal is how the message of a fault of this package starts.
const internal = "internal error: "

type evaluation struct {
	whole *Call
	roots Roots
	work  int // bytes
	steps int // as jsonpath.Roots.Visits counts them
}

// read counts what a function is going to read, and write.
func (e *evaluation) read(call *Call, args []value.Value) error {
	cost := 1
	switch {
	case handsOn[call.Function]:
		return nil
	case call.Function == "States.ArrayUnique", call.Function == "States.ArrayContains": // they print every item
		cost = 4
	}
	bytesPerStep := 2
	switch call.Function {
	case "States.Format", "States.StringSplit", "States.Base64Decode", "States.Base64Encode", "States.Hash":
		bytesPerStep = 32
	}
	for _, arg := range args {
		size := value.SizeUpTo(arg, MaxWork)
		e.steps += size / bytesPerStep
		if e.work += cost * size; e.work > MaxWork {
			return e.tooLarge(call)
		}
	}
	return nil
}

// handsOn are the functions that do not look into their arguments.
var handsOn = map[string]bool{
	"States.Array": true, "States.ArrayGetItem": true, "States.ArrayLength": true, "States.ArrayRange": true, "States.MathAdd": true,
	"States.MathRandom": true, "States.UUID": true,
}

type function func(e *evaluation, call *Call, args []value.Value) (value.Value, error)

var functions map[string]function

func init() { // not in the declaration, which would refer to itself through call
	functions = map[string]function{
		"States.Array":          array,
		"States.ArrayContains":  arrayContains,
		"States.ArrayGetItem":   arrayGetItem,
		"States.ArrayLength":    arrayLength,
		"States.ArrayPartition": arrayPartition,
		"States.ArrayRange":     arrayRange,
		"States.ArrayUnique":    arrayUnique,
		"States.Base64Decode":   base64Decode,
		"States.Base64Encode":   base64Encode,
		"States.Format":         format,
		"States.Hash":           hash,
		"States.JsonMerge":      jsonMerge,
		"States.JsonToString":   jsonToString,
		"States.MathAdd":        mathAdd,
		"States.MathRandom":     mathRandom,
		"States.StringSplit":    stringSplit,
		"States.StringToJson":   stringToJSON,
		"States.UUID":           uuid,
	}
}

func (e *evaluation) call(call *Call) (value.Value, error) {
	args := make([]value.Value, len(call.Args))
	for i := range call.Args {
		var err error
		if args[i], err = e.argument(&call.Args[i]); err != nil {
			return nil, err
		}
	}
	signature, ok := SignatureOf(call.Function)
	if !ok || len(args) < signature.Min || signature.Max >= 0 && len(args) > signature.Max {
		return nil, e.invalid(call)
	}
	for i, arg := range args {
		param, ok := signature.Param(i)
		if !ok || !param.takes(arg.Kind()) {
			return nil, e.invalid(call)
		}
	}
	if err := e.read(call, args); err != nil {
		return nil, err
	}
	return functions[call.Function](e, call, args)
}

func (p *Param) takes(kind value.Kind) bool {
	for _, k := range p.Kinds {
		if k == kind {
			return true
		}
	}
	return len(p.Kinds) == 0
}

func (e *evaluation) argument(arg *Arg) (value.Value, error) {
	switch {
	case arg.Call != nil:
		return e.call(arg.Call)
	case arg.Path == nil:
		return arg.Literal, nil
	}
	v, err := jsonpath.Eval(arg.Path, e.roots.Roots)
	var missing *jsonpath.NoSuchPathError
	var failed *jsonpath.EvalError
	switch {
	case errors.As(err, &missing):
		// As captured on AWS (floci, AslExecutorIntrinsicMissingArgumentTest): the whole expression is quoted, a path of the context
		// object without its first $, and the input is that of the state. An index into what is no array shows the text of
		// the path library instead.
		if strings.HasPrefix(missing.Message, "Filter: ") {
			return nil, e.pathFailed(missing.Message)
		}
		path := arg.Path.String()
		if arg.Path.Root == jsonpath.RootContext {
			path = path[1:]
		}
		return nil, e.pathFailed(fmt.Sprintf(describePath, path, value.Text(e.roots.Data)))
	case errors.As(err, &failed):
		return nil, e.pathFailed(failed.Message)
	}
	return v, err
}

func (e *evaluation) pathFailed(message string) error {
	return &Error{ErrorName, fmt.Sprintf("The function '%s' had the following error: %s", e.whole, message)}
}

// invalid is the failure of a function that its arguments do not suit.
func (e *evaluation) invalid(call *Call) error {
	return e.failed(call, "Invalid arguments in "+call.Function)
}

// failed wraps a message as an emulator that was compared with AWS does.
func (e *evaluation) failed(call *Call, message string) error {
	return &Error{ErrorName, fmt.Sprintf("There was an error while evaluating the intrinsic function: %s. %s", call, message)}
}

func (e *evaluation) tooLarge(call *Call) error {
	return e.failed(call, fmt.Sprintf("The result is larger than %d bytes", MaxOutput))
}
