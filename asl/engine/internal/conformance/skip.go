package conformance

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// step is one step of a path such as $..events[6].previousEventId.
type step struct {
	deep  bool // at any depth
	name  string
	index int // -1 for a name; the name * is every member and item
}

var stepText = regexp.MustCompile(`\.\.|\.|\[\d+\]|\[\*\]|\[['"][^'"]*['"]\]|[^.\[\]]+`)

func parseSteps(path string) []step {
	var steps []step
	deep := false
	for _, t := range stepText.FindAllString(strings.TrimLeft(path, "$"), -1) {
		switch t {
		case "..":
			deep = true
			continue
		case ".":
			continue
		}
		s := step{deep: deep, index: -1, name: strings.Trim(t, `[]'"`)}
		if n, err := strconv.Atoi(s.name); err == nil && strings.HasPrefix(t, "[") {
			s.index = n
		}
		steps = append(steps, s)
		deep = false
	}
	return steps
}

// skip removes from a history what the paths name. They start at {"get_execution_history": {"events": […]}}.
func skip(events []*value.Object, paths []string) []*value.Object {
	list := make([]value.Value, len(events))
	for i, e := range events {
		list[i] = decode(e)
	}
	object := func(name string, v value.Value) value.Value {
		return value.NewObject(value.Member{Name: name, Value: v})
	}
	root := object("get_execution_history", object("events", value.NewArray(list...)))
	for _, path := range paths {
		root = remove(root, parseSteps(path))
	}
	return objects(get(get(root, "get_execution_history"), "events"))
}

// remove returns v without what the steps lead to. Items of arrays become null.
func remove(v value.Value, steps []step) value.Value {
	if len(steps) == 0 {
		return v
	}
	s, last := steps[0], len(steps) == 1
	below := func(v value.Value, hit bool) value.Value {
		if hit {
			v = remove(v, steps[1:])
		}
		if s.deep {
			v = remove(v, steps)
		}
		return v
	}
	switch v := v.(type) {
	case *value.Object:
		var list []value.Member
		for _, m := range v.Members() {
			hit := s.index < 0 && (s.name == "*" || s.name == m.Name)
			if !hit || !last {
				list = append(list, value.Member{Name: m.Name, Value: below(m.Value, hit)})
			}
		}
		return value.NewObject(list...)
	case *value.Array:
		list := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			hit := s.name == "*" || s.index == i
			if hit && last {
				list[i] = value.Null{}
			} else {
				list[i] = below(item, hit)
			}
		}
		return value.NewArray(list...)
	}
	return v
}
