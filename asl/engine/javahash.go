package engine

import (
	"cmp"
	"slices"
	"unicode/utf16"
)

// hashMapOrder sorts names as a java.util.HashMap that they were put into one after the other yields them. AWS builds the
// evaluated members of a payload template in such a map, so that this is the order in which they are seen in outputs.
func hashMapOrder[T any](members []T, name func(T) string) {
	capacity := uint32(16)
	for len(members)*4 > int(capacity)*3 { // the map doubles when it is more than three quarters full
		capacity *= 2
	}
	slices.SortStableFunc(members, func(a, b T) int {
		return cmp.Compare(bucket(name(a), capacity), bucket(name(b), capacity))
	})
}

// bucket is the place of a string in a java.util.HashMap of that capacity.
func bucket(s string, capacity uint32) uint32 {
	var h uint32
	for _, unit := range utf16.Encode([]rune(s)) {
		h = 31*h + uint32(unit)
	}
	return (h ^ h>>16) & (capacity - 1)
}

// compareUTF16 compares strings by their UTF-16 code units, as String.compareTo in Java does.
func compareUTF16(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] != b[i] {
			return cmp.Compare(unitRank(a[i]), unitRank(b[i]))
		}
	}
	return cmp.Compare(len(a), len(b))
}

// unitRank orders the bytes of UTF-8 like the code units of UTF-16: a sequence of four bytes (0xf0 and up) is a pair of
// surrogates, which stand before U+E000 (0xee).
func unitRank(b byte) int {
	if b >= 0xf0 {
		return 0xed*16 + 1 + int(b-0xf0)
	}
	return int(b) * 16
}
