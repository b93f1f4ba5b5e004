package value

import "unsafe"

// Meter adds up how much memory values hold. What values share counts once: an object that With made of another one holds little
// more than the new member.
//
// The figures are those of Go's allocator on a 64-bit machine, rounded up; in which order values are added makes no difference. A Meter
// keeps the values that it has seen from being collected.
type Meter struct {
	seen  map[place]struct{}
	under *Meter
	bytes int
	limit int
}

// place is where an array or object stands (length 0), or the text of a string.
type place struct {
	at     unsafe.Pointer
	length int
}

// What parts of values take.
const (
	arrayBytes  = 64 // an Array
	itemBytes   = 16 // a Value in a slice
	objectBytes = 96 // an Object
	memberBytes = 32
	indexBytes  = 48 // a member in an index
	scalarBytes = 16 // the header of a String or Number behind a Value
	sharedFrom  = 64 // the length from which a string is worth looking for
)

// NewMeter makes a Meter that gives up when the values hold more than limit bytes. What has been added to under, if it is not nil,
// does not count.
func NewMeter(limit int, under *Meter) *Meter {
	return &Meter{seen: map[place]struct{}{}, under: under, limit: limit}
}

// Bytes is how much memory the values hold; once it is beyond the limit it no longer grows.
func (m *Meter) Bytes() int { return m.bytes }

// Full tells whether the values hold more than the limit.
func (m *Meter) Full() bool { return m.bytes > m.limit }

// AddBytes adds memory that holds no value.
func (m *Meter) AddBytes(n int) { m.bytes += n }

// Add adds a value; nil is none.
func (m *Meter) Add(v Value) { m.add(v, false) }

// add adds a value. sourced tells that its text is part of a source that counts already.
func (m *Meter) add(v Value, sourced bool) {
	if m.bytes > m.limit {
		return
	}
	switch v := v.(type) {
	case String:
		m.bytes += scalarBytes
		m.text(string(v), sourced)
	case Number:
		m.bytes += scalarBytes
		m.text(string(v), sourced)
	case *Array:
		if len(v.items) > 0 && m.known(unsafe.Pointer(v), 0) { // an empty one is not worth being looked for
			return
		}
		m.bytes += arrayBytes + itemBytes*len(v.items) + len(v.source)
		for _, item := range v.items {
			m.part(item, v.source != "")
		}
	case *Object:
		if len(v.members) > 0 && m.known(unsafe.Pointer(v), 0) {
			return
		}
		m.bytes += objectBytes + memberBytes*len(v.members) + len(v.source)
		if v.index != nil {
			m.bytes += indexBytes * len(v.members)
		}
		for i := range v.members {
			m.text(v.members[i].Name, v.source != "")
			m.part(v.members[i].Value, v.source != "")
		}
	}
}

// part adds an item or member. Its source, which is a part of the whole's source, counts for itself, so that it does not matter which
// of the two comes first.
func (m *Meter) part(v Value, sourced bool) {
	if sourced && m.bytes <= m.limit {
		switch v := v.(type) {
		case *Array:
			m.bytes -= len(v.source)
		case *Object:
			m.bytes -= len(v.source)
		}
	}
	m.add(v, sourced)
}

func (m *Meter) text(s string, sourced bool) {
	if sourced || len(s) >= sharedFrom && m.known(unsafe.Pointer(unsafe.StringData(s)), len(s)) {
		return
	}
	m.bytes += len(s)
}

// known tells whether what stands at an address has been added before, and notes that it has been now.
func (m *Meter) known(at unsafe.Pointer, length int) bool {
	k := place{at, length}
	if m.under != nil {
		if _, ok := m.under.seen[k]; ok {
			return true
		}
	}
	if _, ok := m.seen[k]; ok {
		return true
	}
	m.seen[k] = struct{}{}
	return false
}
