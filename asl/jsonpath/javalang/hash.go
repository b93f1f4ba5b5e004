package javalang

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/docflow-asl/docflow/asl/value"
)

// HashOrder returns the distinct names in the order in which a java.util.HashMap lists them that they were put into one by one.
// (Buckets of more than eight names turn into trees in Java; the order within such a bucket is not modelled.)
func HashOrder(names []string) []string {
	seen := make(map[string]bool, len(names))
	distinct := make([]string, 0, len(names))
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			distinct = append(distinct, name)
		}
	}
	return inBuckets(distinct, hashString)
}

// HashSet returns the distinct values in the order in which a java.util.HashSet lists them. Values are equal as Java objects:
// 1 and 1.0 are two, and so are 1 and "1"; the order of an object's members does not matter.
func HashSet(values []value.Value) []value.Value {
	seen := make(map[string]bool, len(values))
	distinct := make([]value.Value, 0, len(values))
	for _, v := range values {
		if key := string(appendKey(nil, v)); !seen[key] {
			seen[key] = true
			distinct = append(distinct, v)
		}
	}
	return inBuckets(distinct, hashValue)
}

// inBuckets sorts distinct entries as a hash table that starts with 16 buckets and doubles them when more than three quarters
// are taken. Entries of one bucket stay in the order in which they came.
func inBuckets[T any](entries []T, hash func(T) uint32) []T {
	size := uint32(16)
	for uint32(len(entries)) > size/4*3 {
		size *= 2
	}
	bucket := func(entry T) uint32 {
		h := hash(entry)
		return (h ^ h>>16) & (size - 1)
	}
	slices.SortStableFunc(entries, func(a, b T) int { return cmp.Compare(bucket(a), bucket(b)) })
	return entries
}

// hashString is String.hashCode: over UTF-16 units.
func hashString(s string) uint32 {
	var h uint32
	for _, r := range s {
		if r < 0x10000 {
			h = 31*h + uint32(r)
			continue
		}
		high, low := utf16.EncodeRune(r)
		h = 31*(31*h+uint32(high)) + uint32(low)
	}
	return h
}

// hashValue is hashCode of what Jackson makes of the value.
func hashValue(v value.Value) uint32 {
	switch v := v.(type) {
	case value.String:
		return hashString(string(v))
	case value.Bool:
		if v {
			return 1231
		}
		return 1237
	case value.Number:
		if i, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			if i >= math.MinInt32 && i <= math.MaxInt32 {
				return uint32(i) // an Integer; the next is a Long
			}
			return uint32(i) ^ uint32(uint64(i)>>32)
		}
		bits := math.Float64bits(v.Float())
		return uint32(bits) ^ uint32(bits>>32)
	case *value.Array:
		h := uint32(1)
		for _, item := range v.Items() {
			h = 31*h + hashValue(item)
		}
		return h
	case *value.Object:
		h := uint32(0)
		for _, m := range v.Members() {
			h += hashString(m.Name) ^ hashValue(m.Value)
		}
		return h
	}
	return 0
}

// appendKey writes a text that is the same for values that are equal as Java objects, and only for those.
func appendKey(dst []byte, v value.Value) []byte {
	switch v := v.(type) {
	case value.Number:
		dst = append(dst, ClassName(v)...)
		return append(append(dst, ' '), NumberText(v)...)
	case *value.Array:
		dst = append(dst, '[')
		for _, item := range v.Items() {
			dst = append(appendKey(dst, item), ',')
		}
		return append(dst, ']')
	case *value.Object:
		members := slices.Clone(v.Members())
		slices.SortFunc(members, func(a, b value.Member) int { return strings.Compare(a.Name, b.Name) })
		dst = append(dst, '{')
		for _, m := range members {
			dst = value.Append(dst, value.String(m.Name))
			dst = append(appendKey(append(dst, ':'), m.Value), ',')
		}
		return append(dst, '}')
	}
	return value.Append(dst, v)
}
