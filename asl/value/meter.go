package value

import "unsafe"

// Meter adds up how much memory values hold. What values share counts once: an object that With made of another one holds little
// more than the new member.
//
// The figures are those of Go's allocator on a 64-bit machine, rounded up. A Meter keeps the values that it has seen from being
// collected.
type Meter struct {
	seen  map[unsafe.Pointer]struct{}
	under *Meter
	bytes int
	limit int
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
	return &Meter{seen: map[unsafe.Pointer]struct{}{}, under: under, limit: limit}
}

// Bytes is how much memory the values hold; once it is beyond the limit it no longer grows.
func (m *Meter) Bytes() int { return m.bytes }

// AddBytes adds memory that holds no value.
func (m *Meter) AddBytes(n int) { m.bytes += n }

// Add adds a value; nil is none.
func (m *Meter) Add(v Value) { m.add(v, false) }

// add adds a value. sourced tells that it is part of one whose source text counts already: its strings are parts of that.
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
		if m.known(unsafe.Pointer(v)) {
			return
		}
		m.bytes += arrayBytes + itemBytes*len(v.items)
		m.text(v.source, sourced)
		for _, item := range v.items {
			m.add(item, sourced || v.source != "")
		}
	case *Object:
		if m.known(unsafe.Pointer(v)) {
			return
		}
		m.bytes += objectBytes + memberBytes*len(v.members)
		if v.index != nil {
			m.bytes += indexBytes * len(v.members)
		}
		m.text(v.source, sourced)
		for i := range v.members {
			m.text(v.members[i].Name, sourced || v.source != "")
			m.add(v.members[i].Value, sourced || v.source != "")
		}
	}
}

func (m *Meter) text(s string, sourced bool) {
	if sourced || len(s) >= sharedFrom && m.known(unsafe.Pointer(unsafe.StringData(s))) {
		return
	}
	m.bytes += len(s)
}

// known tells whether what stands at an address has been added before, and notes that it has been now.
func (m *Meter) known(at unsafe.Pointer) bool {
	if m.under != nil {
		if _, ok := m.under.seen[at]; ok {
			return true
		}
	}
	if _, ok := m.seen[at]; ok {
		return true
	}
	m.seen[at] = struct{}{}
	return false
}
