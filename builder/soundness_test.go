package builder_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder"
)

// A reference that Build accepts gives, when the machine runs, the very value that it names. Machines are made at random, with
// references from every task to any state made before it. Build says which cannot be; without these the machine is built and
// run, and every task checks what it is given: each value of a result tells which state made it and where in the result it is.

const functions = "arn:aws:lambda:us-east-1:123456789012:function:"

// described is a random machine. Two with the same seed and the same left out parts are the same.
type described struct {
	rand     *rand.Rand
	leaveOut map[string]bool // "state/field" of references and settings that Build refused
	states   int
	makers   []*builder.TaskState
	names    []string
	expected map[string]map[string]value.Value // by task, by parameter
	caught   map[string]bool                   // tasks whose errors are caught
	refs     int
}

// fragment is a part of a flow: where it begins, and all states after which the next part follows.
type fragment struct {
	first builder.Flow
	exits []builder.Flow
}

func describe(seed uint64, leaveOut map[string]bool) (*described, builder.Machine) {
	d := &described{rand: rand.New(rand.NewPCG(seed, 1)), leaveOut: leaveOut, expected: map[string]map[string]value.Value{}, caught: map[string]bool{}}
	return d, builder.Machine{Start: d.flow(0)}
}

func (d *described) name(kind string) string {
	d.states++
	return fmt.Sprintf("%s%d", kind, d.states)
}

// flow makes parts in a row.
func (d *described) flow(depth int) builder.Flow {
	parts := make([]fragment, 1+d.rand.IntN(4))
	for i := range parts {
		parts[i] = d.part(depth)
		if i > 0 {
			for _, exit := range parts[i-1].exits {
				builder.Chain(exit, parts[i].first)
			}
		}
	}
	return parts[0].first
}

func (d *described) part(depth int) fragment {
	choice := d.rand.IntN(10)
	switch {
	case depth < 2 && choice == 0:
		name := d.name("Parallel")
		p := builder.Parallel(name, d.flow(depth+1), d.flow(depth+1))
		d.place(name, p.ResultPath)
		return fragment{p, []builder.Flow{p}}
	case choice == 1:
		flag := builder.JSONPath(fmt.Sprintf("$$.Execution.Input.flag%d", d.rand.IntN(4)))
		left, right := d.task(), d.task()
		c := builder.Choice(d.name("Choice")).When(flag.Equals(true), left.first).Otherwise(right.first)
		return fragment{c, append(left.exits, right.exits...)}
	case depth < 2 && choice == 2 && len(d.makers) > 0:
		return d.each(depth)
	}
	return d.task()
}

// each is a Map over the chunks of some result.
func (d *described) each(depth int) fragment {
	name := d.name("Map")
	maker := d.makers[d.rand.IntN(len(d.makers))]
	whole := d.rand.IntN(2) == 0
	inner := d.flow(depth + 1)
	if d.leaveOut[name+"/ItemsPath"] {
		pass := builder.Pass(name)
		return fragment{pass, []builder.Flow{pass}}
	}
	m := builder.Map(name, maker.Result("chunks")).Each(inner)
	if whole {
		m.DiscardResult()
	}
	return fragment{m, []builder.Flow{m}}
}

// place gives a state a ResultPath at random.
func (d *described) place(name string, set func(string) *builder.ParallelState) {
	if path := d.path(); path != "" && !d.leaveOut[name+"/ResultPath"] {
		set(path)
	}
}

func (d *described) path() string {
	return []string{"", "$.a", "$.b", "$.b.c", "$.document", "$.document.key"}[d.rand.IntN(6)]
}

// task is a task with references to those before it.
func (d *described) task() fragment {
	name := d.name("Task")
	parameters := builder.Object{"self": name}
	d.expected[name] = map[string]value.Value{}
	for i := range d.rand.IntN(4) {
		if len(d.makers) == 0 {
			break
		}
		n := d.rand.IntN(len(d.makers))
		path := []string{"text", "document", "document.key", "chunks[1].key", ""}[d.rand.IntN(5)]
		parameter := fmt.Sprintf("r%d", i)
		if d.leaveOut[name+"/Parameters."+parameter] {
			continue
		}
		parameters[parameter] = d.makers[n].Result(path)
		d.expected[name][parameter] = resultOf(d.names[n], path)
		d.refs++
	}
	t := builder.Task[any, found](name, functions+name, parameters)
	exits := []builder.Flow{t}
	switch d.rand.IntN(8) {
	case 0:
		t.DiscardResult()
	case 1:
		t.ResultSelector(builder.Object{"kept": t.Result("document"), "text": t.Result("text")})
	}
	if path := d.path(); path != "" && !d.leaveOut[name+"/ResultPath"] {
		t.ResultPath(path)
	}
	if v := fmt.Sprintf("v%d", d.states); d.rand.IntN(4) == 0 && !d.leaveOut[name+"/Assign."+v] {
		t.Assign(v, t.Result(""))
	}
	if d.rand.IntN(4) == 0 && !d.leaveOut[name+"/Catch[0].ResultPath"] {
		handler := builder.Pass(d.name("Caught"))
		t.Catch(builder.Catch(handler))
		exits = append(exits, handler)
		d.caught[name] = true
	}
	if d.rand.IntN(8) == 0 && !d.leaveOut[name+"/OutputPath"] {
		t.OutputPath(t.Result("document"))
	}
	d.makers, d.names = append(d.makers, t), append(d.names, name)
	return fragment{t, exits}
}

// resultOf is what lies at a path of the result of a task.
func resultOf(name, path string) value.Value {
	where := func(path string) value.Value { return value.String(name + "#" + path) }
	at := func(path string) value.Value {
		return value.NewObject(value.Member{Name: "bucket", Value: where(path + ".bucket")}, value.Member{Name: "key", Value: where(path + ".key")})
	}
	switch path {
	case "":
		return value.NewObject(
			value.Member{Name: "text", Value: where("text")},
			value.Member{Name: "document", Value: at("document")},
			value.Member{Name: "chunks", Value: value.NewArray(at("chunks[0]"), at("chunks[1]"))},
			value.Member{Name: "tags", Value: value.NewArray()},
			value.Member{Name: "done", Value: value.Bool(true)},
		)
	case "document":
		return at(path)
	}
	return where(path)
}

// run runs the machine and gives the number of references that were looked at.
func (d *described) run(t *testing.T, seed uint64, program *engine.Program) int {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 2))
	looked := 0
	handler := engine.HandlerFunc(func(_ context.Context, call *engine.Call) (value.Value, error) {
		given := call.Input.(*value.Object)
		for parameter, want := range d.expected[call.State] {
			looked++
			if got, _ := given.Get(parameter); !value.Equal(got, want) {
				t.Errorf("seed %d: %s gets %s as %s; want %s", seed, call.State, value.Text(got), parameter, value.Text(want))
			}
		}
		if d.caught[call.State] && random.IntN(2) == 0 {
			return nil, &engine.TaskError{Name: "Oops", Cause: "at random"}
		}
		return resultOf(call.State, ""), nil
	})
	var flags []value.Member
	for i := range 4 {
		flags = append(flags, value.Member{Name: fmt.Sprintf("flag%d", i), Value: value.Bool(random.IntN(2) == 0)})
	}
	x, err := program.Run(context.Background(), value.NewObject(flags...), engine.Options{Seed: seed + 1, Tasks: engine.Handlers{functions + "*": handler}})
	if err != nil {
		t.Fatal(err)
	}
	if x.Status != engine.Succeeded {
		t.Errorf("seed %d: the execution is %s: %s: %s", seed, x.Status, x.Error, x.Cause)
	}
	return looked
}

// checkSound gives the numbers of references that Build accepted, that it refused, and that were looked at.
func checkSound(t *testing.T, seed uint64) (accepted, refused, looked int) {
	t.Helper()
	leaveOut := map[string]bool{}
	for range 50 { // what is left out changes what can be seen later
		d, description := describe(seed, leaveOut)
		machine, err := description.Build()
		if err == nil {
			program, err := engine.Compile(machine)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for i := range uint64(3) {
				looked += d.run(t, seed*3+i, program)
			}
			return d.refs, len(leaveOut), looked
		}
		before := len(leaveOut)
		for _, f := range faultsOf(t, err) {
			switch f.Kind {
			case builder.Overwritten, builder.Discarded, builder.NotOnEveryWay, builder.OutOfScope, builder.WrongType:
				leaveOut[f.State+"/"+f.Field] = true
			case builder.UnknownField, builder.BadName:
				t.Fatalf("seed %d: %v", seed, f)
			default:
				t.Fatalf("seed %d: a fault of an unexpected kind: %v", seed, f)
			}
		}
		if len(leaveOut) == before {
			t.Fatalf("seed %d: the same faults again: %v", seed, err)
		}
	}
	t.Fatalf("seed %d: there is always another fault", seed)
	return 0, 0, 0
}

func TestAcceptedReferencesHold(t *testing.T) {
	accepted, refused, looked := 0, 0, 0
	for seed := range uint64(800) {
		a, r, l := checkSound(t, seed)
		accepted, refused, looked = accepted+a, refused+r, looked+l
		if t.Failed() {
			return
		}
	}
	t.Logf("%d references accepted, %d parts refused, %d values looked at", accepted, refused, looked)
	if accepted < 1000 || refused < 1000 || looked < 1000 {
		t.Errorf("the machines are too dull: %d references accepted, %d parts refused, %d values looked at", accepted, refused, looked)
	}
}

func FuzzAcceptedReferencesHold(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkSound(t, seed) })
}

// The reasons that Build gives are right for what it refuses: each of them occurs.
func TestRefusalsOfRandomMachines(t *testing.T) {
	kinds := map[builder.Kind]int{}
	for seed := range uint64(300) {
		_, description := describe(seed, nil)
		_, err := description.Build()
		for _, f := range faultsOf(t, err) {
			kinds[f.Kind]++
			if strings.Contains(f.Message, "%!") {
				t.Errorf("badly printed: %v", f)
			}
		}
	}
	for _, kind := range []builder.Kind{builder.Overwritten, builder.Discarded, builder.NotOnEveryWay, builder.OutOfScope, builder.WrongType} {
		if kinds[kind] == 0 {
			t.Errorf("no fault of kind %s among %v", kind, kinds)
		}
	}
}
