package combine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
)

// Bounds on the merged analysis of a long document.
const (
	maxTopics    = 12
	maxKeyPoints = 40
	maxEntities  = 60
)

// merge makes one analysis of those of the chunks. What most chunks say counts for the
// language and the type; key points keep the order of the document, and every chunk has
// its share; topics and entities are those that most chunks name.
func merge(document claim.Document, readings []answer.Reading) *Analysis {
	var analyses []*bedrock.Analysis
	for _, reading := range readings {
		if a, ok := reading.Answer.(*bedrock.Analysis); ok {
			analyses = append(analyses, a)
		}
	}
	out := &Analysis{Title: document.Title, KeyPoints: keyPoints(analyses)}
	languages, types, topics := newTally[string](), newTally[string](), newTally[string]()
	entities := newTally[bedrock.Entity]()
	for _, a := range analyses {
		languages.add(a.Language, a.Language)
		types.add(strings.ToLower(a.DocumentType), a.DocumentType)
		for _, topic := range a.Topics {
			topics.add(strings.ToLower(topic), topic)
		}
		for _, entity := range a.Entities {
			entities.add(string(entity.Type)+"\x00"+strings.ToLower(entity.Name), entity)
		}
		if out.Title == "" {
			out.Title = a.Title
		}
		if out.Note == "" {
			out.Note = a.Note
		}
	}
	out.Language = first(languages.top(1))
	out.DocumentType = first(types.top(1))
	out.Topics = topics.top(maxTopics)
	out.Entities = entities.top(maxEntities)
	return out
}

// keyPoints takes from every analysis its first points, as many rounds as there is room
// for, and returns them in the order of the document.
func keyPoints(analyses []*bedrock.Analysis) []string {
	taken := make([]int, len(analyses))
	room := maxKeyPoints
	for round := 0; room > 0; round++ {
		before := room
		for i, a := range analyses {
			if round < len(a.KeyPoints) && room > 0 {
				taken[i]++
				room--
			}
		}
		if room == before {
			break
		}
	}
	out := []string{}
	seen := map[string]bool{}
	for i, a := range analyses {
		for _, point := range a.KeyPoints[:taken[i]] {
			if !seen[point] {
				seen[point] = true
				out = append(out, point)
			}
		}
	}
	return out
}

// tally counts values by a key and remembers which came first.
type tally[T any] struct {
	index map[string]int
	rows  []row[T]
}

type row[T any] struct {
	value T
	count int
}

func newTally[T any]() *tally[T] { return &tally[T]{index: map[string]int{}} }

func (t *tally[T]) add(key string, value T) {
	at, ok := t.index[key]
	if !ok {
		at = len(t.rows)
		t.index[key] = at
		t.rows = append(t.rows, row[T]{value: value})
	}
	t.rows[at].count++
}

// top returns up to n values, the most counted first, equals in the order they came.
func (t *tally[T]) top(n int) []T {
	rows := slices.Clone(t.rows)
	slices.SortStableFunc(rows, func(a, b row[T]) int { return cmp.Compare(b.count, a.count) })
	out := make([]T, 0, min(n, len(rows)))
	for _, r := range rows[:min(n, len(rows))] {
		out = append(out, r.value)
	}
	return out
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
