package text

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// oleFile is an OLE compound file ([MS-CFB]): a small file system. It is read here and not by a library because it comes
// from strangers: every chain ends after as many sectors as there are, and an entry is in one storage only.
type oleFile struct {
	data             []byte
	shift            uint
	fat, miniFAT     []uint32
	mini             []byte
	cutoff           uint32
	entries          []oleEntry
	children         map[int][]int
	unpacked         *int64
	unpackedAtMost   int64
	sectors, perPage int
}

type oleEntry struct {
	name               string
	kind               byte
	left, right, child uint32
	start              uint32
	size               uint64
}

const (
	oleStorage = 1
	oleStream  = 2
	oleRoot    = 5
	// oleRegular is the first sector number that means something else.
	oleRegular = 0xFFFFFFFA
	// oleEntriesAtMost is more than a message to thousands of people has.
	oleEntriesAtMost = 200_000
)

var oleSignature = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// openOLE reads the tables and the directory. What is read of streams later counts as unpacked: many may share sectors.
func openOLE(src *source) (*oleFile, error) {
	data := src.data
	if len(data) < 512 || string(data[:8]) != oleSignature {
		return nil, fail(CorruptDocument, "the OLE compound file ends in its header")
	}
	o := &oleFile{
		data: data, shift: uint(binary.LittleEndian.Uint16(data[30:])), cutoff: binary.LittleEndian.Uint32(data[56:]),
		unpacked: &src.shared.unpacked, unpackedAtMost: src.limits.DecompressedBytes,
	}
	if o.shift != 9 && o.shift != 12 {
		return nil, fail(CorruptDocument, "the OLE compound file has sectors of 2^%d bytes", o.shift)
	}
	o.perPage = 1 << (o.shift - 2)
	o.sectors = (len(data) - 1) >> o.shift
	o.readFAT()
	directory := o.chain(o.fat, binary.LittleEndian.Uint32(data[48:]), o.sector, len(data))
	if len(directory) < 128 {
		return nil, fail(CorruptDocument, "the OLE compound file has no directory, as in a file cut short")
	}
	if len(directory)/128 > oleEntriesAtMost {
		return nil, fail(CorruptDocument, "the OLE compound file has %d entries; %d are read at most", len(directory)/128, oleEntriesAtMost)
	}
	for ; len(directory) >= 128; directory = directory[128:] {
		o.entries = append(o.entries, readOLEEntry(directory))
	}
	miniTable := o.chain(o.fat, binary.LittleEndian.Uint32(data[60:]), o.sector, len(data))
	o.miniFAT = words(miniTable)
	o.mini = o.chain(o.fat, o.entries[0].start, o.sector, int(min(o.entries[0].size, uint64(len(data)))))
	o.readTree()
	return o, nil
}

func words(data []byte) []uint32 {
	out := make([]uint32, len(data)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	return out
}

// readFAT joins the sectors of the allocation table, which the header and a chain of sectors list.
func (o *oleFile) readFAT() {
	list := words(o.data[76:512])
	next := binary.LittleEndian.Uint32(o.data[68:])
	for n := 0; next < oleRegular && n <= o.sectors; n++ {
		sector := words(o.sector(next))
		if len(sector) < o.perPage {
			break
		}
		list = append(list, sector[:o.perPage-1]...)
		next = sector[o.perPage-1]
	}
	for _, at := range list {
		if len(o.fat) > o.sectors {
			break
		}
		if at < oleRegular {
			o.fat = append(o.fat, words(o.sector(at))...)
		}
	}
}

// sector returns the bytes of a sector, fewer at the end of the file, none past it.
func (o *oleFile) sector(n uint32) []byte {
	start := (int64(n) + 1) << o.shift
	if start >= int64(len(o.data)) {
		return nil
	}
	return o.data[start:min(start+1<<o.shift, int64(len(o.data)))]
}

func (o *oleFile) miniSector(n uint32) []byte {
	start := int64(n) << 6
	if start >= int64(len(o.mini)) {
		return nil
	}
	return o.mini[start:min(start+64, int64(len(o.mini)))]
}

// chain joins sectors up to a size. A chain that breaks or goes round gives what is there.
func (o *oleFile) chain(table []uint32, at uint32, sector func(uint32) []byte, size int) []byte {
	var out []byte
	for n := 0; at < oleRegular && len(out) < size && n <= len(table); n++ {
		piece := sector(at)
		if piece == nil {
			break
		}
		out = append(out, piece[:min(len(piece), size-len(out))]...)
		if int64(at) >= int64(len(table)) {
			break
		}
		at = table[at]
	}
	return out
}

func readOLEEntry(data []byte) oleEntry {
	length := min(int(binary.LittleEndian.Uint16(data[64:])), 64)
	units := make([]uint16, max(length/2-1, 0))
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(data[2*i:])
	}
	return oleEntry{
		name: string(utf16.Decode(units)), kind: data[66],
		left: binary.LittleEndian.Uint32(data[68:]), right: binary.LittleEndian.Uint32(data[72:]), child: binary.LittleEndian.Uint32(data[76:]),
		start: binary.LittleEndian.Uint32(data[116:]), size: binary.LittleEndian.Uint64(data[120:]),
	}
}

// readTree puts each entry into the storage that leads to it first.
func (o *oleFile) readTree() {
	o.children = map[int][]int{}
	seen := make([]bool, len(o.entries))
	seen[0] = true
	type step struct {
		entry  uint32
		parent int
	}
	todo := []step{{o.entries[0].child, 0}}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if int64(s.entry) >= int64(len(o.entries)) || seen[s.entry] {
			continue
		}
		seen[s.entry] = true
		e, i := o.entries[s.entry], int(s.entry)
		if e.kind == oleStorage || e.kind == oleStream {
			o.children[s.parent] = append(o.children[s.parent], i)
		}
		todo = append(todo, step{e.right, s.parent}, step{e.left, s.parent})
		if e.kind == oleStorage {
			todo = append(todo, step{e.child, i})
		}
	}
}

// find returns the entry of this name in a storage, or -1.
func (o *oleFile) find(storage int, name string) int {
	for _, i := range o.children[storage] {
		if strings.EqualFold(o.entries[i].name, name) {
			return i
		}
	}
	return -1
}

// read returns a stream.
func (o *oleFile) read(i int) ([]byte, error) {
	e := o.entries[i]
	if e.kind != oleStream {
		return nil, nil
	}
	size := e.size
	if o.shift == 9 {
		// Old writers leave rubbish in the upper half.
		size &= 0xFFFFFFFF
	}
	size = min(size, uint64(len(o.data)))
	var out []byte
	if size < uint64(o.cutoff) {
		out = o.chain(o.miniFAT, e.start, o.miniSector, int(size))
	} else {
		out = o.chain(o.fat, e.start, o.sector, int(size))
	}
	if *o.unpacked += int64(len(out)); *o.unpacked > o.unpackedAtMost {
		return nil, over("DecompressedBytes", o.unpackedAtMost, "the streams of the OLE compound file are larger than is allowed, at %s", e.name)
	}
	return out, nil
}
