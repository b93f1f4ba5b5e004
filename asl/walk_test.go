package asl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/google/go-cmp/cmp"
)

const nested = `{"StartAt": "P", "States": {
  "P": {"Type": "Parallel", "Branches": [
    {"StartAt": "a/b", "States": {"a/b": {"Type": "Map", "ItemProcessor": {"StartAt": "x", "States": {"x": {"Type": "Succeed"}}}, "End": true}}},
    {"StartAt": "y", "States": {"y": {"Type": "Pass", "End": true}}}], "Next": "M"},
  "M": {"Type": "Map", "Iterator": {"StartAt": "z", "States": {"z": {"Type": "Fail"}}}, "End": true}}}`

func TestWalk(t *testing.T) {
	d := asl.ParseJSON("", []byte(nested))
	var got []string
	asl.Walk(d.Machine, func(scope *asl.Scope, s asl.State) {
		got = append(got, fmt.Sprintf("%d %s %s", scope.Depth(), scope.StatePointer(s), scope.StateLocation(s)))
		n, exact := d.Root.Find(scope.StatePointer(s))
		if !exact || n != s.Common().Source {
			t.Errorf("%s leads to another node", scope.StatePointer(s))
		}
		if n.Location() != scope.StateLocation(s) {
			t.Errorf("node at %s, state at %s", n.Location(), scope.StateLocation(s))
		}
		if scope.Find(s.Common().Name) != s || scope.Machine != d.Machine {
			t.Errorf("scope of %s is not its own", s.Common().Name)
		}
	})
	want := []string{
		"0 /States/P /States/P",
		"1 /States/P/Branches/0/States/a~1b /States/P/Branches[0]/States/a/b",
		"2 /States/P/Branches/0/States/a~1b/ItemProcessor/States/x /States/P/Branches[0]/States/a/b/ItemProcessor/States/x",
		"1 /States/P/Branches/1/States/y /States/P/Branches[1]/States/y",
		"0 /States/M /States/M",
		"1 /States/M/Iterator/States/z /States/M/Iterator/States/z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	var scopes []string
	asl.WalkScopes(d.Machine, func(s *asl.Scope) {
		owner := ""
		if s.Owner != nil {
			owner = s.Owner.Common().Name
			if s.Parent.Find(owner) != s.Owner {
				t.Errorf("the owner of %s is not in its parent", s.Location)
			}
		}
		if n, ok := d.Root.Find(s.Pointer); !ok || n != s.Source {
			t.Errorf("%q leads to another node", s.Pointer)
		}
		scopes = append(scopes, fmt.Sprintf("%s %s[%d] %s", s.StartAt, owner, s.Index, s.Location))
	}, func(*asl.Scope, asl.State) {})
	wantScopes := []string{
		"P [0] ", "a/b P[0] /States/P/Branches[0]", "x a/b[0] /States/P/Branches[0]/States/a/b/ItemProcessor",
		"y P[1] /States/P/Branches[1]", "z M[0] /States/M/Iterator",
	}
	if diff := cmp.Diff(wantScopes, scopes); diff != "" {
		t.Errorf("scopes (-want +got):\n%s", diff)
	}
}

func TestTransitions(t *testing.T) {
	d := asl.ParseJSON("", readFile(t, "testdata", "every-field-jsonpath.asl.json"))
	tests := []struct {
		state string
		edges string
		ends  bool
	}{
		{"Mark", "Next0>Extract@/States/Mark/Next", false},
		{"Extract", "Next0>HowLong@/States/Extract/Next Catch0>Refuse@/States/Extract/Catch[0]/Next", false},
		{"HowLong", "Choice0>Chunks@/States/HowLong/Choices[0]/Next Choice1>Both@/States/HowLong/Choices[1]/Next Default0>Pause@/States/HowLong/Default", false},
		{"Both", "Next0>Done@/States/Both/Next", false},
		{"OldMap", "", true},
		{"Done", "", true},
		{"Refuse", "", true},
	}
	for _, test := range tests {
		s := asl.FindState(d.Machine.States, test.state)
		var edges []string
		for _, e := range asl.Transitions(s) {
			edges = append(edges, fmt.Sprintf("%s%d>%s@%s", e.Kind, e.Index, e.Target, e.Node.Location()))
		}
		if got := strings.Join(edges, " "); got != test.edges {
			t.Errorf("%s: edges\n%s\nwant\n%s", test.state, got, test.edges)
		}
		if asl.Terminal(s) != test.ends {
			t.Errorf("%s: Terminal is %v", test.state, !test.ends)
		}
	}
	built := &asl.WaitState{Transition: asl.Transition{Next: "B"}}
	if edges := asl.Transitions(built); len(edges) != 1 || edges[0] != (asl.Edge{Kind: asl.EdgeNext, Target: "B"}) {
		t.Errorf("edges of a built state: %+v", edges)
	}
	if asl.Transitions(&asl.UnknownState{}) != nil || asl.Terminal(&asl.UnknownState{}) {
		t.Error("an unknown state goes nowhere and ends nothing")
	}
}
