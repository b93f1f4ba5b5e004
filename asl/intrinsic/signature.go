package intrinsic

import (
	"slices"

	"github.com/docflow-asl/docflow/asl/value"
)

// Param is a parameter of a function.
type Param struct {
	Name  string
	Kinds []value.Kind // the types that AWS takes; empty when it takes all
}

// Signature says how a function is called.
type Signature struct {
	Function string  // such as States.Format
	Params   []Param // when Max is -1, arguments beyond them are like the last one
	Min      int     // the least number of arguments
	Max      int     // the largest number, -1 when there is none
	Result   []value.Kind
}

// Param returns the parameter of argument i.
func (s *Signature) Param(i int) (Param, bool) {
	switch {
	case i < len(s.Params):
		return s.Params[i], true
	case s.Max < 0 && len(s.Params) > 0:
		return s.Params[len(s.Params)-1], true
	}
	return Param{}, false
}

var (
	stringKind  = []value.Kind{value.KindString}
	numberKind  = []value.Kind{value.KindNumber}
	arrayKind   = []value.Kind{value.KindArray}
	objectKind  = []value.Kind{value.KindObject}
	booleanKind = []value.Kind{value.KindBool}
)

func fixed(name string, result []value.Kind, params ...Param) Signature {
	return Signature{Function: "States." + name, Params: params, Min: len(params), Max: len(params), Result: result}
}

// signatures is sorted by name.
var signatures = []Signature{
	{Function: "States.Array", Params: []Param{{"value", nil}}, Min: 0, Max: -1, Result: arrayKind},
	fixed("ArrayContains", booleanKind, Param{"array", arrayKind}, Param{"value", nil}),
	fixed("ArrayGetItem", nil, Param{"array", arrayKind}, Param{"index", numberKind}),
	fixed("ArrayLength", numberKind, Param{"array", arrayKind}),
	fixed("ArrayPartition", arrayKind, Param{"array", arrayKind}, Param{"chunk size", numberKind}),
	fixed("ArrayRange", arrayKind, Param{"first", numberKind}, Param{"last", numberKind}, Param{"step", numberKind}),
	fixed("ArrayUnique", arrayKind, Param{"array", arrayKind}),
	fixed("Base64Decode", stringKind, Param{"text", stringKind}),
	fixed("Base64Encode", stringKind, Param{"text", stringKind}),
	{Function: "States.Format", Params: []Param{{"template", nil}, {"value", nil}}, Min: 1, Max: -1, Result: stringKind},
	fixed("Hash", stringKind, Param{"data", nil}, Param{"algorithm", stringKind}),
	fixed("JsonMerge", objectKind, Param{"first", objectKind}, Param{"second", objectKind}, Param{"deep", nil}),
	fixed("JsonToString", stringKind, Param{"value", nil}),
	fixed("MathAdd", numberKind, Param{"first", numberKind}, Param{"second", numberKind}),
	{Function: "States.MathRandom", Params: []Param{{"start", numberKind}, {"end", numberKind}, {"seed", numberKind}}, Min: 2, Max: 3, Result: numberKind},
	fixed("StringSplit", arrayKind, Param{"text", stringKind}, Param{"separators", stringKind}),
	fixed("StringToJson", nil, Param{"text", stringKind}),
	fixed("UUID", stringKind),
}

// SignatureOf returns the signature of a function, named as in States.Format.
func SignatureOf(function string) (Signature, bool) {
	i, ok := slices.BinarySearchFunc(signatures, function, func(s Signature, name string) int {
		switch {
		case s.Function < name:
			return -1
		case s.Function > name:
			return 1
		}
		return 0
	})
	if !ok {
		return Signature{}, false
	}
	return signatures[i], true
}

// Functions lists the names of all functions, sorted.
func Functions() []string {
	names := make([]string, len(signatures))
	for i := range signatures {
		names[i] = signatures[i].Function
	}
	return names
}
