package text

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// oleNode is a stream, or a storage when children is not nil.
type oleNode struct {
	name     string
	data     []byte
	children []oleNode
}

// oleOf writes a compound file with sectors of 512 bytes. The entries of a storage are a list, not a balanced tree.
func oleOf(nodes []oleNode) []byte {
	const end, free, fatSector = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
	var sectors [][]byte
	var fat, miniFAT []uint32
	var mini []byte
	place := func(data []byte) uint32 {
		if len(data) == 0 {
			return end
		}
		start := uint32(len(sectors))
		for len(data) > 0 {
			sector := make([]byte, 512)
			n := copy(sector, data)
			data = data[n:]
			sectors = append(sectors, sector)
			next := uint32(len(sectors))
			if len(data) == 0 {
				next = end
			}
			fat = append(fat, next)
		}
		return start
	}
	type entry struct {
		name               string
		kind               byte
		left, right, child uint32
		start              uint32
		size               int
	}
	entries := []entry{{name: "Root Entry", kind: oleRoot, left: free, right: free, child: free}}
	var add func(nodes []oleNode) uint32
	add = func(nodes []oleNode) uint32 {
		if len(nodes) == 0 {
			return free
		}
		first := uint32(len(entries))
		for i, node := range nodes {
			e := entry{name: node.name, kind: oleStream, left: free, right: free, child: free, start: end, size: len(node.data)}
			switch {
			case node.children != nil:
				e.kind = oleStorage
			case len(node.data) >= 4096:
				e.start = place(node.data)
			case len(node.data) > 0:
				e.start = uint32(len(mini) / 64)
				for data := node.data; len(data) > 0; {
					piece := make([]byte, 64)
					data = data[copy(piece, data):]
					mini = append(mini, piece...)
					next := uint32(len(mini) / 64)
					if len(data) == 0 {
						next = end
					}
					miniFAT = append(miniFAT, next)
				}
			}
			at := len(entries)
			entries = append(entries, e)
			child := add(node.children)
			entries[at].child = child
			if i+1 < len(nodes) {
				entries[at].right = uint32(len(entries))
			}
		}
		return first
	}
	entries[0].child = add(nodes)
	entries[0].start, entries[0].size = place(mini), len(mini)
	var table []byte
	for _, next := range miniFAT {
		table = binary.LittleEndian.AppendUint32(table, next)
	}
	miniStart := place(table)
	var directory []byte
	for _, e := range entries {
		raw := make([]byte, 128)
		units := utf16.Encode([]rune(e.name))
		for i, u := range units {
			binary.LittleEndian.PutUint16(raw[2*i:], u)
		}
		binary.LittleEndian.PutUint16(raw[64:], uint16(2*len(units)+2))
		raw[66] = e.kind
		binary.LittleEndian.PutUint32(raw[68:], e.left)
		binary.LittleEndian.PutUint32(raw[72:], e.right)
		binary.LittleEndian.PutUint32(raw[76:], e.child)
		binary.LittleEndian.PutUint32(raw[116:], e.start)
		binary.LittleEndian.PutUint64(raw[120:], uint64(e.size))
		directory = append(directory, raw...)
	}
	directoryStart := place(directory)
	fatSectors := 1
	for fatSectors*128 < len(fat)+fatSectors {
		fatSectors++
	}
	header := make([]byte, 512)
	copy(header, oleSignature)
	binary.LittleEndian.PutUint16(header[26:], 3)
	binary.LittleEndian.PutUint16(header[30:], 9)
	binary.LittleEndian.PutUint16(header[32:], 6)
	binary.LittleEndian.PutUint32(header[44:], uint32(fatSectors))
	binary.LittleEndian.PutUint32(header[48:], directoryStart)
	binary.LittleEndian.PutUint32(header[56:], 4096)
	binary.LittleEndian.PutUint32(header[60:], miniStart)
	binary.LittleEndian.PutUint32(header[68:], end)
	for i := range 109 {
		binary.LittleEndian.PutUint32(header[76+4*i:], free)
	}
	for i := range fatSectors {
		binary.LittleEndian.PutUint32(header[76+4*i:], uint32(len(fat)))
		fat = append(fat, fatSector)
	}
	out := header
	for _, sector := range sectors {
		out = append(out, sector...)
	}
	for len(fat)%128 != 0 {
		fat = append(fat, free)
	}
	for _, next := range fat {
		out = binary.LittleEndian.AppendUint32(out, next)
	}
	return out
}

func wide(property uint32, s string) oleNode {
	var data []byte
	for _, u := range utf16.Encode([]rune(s)) {
		data = binary.LittleEndian.AppendUint16(data, u)
	}
	return oleNode{name: fmt.Sprintf("__substg1.0_%04X001F", property), data: data}
}

func narrow(property uint32, data []byte) oleNode {
	return oleNode{name: fmt.Sprintf("__substg1.0_%04X001E", property), data: data}
}

func binaryProperty(property uint32, data []byte) oleNode {
	return oleNode{name: fmt.Sprintf("__substg1.0_%04X0102", property), data: data}
}

func fixedProperties(head int, values map[uint32]uint64) oleNode {
	data := make([]byte, head)
	for property, value := range values {
		data = binary.LittleEndian.AppendUint32(data, property<<16|3)
		data = append(data, 0, 0, 0, 0)
		data = binary.LittleEndian.AppendUint64(data, value)
	}
	return oleNode{name: "__properties_version1.0", data: data}
}

func ticks(t time.Time) uint64 { return uint64(t.Unix()+11_644_473_600) * 10_000_000 }

var sent = time.Date(2026, 3, 16, 1, 0, 0, 0, time.UTC)

// sampleMSG has recipients, a document, a message and a picture attached.
func sampleMSG(t testing.TB) []byte {
	return oleOf([]oleNode{
		fixedProperties(32, map[uint32]uint64{msgSubmitted: ticks(sent)}),
		wide(msgSubject, "納品のご連絡"),
		wide(msgSenderName, "佐藤 健"), wide(msgSenderSMTP2, "sato@example.com"), wide(msgSenderAddress, "/O=EXAMPLE/CN=SATO"),
		wide(msgBody, "300個の荷物が火曜日に届きます。\r\n\r\n"+strings.Repeat("よろしくお願いいたします。", 200)+"\r\n"),
		{name: "__recip_version1.0_#00000000", children: []oleNode{
			fixedProperties(8, map[uint32]uint64{msgRecipientType: 1}), wide(msgName, "Ada Martin"), wide(msgSMTP, "ada@example.org"),
		}},
		{name: "__recip_version1.0_#00000001", children: []oleNode{
			fixedProperties(8, map[uint32]uint64{msgRecipientType: 2}), wide(msgName, "depot@example.com"), wide(msgAddress, "depot@example.com"),
		}},
		{name: "__attach_version1.0_#00000000", children: []oleNode{
			fixedProperties(8, nil), wide(msgLongFile, "議事録.docx"), binaryProperty(msgData, readDocument(t, "memo-ja.docx")),
		}},
		{name: "__attach_version1.0_#00000001", children: []oleNode{
			fixedProperties(8, nil), wide(msgName, "Which gate?"),
			{name: "__substg1.0_3701000D", children: []oleNode{
				fixedProperties(24, nil), wide(msgSubject, "Which gate?"), wide(msgBody, "Is gate 4 open?"),
			}},
		}},
		{name: "__attach_version1.0_#00000002", children: []oleNode{
			fixedProperties(8, nil), wide(msgMediaType, "image/png"), wide(msgContentID, "logo"), binaryProperty(msgData, []byte("\x89PNG")),
		}},
	})
}

func TestMSGGolden(t *testing.T) {
	doc, err := Extract(t.Context(), sampleMSG(t), "mail.msg", Options{})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "mail.msg.json", string(shown)+"\n")
	checkBlocks(t, doc)
}

// packRTF compresses without finding anything twice: a flag byte of zero, eight bytes as they are.
func packRTF(rtf string) []byte {
	var packed []byte
	for i := 0; i < len(rtf); i += 8 {
		packed = append(append(packed, 0), rtf[i:min(i+8, len(rtf))]...)
	}
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(packed)+12))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(rtf)))
	return append(append(append(out, "LZFu"...), 0, 0, 0, 0), packed...)
}

func TestMSGBodies(t *testing.T) {
	tests := []struct {
		name  string
		nodes []oleNode
		want  string
	}{
		{"8-bit strings in a code page", []oleNode{fixedProperties(32, map[uint32]uint64{msgPage: 932}), narrow(msgBody, append(encoded(t, "shift_jis", "納品"), 0))}, "納品"},
		{"8-bit strings without a code page", []oleNode{narrow(msgBody, encoded(t, "windows-1251", "Наш склад сегодня получил триста посылок."))}, "Наш склад сегодня получил триста посылок."},
		{"HTML", []oleNode{fixedProperties(32, map[uint32]uint64{msgInternetPage: 50220}), binaryProperty(msgHTML, encoded(t, "iso-2022-jp", "<p>納品の<b>件</b></p>"))}, "納品の件"},
		{"HTML in Rich Text", []oleNode{binaryProperty(msgRTF, packRTF(`{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}{\*\generator x;}`+
			"\r\n"+`{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Z\'fcrich \u8364? {\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 gate\htmlrtf }\htmlrtf0 {\*\htmltag92 </b>}\htmlrtf \par }\htmlrtf0 {\*\htmltag72 </p>}}`))}, "Zürich € gate"},
		{"Rich Text", []oleNode{binaryProperty(msgRTF, packRTF(`{\rtf1\ansi\ansicpg932{\fonttbl{\f0 Arial;}}{\info{\author x}}Total \{\'82\'a0\} \u-10179?\u-8704?\par second\tab line}`))}, "Total {あ} 😀\n\nsecond\tline"},
		{"nothing", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), oleOf(append(test.nodes, wide(msgSubject, "s"), oleNode{name: "__properties_version1.0"})), "m.msg", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimPrefix(strings.TrimPrefix(doc.Pages[0].Text, "Subject: s"), "\n\n"); got != test.want {
				t.Errorf("body = %q, want %q", got, test.want)
			}
		})
	}
}

func TestUnpackRTF(t *testing.T) {
	// The example of [MS-OXRTFCP], 3.2: "{\rtf1 WXYZWXYZWXYZWXYZWXYZ}\r\n".
	data := []byte("\x1a\x00\x00\x00\x1c\x00\x00\x00\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\x41\x00\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d\x01\x0e\xb0")
	got, err := unpackRTF(data)
	if want := `{\rtf1 WXYZWXYZWXYZWXYZWXYZ}`; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestOldOffice(t *testing.T) {
	// What the message carries does not make it a Word document.
	inner := oleOf([]oleNode{{name: "WordDocument", data: []byte("x")}})
	doc, err := Extract(t.Context(), oleOf([]oleNode{
		{name: "__properties_version1.0"},
		wide(msgSubject, "s"),
		{name: "__attach_version1.0_#00000000", children: []oleNode{wide(msgLongFile, "old.doc"), binaryProperty(msgData, inner)}},
	}), "m.msg", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if e := doc.Attachments[0].Error; e == nil || e.Code != UnsupportedFormat || !strings.Contains(e.Message, "DOCX") {
		t.Errorf("old.doc: %v", e)
	}
	for stream, hint := range map[string]string{"WordDocument": "DOCX", "Workbook": "Excel", "Book": "Excel", "PowerPoint Document": "PowerPoint", "EncryptedPackage": "password", "x": "OLE"} {
		_, err := Extract(t.Context(), oleOf([]oleNode{{name: stream, data: []byte("x")}}), "old", Options{})
		if err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: %v", stream, err)
		}
	}
}

func TestHostileMSG(t *testing.T) {
	data := sampleMSG(t)
	// Many large streams on the same sectors.
	big := bytes.Repeat([]byte("text "), 1<<20)
	nodes := []oleNode{{name: "__properties_version1.0"}, wide(msgSubject, "s")}
	for i := range 200 {
		nodes = append(nodes, oleNode{name: fmt.Sprintf("__attach_version1.0_#%08X", i), children: []oleNode{binaryProperty(msgData, []byte("x"))}})
	}
	nodes = append(nodes, oleNode{name: "big", data: big})
	shared := oleOf(nodes)
	at := bytes.Index(shared, []byte("b\x00i\x00g\x00\x00"))
	start, size := slices.Clone(shared[at+116:at+120]), slices.Clone(shared[at+120:at+128])
	name := utf16.Encode([]rune("__substg1.0_37010102"))
	var raw []byte
	for _, u := range name {
		raw = binary.LittleEndian.AppendUint16(raw, u)
	}
	for i := 0; i < len(shared); {
		j := bytes.Index(shared[i:], raw)
		if j < 0 {
			break
		}
		copy(shared[i+j+116:], start)
		copy(shared[i+j+120:], size)
		i += j + 128
	}
	// A chain that goes round, in every entry of the table.
	loop := slices.Clone(data)
	for i := len(loop) - 512; i+4 <= len(loop); i += 4 {
		binary.LittleEndian.PutUint32(loop[i:], 0)
	}
	tests := []struct {
		name  string
		data  []byte
		limit string
	}{
		{"shared sectors", shared, "TextBytes"},
		{"chains go round", loop, ""},
		{"cut", data[:len(data)/2], ""},
		{"header only", data[:512], ""},
		{"signature only", data[:8], ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			begin := time.Now()
			_, err := Extract(t.Context(), test.data, "m.msg", Options{})
			if took := time.Since(begin); took > hostileTime {
				t.Errorf("took %s", took)
			}
			var own *Error
			if err != nil && !errors.As(err, &own) || test.limit != "" && (own == nil || own.Limit != test.limit) {
				t.Errorf("error = %v, want the limit %s", err, test.limit)
			}
		})
	}
}

func FuzzMSG(f *testing.F) {
	f.Add(sampleMSG(f))
	f.Add(oleOf([]oleNode{{name: "__properties_version1.0"}, wide(msgSubject, "s"), binaryProperty(msgRTF, packRTF(`{\rtf1\fromhtml1 {\*\htmltag <p>}x}`))}))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Extract(t.Context(), data, "m.msg", Options{Limits: Limits{Time: 10 * time.Second}})
		var own *Error
		if err != nil && !errors.As(err, &own) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if own != nil && strings.Contains(own.Message, "made its reader fail") {
			t.Fatal(own)
		}
		if doc != nil {
			checkBlocks(t, doc)
		}
	})
}

func FuzzRTFBody(f *testing.F) {
	f.Add([]byte(`{\rtf1\fromhtml1 {\*\htmltag64 <p>}\'fc\u1?x\bin3 abc}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		htmlOfRTF(data)
		if _, err := unpackRTF(data); err != nil && err.Code != CorruptDocument {
			t.Error(err)
		}
	})
}
