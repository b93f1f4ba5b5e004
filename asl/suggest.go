package asl

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/docflow-asl/docflow/asl/nearest"
)

// unknownField says why a name is no field of a struct, and which field may have been meant.
func unknownField(name string, l *layout) string {
	quoted := fmt.Sprintf("%q", shorten(name))
	if meant := nearestField(name, l); meant != "" && strings.EqualFold(meant, name) {
		return fmt.Sprintf("%s is no field of %s; the names of fields are case-sensitive: write %q", quoted, l.title, meant)
	}
	var states, others []string
	for _, n := range named {
		if other := layouts[reflect.TypeOf(n.zero)]; other != l && other.byName[name] != nil && n.title != "a state" {
			if kind, ok := strings.CutSuffix(strings.TrimPrefix(n.title, "a "), " state"); ok {
				states = append(states, kind)
			} else {
				others = append(others, n.title)
			}
		}
	}
	if len(states)+len(others) > 0 && (len(others) == 0 || !strings.HasSuffix(l.title, " state")) {
		owners := others
		if len(states) > 0 {
			owners = append([]string{list(states) + " states"}, others...)
		}
		return fmt.Sprintf("%s is a field of %s, not of %s", quoted, list(owners), l.title)
	}
	if len(states) > 0 {
		return fmt.Sprintf("%s is a field of %s states, not of %s", quoted, list(states), l.title)
	}
	if meant := nearestField(name, l); meant != "" {
		return fmt.Sprintf("%s is no field of %s; did you mean %q?", quoted, l.title, meant)
	}
	if len(others) > 0 {
		return fmt.Sprintf("%s is a field of %s, not of %s", quoted, list(others), l.title)
	}
	return fmt.Sprintf("%s is no field of %s", quoted, l.title)
}

// list joins names: "Task, Parallel and Map".
func list(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// nearestField gives the field of a struct whose name is most like the given one, or "" when none is much like it.
func nearestField(name string, l *layout) string {
	var names []string
	for _, f := range l.fields {
		if f.kind != comparisonField {
			names = append(names, f.name)
			continue
		}
		names = append(names, ComparisonOperators()...)
	}
	return nearest.Name(name, names)
}
