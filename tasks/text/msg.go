package text

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
)

// extractMSG reads a message of Outlook ([MS-OXMSG]): properties in the streams of an OLE compound file.
func extractMSG(ctx context.Context, src *source, doc *Document) error {
	file, err := openOLE(src)
	if err != nil {
		return err
	}
	return readMSG(ctx, src, doc, &msgObject{file: file, head: 32})
}

// msgObject is a message, a recipient or an attachment: a storage with properties.
type msgObject struct {
	file    *oleFile
	storage int
	// head is the size of what stands before the properties of fixed size.
	head     int
	codepage uint32
	fixed    map[uint32]uint64
	// err is the first passed limit.
	err error
}

// The properties that are read ([MS-OXPROPS]), by their numbers.
const (
	msgClass          = 0x001A
	msgSubject        = 0x0037
	msgSubmitted      = 0x0039
	msgSenderName     = 0x0042 // of whom it is sent for
	msgSenderAddress  = 0x0065
	msgStart          = 0x0060
	msgEnd            = 0x0061
	msgHeaders        = 0x007D
	msgRecipientType  = 0x0C15
	msgSenderName2    = 0x0C1A // of who sent it
	msgSenderAddress2 = 0x0C1F
	msgDelivered      = 0x0E06
	msgCcNames        = 0x0E03
	msgToNames        = 0x0E04
	msgBody           = 0x1000
	msgRTF            = 0x1009
	msgHTML           = 0x1013
	msgName           = 0x3001
	msgAddress        = 0x3003
	msgCreated        = 0x3007
	msgData           = 0x3701
	msgShortFile      = 0x3704
	msgLongFile       = 0x3707
	msgMediaType      = 0x370E
	msgContentID      = 0x3712
	msgSMTP           = 0x39FE
	msgInternetPage   = 0x3FDE
	msgPage           = 0x3FFD
	msgSenderSMTP     = 0x5D01
	msgSenderSMTP2    = 0x5D02
)

// contactFields are what a contact says of somebody.
var contactFields = []struct {
	name     string
	property uint32
}{
	{"Name", msgName},
	{"Company", 0x3A16},
	{"Department", 0x3A18},
	{"Title", 0x3A17},
	{"Business phone", 0x3A08},
	{"Mobile phone", 0x3A1C},
	{"Home phone", 0x3A09},
	{"Fax", 0x3A24},
	{"Address", 0x3A15},
	{"Street", 0x3A29},
	{"City", 0x3A27},
	{"Postal code", 0x3A2A},
	{"Country", 0x3A26},
	{"Web", 0x3A51},
}

func (m *msgObject) stream(property uint32, kind string) []byte {
	i := m.file.find(m.storage, fmt.Sprintf("__substg1.0_%04X%s", property, kind))
	if i < 0 {
		return nil
	}
	data, err := m.file.read(i)
	if err != nil && m.err == nil {
		m.err = err
	}
	return data
}

// text returns a property that is text: UTF-16, or bytes in the message's code page.
func (m *msgObject) text(property uint32) string {
	if data := m.stream(property, "001F"); data != nil {
		return strings.TrimRight(decodeWith(utf16LE, data[:len(data)&^1]), "\x00")
	}
	data := m.stream(property, "001E")
	for len(data) > 0 && data[len(data)-1] == 0 {
		data = data[:len(data)-1]
	}
	if len(data) == 0 {
		return ""
	}
	text, _, ok := decodeLabelled(data, codepageName(m.codepage))
	if !ok {
		return ""
	}
	return text
}

func (m *msgObject) number(property uint32) uint64 {
	if m.fixed == nil {
		m.fixed = map[uint32]uint64{}
		if i := m.file.find(m.storage, "__properties_version1.0"); i >= 0 {
			data, err := m.file.read(i)
			if err != nil && m.err == nil {
				m.err = err
			}
			for at := m.head; at+16 <= len(data); at += 16 {
				m.fixed[binary.LittleEndian.Uint32(data[at:])>>16] = binary.LittleEndian.Uint64(data[at+8:])
			}
		}
	}
	return m.fixed[property]
}

func (m *msgObject) time(property uint32) *time.Time {
	ticks := m.number(property)
	// Hundreds of nanoseconds since 1601; what is before 1970 or after 2200 is a mistake.
	seconds := int64(ticks/10_000_000) - 11_644_473_600
	if seconds <= 0 || seconds > 7_258_118_400 {
		return nil
	}
	t := time.Unix(seconds, 0).UTC()
	return &t
}

// codepageName returns the charset of a Windows code page.
func codepageName(page uint32) string {
	switch page {
	case 932:
		return "shift_jis"
	case 936:
		return "gbk"
	case 949, 51949:
		return "euc-kr"
	case 950:
		return "big5"
	case 874:
		return "windows-874"
	case 866:
		return "ibm866"
	case 1200:
		return "utf-16le"
	case 10000:
		return "macintosh"
	case 20866:
		return "koi8-r"
	case 21866:
		return "koi8-u"
	case 20932, 51932:
		return "euc-jp"
	case 50220, 50221, 50222:
		return "iso-2022-jp"
	case 54936:
		return "gb18030"
	case 65001:
		return "utf-8"
	}
	switch {
	case page >= 1250 && page <= 1258:
		return "windows-" + itoa(int(page))
	case page >= 28591 && page <= 28606:
		return "iso-8859-" + itoa(int(page-28590))
	}
	return ""
}

func readMSG(ctx context.Context, src *source, doc *Document, m *msgObject) error {
	m.codepage = uint32(m.number(msgPage))
	internet := uint32(m.number(msgInternetPage))
	if m.codepage == 0 {
		m.codepage = internet
	}
	reader := &mailReader{src: src, doc: doc}
	fields := m.fields()
	meta := &doc.Metadata
	meta.Title, meta.Author = fields["Subject"], author(fields["From"])
	for _, property := range []uint32{msgSubmitted, msgDelivered, msgCreated} {
		if meta.Created = m.time(property); meta.Created != nil {
			if property != msgCreated {
				fields["Date"] = meta.Created.Format(time.RFC1123Z)
			}
			break
		}
	}
	if err := m.body(ctx, reader, internet); err != nil {
		return err
	}
	if err := m.attachments(ctx, reader); err != nil {
		return err
	}
	if m.err != nil {
		return m.err
	}
	return reader.compose(fields)
}

// fields returns the head of the message.
func (m *msgObject) fields() map[string]string {
	fields := map[string]string{"Subject": oneLine(m.text(msgSubject))}
	fields["From"] = person(m.text(msgSenderName), m.text(msgSenderSMTP2), m.text(msgSenderAddress))
	if fields["From"] == "" {
		fields["From"] = person(m.text(msgSenderName2), m.text(msgSenderSMTP), m.text(msgSenderAddress2))
	}
	lists := map[uint64][]string{}
	for _, i := range m.file.children[m.storage] {
		if strings.HasPrefix(m.file.entries[i].name, "__recip_version1.0_") {
			r := &msgObject{file: m.file, storage: i, head: 8, codepage: m.codepage}
			if p := person(r.text(msgName), r.text(msgSMTP), r.text(msgAddress)); p != "" {
				kind := r.number(msgRecipientType) & 0xFF
				lists[kind] = append(lists[kind], p)
			}
		}
	}
	fields["To"], fields["Cc"] = strings.Join(lists[1], ", "), strings.Join(lists[2], ", ")
	if fields["To"] == "" {
		fields["To"] = oneLine(m.text(msgToNames))
	}
	if fields["Cc"] == "" {
		fields["Cc"] = oneLine(m.text(msgCcNames))
	}
	if headers, _ := splitHeader([]byte(m.text(msgHeaders))); fields["From"] == "" {
		head := entity{fields: headers}
		fields["From"] = tidyAddresses(decodeWords(head.get("from"), ""))
	}
	return fields
}

// person writes a name and an address. Addresses inside an Exchange organisation ("/O=...") say nothing to a reader.
func person(name, smtp, address string) string {
	name, smtp, address = oneLine(strings.Trim(name, "'\x00 ")), oneLine(smtp), oneLine(address)
	if smtp == "" && strings.Contains(address, "@") {
		smtp = address
	}
	switch {
	case smtp == "" || smtp == name:
		return name
	case name == "":
		return smtp
	}
	return name + " <" + smtp + ">"
}

// body takes the plain text, else the HTML, else what is in the compressed Rich Text.
func (m *msgObject) body(ctx context.Context, reader *mailReader, internet uint32) error {
	if strings.HasPrefix(strings.ToUpper(m.text(msgClass)), "IPM.CONTACT") {
		var list []string
		for _, f := range contactFields {
			if value := oneLine(m.text(f.property)); value != "" {
				list = append(list, f.name+": "+value)
			}
		}
		reader.addPlain(strings.Join(list, "\n"))
	}
	if begin, end := m.time(msgStart), m.time(msgEnd); begin != nil && end != nil {
		reader.addPlain("Start: " + begin.Format(time.RFC1123Z) + "\nEnd: " + end.Format(time.RFC1123Z))
	}
	if text := m.text(msgBody); strings.TrimSpace(text) != "" {
		reader.addPlain(text)
		return nil
	}
	page := m.text(msgHTML)
	if data := m.stream(msgHTML, "0102"); page == "" && len(data) > 0 {
		page, reader.doc.Metadata.Charset, _ = decodeLabelled(data, codepageName(internet))
	}
	if strings.TrimSpace(page) != "" {
		return reader.addHTML(ctx, page)
	}
	packed := m.stream(msgRTF, "0102")
	if len(packed) == 0 {
		return nil
	}
	rtf, err := unpackRTF(packed)
	if err != nil {
		reader.doc.warn(1, WarnPartUnreadable, "the body is compressed Rich Text that cannot be unpacked: "+err.Message)
		return nil
	}
	if m.file.unpacked != nil {
		*m.file.unpacked += int64(len(rtf))
	}
	if page, ok := htmlOfRTF(rtf); ok {
		return reader.addHTML(ctx, page)
	}
	return reader.addRTF(ctx, rtf)
}

func (m *msgObject) attachments(ctx context.Context, reader *mailReader) error {
	var storages []int
	for _, i := range m.file.children[m.storage] {
		if e := m.file.entries[i]; e.kind == oleStorage && strings.HasPrefix(e.name, "__attach_version1.0_") {
			storages = append(storages, i)
		}
	}
	slices.SortFunc(storages, func(a, b int) int { return strings.Compare(m.file.entries[a].name, m.file.entries[b].name) })
	signed := strings.Contains(strings.ToUpper(m.text(msgClass)), "SMIME")
	for n, i := range storages {
		a := &msgObject{file: m.file, storage: i, head: 8, codepage: m.codepage}
		if err := a.attach(ctx, reader, n+1, signed); err != nil {
			return err
		}
		if a.err != nil {
			return a.err
		}
	}
	return nil
}

func (m *msgObject) attach(ctx context.Context, reader *mailReader, number int, signed bool) error {
	name := ""
	for _, property := range []uint32{msgLongFile, msgShortFile, msgName} {
		if name = tidyName(oneLine(m.text(property))); name != "" {
			break
		}
	}
	media := strings.ToLower(m.text(msgMediaType))
	if inner := m.file.find(m.storage, "__substg1.0_3701000D"); inner >= 0 {
		if m.file.find(inner, "__properties_version1.0") < 0 {
			reader.doc.warn(1, WarnObjectLeftOut, "an embedded object was left out: "+name)
			return nil
		}
		if name == "" {
			name = fmt.Sprintf("message-%d", number)
		}
		message := &msgObject{file: m.file, storage: inner, head: 24}
		return reader.src.attachRead(ctx, reader.doc, name, FormatMSG, func(ctx context.Context, src *source, doc *Document) error {
			return readMSG(ctx, src, doc, message)
		})
	}
	data := m.stream(msgData, "0102")
	switch {
	case m.err != nil:
		return m.err
	case strings.HasPrefix(media, "image/") && m.text(msgContentID) != "":
		reader.pictures++
		return nil
	case media == "application/ms-tnef":
		reader.tnef++
		return nil
	case signed && strings.HasPrefix(media, "multipart/"), signed && isMail(data, ".eml"):
		// A signed message holds itself once more, in MIME.
		name = "signed.eml"
	case signed:
		reader.encrypted++
		return nil
	case name == "":
		name = fmt.Sprintf("attachment-%d%s", number, extensionOf(media))
	}
	return reader.src.attach(ctx, reader.doc, name, data)
}
