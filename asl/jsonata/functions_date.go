package jsonata

import (
	"github.com/docflow-asl/docflow/asl/jsonata/picture"
	"github.com/docflow-asl/docflow/asl/value"
)

func dateFunctions() map[string]*builtin {
	return map[string]*builtin{
		"now":        define("<s?s?:s>", 2, now),
		"millis":     define("<:n>", 0, func(r *run, _ []any) (any, error) { return r.now(), nil }),
		"fromMillis": define("<n-s?s?:s>", 3, fromMillis),
		"toMillis":   define("<s-s?:n>", 2, toMillis),
	}
}

func now(r *run, args []any) (any, error) {
	return fromMillis(r, []any{r.now(), arg(args, 0), arg(args, 1)})
}

func fromMillis(_ *run, args []any) (any, error) {
	f, ok := toFloat(arg(args, 0))
	if !ok {
		return nil, nil
	}
	pattern, given := toString(arg(args, 1))
	if given && pattern == "" {
		return value.String(""), nil // to package picture it means none
	}
	timezone, given := toString(arg(args, 2))
	if given && timezone == "" {
		timezone = "NaN" // what JavaScript makes of it; to package picture it means none
	}
	s, err := picture.FromMillis(f, pattern, timezone)
	return value.String(s), pictureError(err)
}

func toMillis(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	pattern, given := toString(arg(args, 1))
	if given && pattern == "" {
		return nil, nil
	}
	f, ok, err := picture.ToMillisAt(s, pattern, r.now())
	if err != nil || !ok {
		return nil, pictureError(err)
	}
	return f, nil
}
