// Command differential holds package jsonata against the original: it makes random expressions and data, evaluates them with both,
// and prints every difference in result, error code, token, position and message. It is run by hand, since it needs Node and the
// original:
//
//	cd /tmp/original && npm install jsonata@2.0.6
//	go run ./asl/jsonata/internal/differential -modules /tmp/original -n 1000000
//
// A few things that the original does are accidents that ours does not have: tame.js lists them, as changes to the original's source
// that take one away each. What differs from the original, but not from the original without these accidents, is only counted; so
// are expressions that make the original run endlessly, for which ours must end in a limit or a result.
//
// Every other difference is printed, with the smallest expression and data found that show it, and the command ends with status 1.
// The same seed makes the same expressions.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

// outcome is what an evaluation came to.
type outcome struct {
	Result   json.RawMessage `json:"result,omitempty"` // absent for undefined
	Error    bool            `json:"error,omitempty"`
	Code     string          `json:"code,omitempty"`
	Token    string          `json:"token,omitempty"`
	Message  string          `json:"message,omitempty"`
	Position *int            `json:"position,omitempty"`
	Stuck    bool            `json:"stuck,omitempty"` // the original does not come to an end
}

type request struct {
	Expr string          `json:"expr"`
	Data json.RawMessage `json:"data"`
}

func main() {
	modules := flag.String("modules", ".", "folder in which npm has installed jsonata@2.0.6")
	n := flag.Int("n", 100_000, "how many expressions")
	seed := flag.Uint64("seed", 1, "seed of the random expressions")
	show := flag.Int("show", 50, "how many differences to print")
	exprs := flag.Bool("stdin", false, "read expressions from stdin, one a line, instead of making them")
	data := flag.String("data", fixedData, "the input of expressions from stdin; without one, each line is an object {\"expr\", \"data\"}")
	flag.Parse()
	next := made(*n, *seed)
	if *exprs {
		next = given(os.Stdin, *data)
	}
	differences, err := run(*modules, next, *show, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "differential:", err)
		os.Exit(2)
	}
	if differences > 0 {
		os.Exit(1)
	}
}

// made makes n random requests.
func made(n int, seed uint64) func() (request, bool) {
	g := &generator{rand: rand.New(rand.NewPCG(seed, 0))}
	return func() (request, bool) {
		n--
		return request{Data: g.data(), Expr: g.expression()}, n >= 0
	}
}

// given reads requests, or only their expressions.
func given(in io.Reader, data string) func() (request, bool) {
	lines := bufio.NewScanner(in)
	return func() (request, bool) {
		found := lines.Scan()
		if data == "" && found {
			var r request
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				fmt.Fprintln(os.Stderr, "differential:", err)
			}
			return r, true
		}
		return request{Expr: lines.Text(), Data: json.RawMessage(data)}, found
	}
}

// comparison counts what came of a run.
type comparison struct {
	original, tame *original

	compared, failed, stuck, accidents, refused, limited, differences int
}

// run compares the outcomes of all requests and prints what differs.
func run(modules string, next func() (request, bool), show int, out io.Writer) (differences int, err error) {
	c := &comparison{}
	if c.original, err = start(modules, false); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.original.stop()) }()
	if c.tame, err = start(modules, true); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.tame.stop()) }()
	const batch = 200
	for more := true; more; {
		var requests []request
		for len(requests) < batch {
			var r request
			if r, more = next(); !more {
				break
			}
			requests = append(requests, r)
		}
		found, err := c.compare(requests)
		if err != nil {
			return c.differences, err
		}
		if c.compared%100_000 == 0 && more {
			fmt.Fprintf(os.Stderr, "%d expressions, %d differences\n", c.compared, c.differences)
		}
		for i, why := range found {
			if why == "" {
				continue
			}
			if c.differences++; c.differences <= show {
				if err := c.report(requests[i], why, out); err != nil {
					return c.differences, err
				}
			}
		}
	}
	fmt.Fprintf(out, "%d expressions: the original failed at %d and got stuck at %d; %d differ by its accidents, %d end in our limits, %d would make an object part of itself; %d differences\n",
		c.compared, c.failed, c.stuck, c.accidents, c.limited, c.refused, c.differences)
	return c.differences, nil
}

// compare tells in what the outcomes of each request differ and should not.
func (c *comparison) compare(requests []request) ([]string, error) {
	wants, err := c.original.evaluate(requests)
	if err != nil {
		return nil, err
	}
	found := make([]string, len(requests))
	var doubtful []request
	for i, r := range requests {
		c.compared++
		got, want := evaluate(r), wants[i]
		if want.Error {
			c.failed++
		}
		if found[i] = difference(got, want); found[i] != "" {
			doubtful = append(doubtful, r)
		}
		if want.Stuck {
			c.stuck++
		}
	}
	if wants, err = c.tame.evaluate(doubtful); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(wants, func(o outcome) bool { return o.Stuck }) { // or the machine had no time for it
		if wants, err = c.tame.evaluate(doubtful); err != nil {
			return nil, err
		}
	}
	for i, r := range requests {
		if found[i] == "" {
			continue
		}
		got, want := evaluate(r), wants[0]
		wants = wants[1:]
		switch {
		case !want.Stuck && difference(got, want) == "":
			c.accidents++
		case got.Code == jsonata.CodeFunction: // a transform that would make an object part of itself, for which JSON has no text
			c.refused++
		case got.Code == jsonata.CodeLimit || got.Code == "U1001":
			c.limited++
		default:
			continue
		}
		found[i] = ""
	}
	return found, nil
}

// report prints a difference, with as little of the expression and the data as is needed for it.
func (c *comparison) report(r request, why string, out io.Writer) error {
	before := *c
	defer func() { *c = before }() // what is tried while shrinking does not count
	still := func(part func(string) request) func([]string) ([]bool, error) {
		return func(texts []string) ([]bool, error) {
			requests := make([]request, len(texts))
			for i, text := range texts {
				if requests[i] = part(text); !json.Valid(requests[i].Data) {
					requests[i].Data = r.Data
				}
			}
			found, err := c.compare(requests)
			kept := make([]bool, len(texts))
			for i := range found {
				kept[i] = found[i] == why && len(text(requests[i])) < len(text(r))
			}
			return kept, err
		}
	}
	expr, err := shrink(r.Expr, still(func(s string) request { return request{s, r.Data} }))
	if err != nil {
		return err
	}
	r.Expr = expr
	data, err := shrink(string(r.Data), still(func(s string) request { return request{expr, json.RawMessage(s)} }))
	if err != nil {
		return err
	}
	r.Data = json.RawMessage(data)
	wants, err := c.original.evaluate([]request{r})
	if err != nil {
		return err
	}
	tame, err := c.tame.evaluate([]request{r})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n  data     %s\n  original %s\n  tame     %s\n  ours     %s\n  %s\n", r.Expr, r.Data, text(wants[0]), text(tame[0]), text(evaluate(r)), why)
	return nil
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b[:min(len(b), 2000)])
}

// difference says in what two outcomes differ, if they do.
func difference(got, want outcome) string {
	switch {
	case got.Code == jsonata.CodeInternal:
		return "panic"
	case want.Stuck:
		return ""
	case got.Error != want.Error:
		return "one of them failed"
	case want.Error && want.Code == "":
		return "" // the original ran into an error of JavaScript
	case want.Error && got.Code != want.Code:
		return "codes"
	case want.Error && got.Token != want.Token:
		return "tokens"
	case want.Error && got.Message != want.Message && !shortened(got.Message, want.Message):
		return "messages"
	case want.Error && (got.Position == nil) != (want.Position == nil), want.Error && got.Position != nil && *got.Position != *want.Position:
		return "positions"
	case want.Error:
		return ""
	case (got.Result == nil) != (want.Result == nil):
		return "one of them gave nothing"
	case string(got.Result) != string(want.Result):
		return "results"
	}
	return ""
}

// shortened tells whether a message is another one in which the text of a long value ends early.
func shortened(message, whole string) bool {
	before, after, cut := strings.Cut(message, "…")
	return cut && strings.HasPrefix(whole, before) && strings.HasSuffix(whole, after)
}

func evaluate(r request) outcome {
	x, err := jsonata.Compile(r.Expr)
	var v value.Value
	if err == nil {
		v, err = x.Eval(context.Background(), value.MustParse(string(r.Data)), nil)
	}
	var failure *jsonata.Error
	switch {
	case errors.As(err, &failure) && failure.Code == jsonata.CodeResultType:
		return outcome{Result: json.RawMessage(`""`)}
	case errors.As(err, &failure):
		o := outcome{Error: true, Code: failure.Code, Token: failure.Token, Message: failure.Message}
		if failure.Position >= 0 {
			o.Position = &failure.Position
		}
		return o
	case v == nil:
		return outcome{}
	}
	return outcome{Result: json.RawMessage(value.Compact(v))}
}
