package asl

import (
	"fmt"
	"reflect"
	"strings"
)

// unknownField says why a name is no field of a struct, and which field may have been meant.
func unknownField(name string, l *layout) string {
	quoted := fmt.Sprintf("%q", shorten(name))
	if meant := nearest(name, l); meant != "" && strings.EqualFold(meant, name) {
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
	if meant := nearest(name, l); meant != "" {
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

// nearest gives the field of a struct whose name is most like the given one, or "" when none is much like it.
func nearest(name string, l *layout) string {
	if len(name) > 50 { // longer than any field by far
		return ""
	}
	best, bestDistance := "", 1+max(1, len(name)/4)
	try := func(candidate string) {
		if strings.EqualFold(candidate, name) {
			best, bestDistance = candidate, 0
		} else if d := distance(name, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	for _, f := range l.fields {
		if f.kind != comparisonField {
			try(f.name)
			continue
		}
		for _, operator := range ComparisonOperators() {
			try(operator)
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with their neighbour that turn a into b.
func distance(a, b string) int {
	previous, current, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range current {
		current[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(current[j]+1, next[j-1]+1, current[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], previous[j-2]+1)
			}
		}
		previous, current, next = current, next, previous
	}
	return current[len(b)]
}
