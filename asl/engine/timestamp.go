package engine

import (
	"strconv"
	"time"
)

// parseTimestamp reads a timestamp as Wait and Choice do: ISO 8601 with a T and an offset (`Z` or `+09:00`), the seconds and
// their fraction optional, as java.time's ISO_OFFSET_DATE_TIME.
func parseTimestamp(text string) (time.Time, bool) {
	// Go's layouts take a fraction of the seconds whether they name one or not.
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// contextTime writes a time as the context object does: 2025-01-01T00:00:00.000Z.
func contextTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// seconds turns a number of seconds into a duration, which ends at maxSeconds.
func seconds(n float64) time.Duration {
	return time.Duration(min(n, maxSeconds) * float64(time.Second))
}

// parseLong reads an integer as Java's Long.parseLong does.
func parseLong(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
