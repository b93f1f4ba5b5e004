package bound

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
)

// judge bounds a definition and looks at what comes out.
func judge(t *testing.T, m *asl.Machine, opts Options) {
	t.Helper()
	report, err := Of(m, opts)
	if errors.Is(err, ErrTooLarge) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Figures {
		if math.IsNaN(f.Amount) || f.Amount < 0 {
			t.Errorf("%s is %v", f.Metric, f.Amount)
		}
		if _, err := f.MarshalJSON(); err != nil {
			t.Error(err)
		}
	}
	var b strings.Builder
	if err := WriteText(&b, report); err != nil {
		t.Error(err)
	}
}

func FuzzOf(f *testing.F) {
	for _, pattern := range []string{"../definitions/*.json", "../check/testdata/ok/*", "../check/testdata/bad/*.json", "../check/examples/*.json"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			if text, err := os.ReadFile(name); err == nil {
				f.Add(string(text), int64(3), int64(5), false)
			}
		}
	}
	f.Add(states(`"A": {`+lambda+`, "TimeoutSeconds": 900, "End": true, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 1e9, "MaxAttempts": 99999999, "BackoffRate": 1e300, "MaxDelaySeconds": 1e300}]}`), int64(0), int64(0), true)
	f.Fuzz(func(t *testing.T, definition string, loops, items int64, express bool) {
		m := asl.ParseJSON("f", []byte(definition)).Machine
		if m == nil {
			return
		}
		judge(t, m, Options{})
		judge(t, m, Options{Express: express, LoopIterations: max(loops, 0), MapItems: max(items, 0), TaskDuration: time.Minute, WaitDuration: time.Second})
	})
}

// TestHostile bounds definitions that are made to take long.
func TestHostile(t *testing.T) {
	many := func(n int, state func(i int) string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`"S%d": %s`, i, state(i))
		}
		return states(strings.Join(list, ", "))
	}
	nested := states(`"A": {` + model + `, "End": true}`)
	for i := range 200 {
		nested = states(fmt.Sprintf(`"P%d": {"Type": "Parallel", "End": true, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 99999999}], "Branches": [%s]}`, i, nested))
	}
	for name, definition := range map[string]string{
		"a long chain": many(5000, func(i int) string { return fmt.Sprintf(`{%s, "Next": "S%d"}`, lambda, i+1) }),
		"loops in loops": many(3000, func(i int) string {
			return fmt.Sprintf(`{"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "S%d"}, {"Variable": "$.a", "IsNull": true, "Next": "S%d"}], "Default": "S%d"}`, i+1, i/2, i)
		}),
		"all to all": many(200, func(int) string {
			var rules []string
			for i := range 200 {
				rules = append(rules, fmt.Sprintf(`{"Variable": "$.a", "IsNull": true, "Next": "S%d"}`, i))
			}
			return `{"Type": "Choice", "Choices": [` + strings.Join(rules, ", ") + `]}`
		}),
		"deep": nested,
		"many errors": many(1500, func(i int) string {
			return fmt.Sprintf(`{%s, "Next": "S%d", "Retry": [{"ErrorEquals": ["E%d"]}, {"ErrorEquals": ["F%d"]}], "Catch": [{"ErrorEquals": ["G%d"], "Next": "S%d"}]}`, lambda, i+1, i, i, i, i/2)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			judge(t, machine(t, definition), Options{LoopIterations: 3, MapItems: 3})
			judge(t, machine(t, definition), Options{})
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %v", took)
			}
			t.Log(time.Since(start))
		})
	}
}
