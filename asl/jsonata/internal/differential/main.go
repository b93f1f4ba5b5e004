// Command differential holds package jsonata against the original: it makes random expressions and data, evaluates them with both,
// and prints every difference in result, error code, token, position and message. It is run by hand, since it needs Node and the
// original:
//
//	cd /tmp/original && npm install jsonata@2.0.6
//	go run ./asl/jsonata/internal/differential -modules /tmp/original -n 1000000
//
// The original evaluates the items of array constructors and the members of objects concurrently, so that of several faults in an
// expression it may report another one first; expressions with brackets for which both fail are therefore only counted. Some
// expressions make it run endlessly; they are counted, and ours must end in a limit or a result.
//
// The command ends with status 1 when there were differences. The same seed makes the same expressions.
package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

//go:embed original.js
var script string

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
	flag.Parse()
	differences, err := run(*modules, *n, *seed, *show, *exprs, os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "differential:", err)
		os.Exit(2)
	}
	if differences > 0 {
		os.Exit(1)
	}
}

func run(modules string, n int, seed uint64, show int, given bool, stdin io.Reader, out io.Writer) (differences int, err error) {
	original, err := start(modules)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, original.stop()) }()
	g := &generator{rand: rand.New(rand.NewPCG(seed, 0))}
	lines := bufio.NewScanner(stdin)
	const batch = 200
	compared, failed, skipped, order, known := 0, 0, 0, 0, 0
	for compared < n {
		var requests []request
		for len(requests) < min(batch, n-compared) {
			r := request{Data: g.data()}
			if !given {
				r.Expr = g.expression()
			} else if !lines.Scan() {
				n = compared + len(requests)
				break
			} else {
				r.Expr, r.Data = lines.Text(), json.RawMessage(fixedData)
			}
			requests = append(requests, r)
		}
		wants, err := original.evaluate(requests)
		if err != nil {
			return differences, err
		}
		for i, r := range requests {
			got, want := evaluate(r), wants[i]
			if want.Stuck {
				skipped++
				continue
			}
			if want.Error {
				failed++
			}
			why := difference(got, want)
			switch {
			case why == "":
				continue
			case got.Error && want.Error && strings.ContainsAny(r.Expr, "[{"):
				order++
				continue
			case explained(r.Expr, got, want):
				known++
				continue
			}
			if differences++; differences <= show {
				fmt.Fprintf(out, "%s\n  data %s\n  original %s\n  ours     %s\n  %s\n", r.Expr, r.Data, text(want), text(got), why)
			}
		}
		compared += len(requests)
	}
	fmt.Fprintf(out, "%d expressions, of which the original refused %d and got stuck at %d; %d have several faults; %d differ as explained; %d differences\n",
		compared, failed, skipped, order, known, differences)
	return differences, nil
}

func text(o outcome) string {
	b, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// explained tells whether a difference is one of those that are meant to be:
//   - wildcards do not look into functions, which the original represents as objects; nor can a function be the update of a transform;
//   - grouping an empty array adds an item to that array in the original, even to its input;
//   - transforms that would make an object part of itself are refused.
func explained(expr string, got, want outcome) bool {
	result := string(want.Result)
	return strings.Contains(expr, "function") && strings.Contains(expr, "*") ||
		strings.Contains(expr, "|function") ||
		strings.Contains(result, "null") && strings.Contains(expr, "{") ||
		got.Code == jsonata.CodeFunction
}

// difference says in what two outcomes differ, if they do.
func difference(got, want outcome) string {
	switch {
	case got.Code == "PANIC":
		return "panic"
	case want.Error && want.Code == "":
		return "" // the original ran into an error of JavaScript
	case got.Error != want.Error:
		return "one of them failed"
	case want.Error && got.Code != want.Code:
		return "codes"
	case want.Error && got.Token != want.Token:
		return "tokens"
	case want.Error && got.Message != want.Message && !strings.Contains(want.Message, "_jsonata_"): // the insides of a function
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

func evaluate(r request) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = outcome{Error: true, Code: "PANIC", Message: fmt.Sprint(p)}
		}
	}()
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

// original is the original, running under Node.
type original struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	script string
}

func start(modules string) (*original, error) {
	folder, err := filepath.Abs(modules)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "differential-*.js")
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteString(script); err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	cmd := exec.Command("node", f.Name(), filepath.Join(folder, "node_modules", "jsonata"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &original{cmd, in, bufio.NewReaderSize(out, 1<<20), f.Name()}, nil
}

func (o *original) stop() error {
	return errors.Join(o.in.Close(), o.cmd.Wait(), os.Remove(o.script))
}

// evaluate sends one line with all requests and reads one with all outcomes.
func (o *original) evaluate(requests []request) ([]outcome, error) {
	line, err := json.Marshal(requests)
	if err != nil {
		return nil, err
	}
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	answer, err := o.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("node gave no answer: %w", err)
	}
	var outcomes []outcome
	if err := json.Unmarshal(answer, &outcomes); err != nil {
		return nil, err
	}
	return outcomes, nil
}
