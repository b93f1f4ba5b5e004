// Package nearest finds the name that was most likely meant when one is mistyped, for messages that ask "did you mean …?".
package nearest

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxLength is the length in bytes up to which names are compared: no name of the language or of a state is longer.
const maxLength = 120

// Name returns the candidate that name was most likely meant to be, or "" when none is much like it. Of two that are
// as near it is the first.
func Name(name string, candidates []string) string {
	if name == "" || len(name) > maxLength {
		return ""
	}
	best, bestDistance := "", 0
	for _, c := range candidates {
		if len(c) > maxLength {
			continue
		}
		if strings.EqualFold(c, name) {
			return c
		}
		shorter := min(utf8.RuneCountInString(name), utf8.RuneCountInString(c))
		limit := min(1+shorter/4, shorter-1) // some letter must be left
		if d := distance(strings.ToLower(name), strings.ToLower(c), limit); limit > 0 && d <= limit && (best == "" || d < bestDistance) {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance counts the letters to insert, drop, change or swap (with the neighbour) on the way from a to b. Above limit it may
// stop early; then the result is above limit too.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > limit || -d > limit {
		return limit + 1
	}
	var before []int
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next := make([]int, len(y)+1)
		next[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		if slices.Min(next) > limit {
			return limit + 1
		}
		before, row = row, next
	}
	return row[len(y)]
}
