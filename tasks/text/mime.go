package text

import (
	"bytes"
	"encoding/base64"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// MIME is read by this file and not by a library: messages that people keep break the rules (a missing last boundary, raw
// bytes in headers, rubbish in base64), and what takes them apart must be linear in their size. Depth and number of parts
// are counted while the message is cut at its boundaries, before anything is decoded.

// entity is a message or a part of one (RFC 2045).
type entity struct {
	fields []mailField
	// media is the type in lower case, "text/plain" when there is none that can be read.
	media  string
	params map[string]string
	// body is the content as it stands in the message, still in its transfer encoding.
	body  []byte
	parts []*entity
}

type mailField struct {
	// name is in lower case, value unfolded and not yet decoded.
	name  string
	value []byte
}

// get returns the first field of this name.
func (e *entity) get(name string) []byte {
	for _, f := range e.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// mimeParser counts what a message is made of.
type mimeParser struct {
	limits Limits
	parts  int64
}

func (p *mimeParser) parse(data []byte, depth int64, fallback string) (*entity, error) {
	if limit := p.limits.MIMEDepth; depth > limit {
		return nil, over("MIMEDepth", limit, "the parts of the message nest too deep")
	}
	if p.parts++; p.parts > p.limits.MIMEParts {
		return nil, over("MIMEParts", p.limits.MIMEParts, "the message has too many parts")
	}
	e := &entity{}
	e.fields, e.body = splitHeader(data)
	e.media, e.params = mediaType(e.get("content-type"), fallback)
	if !strings.HasPrefix(e.media, "multipart/") {
		return e, nil
	}
	inner := "text/plain"
	if e.media == "multipart/digest" {
		inner = "message/rfc822"
	}
	pieces := splitMultipart(e.body, e.params["boundary"])
	if pieces == nil {
		// No boundary is in it: all of it is one text.
		e.media, e.params = "text/plain", map[string]string{}
		return e, nil
	}
	for _, piece := range pieces {
		part, err := p.parse(piece, depth+1, inner)
		if err != nil {
			return nil, err
		}
		e.parts = append(e.parts, part)
	}
	e.body = nil
	return e, nil
}

// nextLine cuts the first line off data. The line comes without its end.
func nextLine(data []byte) (line, rest []byte) {
	i := bytes.IndexAny(data, "\r\n")
	if i < 0 {
		return data, nil
	}
	line, rest = data[:i], data[i+1:]
	if data[i] == '\r' && len(rest) > 0 && rest[0] == '\n' {
		rest = rest[1:]
	}
	return line, rest
}

// splitHeader reads the fields up to the first empty line. A line that is no field begins the body, except the mark of
// a mailbox file ("From " or ">From ") at the start.
func splitHeader(data []byte) (fields []mailField, body []byte) {
	for len(data) > 0 {
		line, rest := nextLine(data)
		switch {
		case len(line) == 0:
			return fields, rest
		case line[0] == ' ' || line[0] == '\t':
			if len(fields) == 0 {
				if len(bytes.TrimSpace(line)) > 0 {
					return fields, data
				}
				break
			}
			last := &fields[len(fields)-1]
			last.value = append(last.value, ' ')
			last.value = append(last.value, bytes.TrimSpace(line)...)
		default:
			name, value, ok := cutField(line)
			if !ok {
				if len(fields) == 0 && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))) {
					break
				}
				return fields, data
			}
			// A copy: continuation lines are appended.
			fields = append(fields, mailField{name, append([]byte(nil), value...)})
		}
		data = rest
	}
	return fields, nil
}

// cutField takes "Name: value" apart.
func cutField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > 76 {
		return "", nil, false
	}
	head := bytes.TrimRight(line[:colon], " \t")
	for _, b := range head {
		if b <= ' ' || b >= 0x7F {
			return "", nil, false
		}
	}
	return strings.ToLower(string(head)), bytes.TrimSpace(line[colon+1:]), true
}

// splitMultipart cuts a body at its boundary. The text before the first and after the last is for readers without MIME
// and left out. A missing last boundary is forgiven; nil means that there is no boundary at all.
func splitMultipart(body []byte, boundary string) [][]byte {
	if boundary == "" {
		for rest := body; len(rest) > 0; {
			var line []byte
			line, rest = nextLine(rest)
			if len(line) > 2 && bytes.HasPrefix(line, []byte("--")) {
				boundary = string(bytes.TrimRight(line[2:], " \t"))
				break
			}
		}
		if boundary == "" {
			return nil
		}
	}
	delimiter := []byte("--" + boundary)
	var pieces [][]byte
	start := -1
	for at := 0; at < len(body); {
		i := bytes.Index(body[at:], delimiter)
		if i < 0 {
			break
		}
		i += at
		at = i + len(delimiter)
		if i > 0 && body[i-1] != '\n' && body[i-1] != '\r' {
			continue
		}
		line, rest := nextLine(body[at:])
		tail := bytes.TrimRight(line, " \t")
		last := bytes.Equal(tail, []byte("--"))
		if len(tail) > 0 && !last {
			continue
		}
		if start >= 0 {
			pieces = append(pieces, withoutLineEnd(body[start:i]))
		}
		if start = len(body) - len(rest); last {
			start = -1
			break
		}
		at = start
	}
	if start >= 0 && start < len(body) {
		pieces = append(pieces, body[start:])
	}
	return pieces
}

// withoutLineEnd drops the line end before a boundary, which belongs to the boundary.
func withoutLineEnd(piece []byte) []byte {
	piece = bytes.TrimSuffix(piece, []byte("\n"))
	return bytes.TrimSuffix(piece, []byte("\r"))
}

// mediaType reads a Content-Type field. What cannot be read is the fallback.
func mediaType(value []byte, fallback string) (string, map[string]string) {
	media, params := parameters(value)
	media = strings.ToLower(strings.TrimSpace(media))
	if kind, sub, ok := strings.Cut(media, "/"); !ok || kind == "" || sub == "" || strings.ContainsAny(media, " \t") {
		media = fallback
		if kind == "text" && !ok {
			media = "text/plain"
		}
	}
	return media, params
}

// parameters takes a field such as `attachment; filename="a b.pdf"` apart, with the continuations and charsets of
// RFC 2231. Names are in lower case, values decoded. The first of several parameters of one name counts.
func parameters(value []byte) (string, map[string]string) {
	head, rest, _ := bytes.Cut(value, []byte(";"))
	params := map[string]string{}
	type piece struct {
		text    []byte
		encoded bool
	}
	continued := map[string]map[int]piece{}
	for len(rest) > 0 {
		var name, content []byte
		name, content, rest = nextParameter(rest)
		key := strings.ToLower(string(name))
		base, number, extended := key, 0, strings.HasSuffix(key, "*")
		base = strings.TrimSuffix(base, "*")
		star := strings.IndexByte(base, '*')
		if star < 0 && !extended {
			if _, twice := params[key]; !twice && key != "" {
				params[key] = decodeWords(content, "")
			}
			continue
		}
		if star >= 0 {
			n, err := strconv.Atoi(base[star+1:])
			if err != nil || n < 0 || n > 1000 {
				continue
			}
			base, number = base[:star], n
		}
		if continued[base] == nil {
			continued[base] = map[int]piece{}
		}
		continued[base][number] = piece{content, extended}
	}
	for name, pieces := range continued {
		var joined, escaped []byte
		charset := ""
		for i := 0; i < len(pieces); i++ {
			p, ok := pieces[i]
			if !ok {
				break
			}
			if i == 0 && p.encoded {
				// charset'language'text
				if parts := bytes.SplitN(p.text, []byte("'"), 3); len(parts) == 3 {
					charset, p.text = string(parts[0]), parts[2]
				}
			}
			if p.encoded {
				// Some senders cut between the digits of a code.
				escaped = append(escaped, p.text...)
				continue
			}
			joined = append(joined, unescapePercent(escaped)...)
			joined, escaped = append(joined, p.text...), nil
		}
		joined = append(joined, unescapePercent(escaped)...)
		if charset == "" {
			params[name] = decodeWords(joined, "")
		} else {
			params[name], _, _ = decodeLabelled(joined, charset)
		}
	}
	return string(head), params
}

// nextParameter reads one name=value, the value quoted or not.
func nextParameter(data []byte) (name, value, rest []byte) {
	data = bytes.TrimLeft(data, " \t;")
	end := bytes.IndexAny(data, "=;")
	if end < 0 || data[end] == ';' {
		if end < 0 {
			return nil, nil, nil
		}
		return nil, nil, data[end+1:]
	}
	name = bytes.TrimSpace(data[:end])
	data = bytes.TrimLeft(data[end+1:], " \t")
	if len(data) == 0 || data[0] != '"' {
		value, rest, _ = bytes.Cut(data, []byte(";"))
		return name, bytes.TrimSpace(value), rest
	}
	for i := 1; i < len(data); i++ {
		switch {
		case data[i] == '\\' && i+1 < len(data) && (data[i+1] == '"' || data[i+1] == '\\'):
			i++
		case data[i] == '"':
			_, rest, _ = bytes.Cut(data[i+1:], []byte(";"))
			return name, value, rest
		}
		value = append(value, data[i])
	}
	return name, value, nil
}

func unescapePercent(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] == '%' && i+2 < len(data) {
			if b, err := strconv.ParseUint(string(data[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(b))
				i += 2
				continue
			}
		}
		out = append(out, data[i])
	}
	return out
}

var encodedWord = regexp.MustCompile(`=\?([^?\s]{1,60})\?([BbQq])\?([^?]*)\?=`)

// decodeWords reads a header value: encoded words (RFC 2047), wherever they stand, and raw bytes. The bytes of neighbouring
// words in one charset are joined before they are decoded, since senders cut characters in two. Hint is the charset that
// the rest of the message declares, for raw bytes.
func decodeWords(value []byte, hint string) string {
	var out strings.Builder
	var pending []byte
	charset := ""
	flush := func() {
		if len(pending) > 0 {
			text, _, _ := decodeLabelled(pending, charset)
			out.WriteString(text)
			pending = nil
		}
	}
	at := 0
	for _, m := range encodedWord.FindAllSubmatchIndex(value, -1) {
		// White space between two encoded words is not shown.
		if between := value[at:m[0]]; at == 0 || len(bytes.TrimSpace(between)) > 0 {
			flush()
			out.WriteString(rawHeader(between, hint))
		}
		label, _, _ := strings.Cut(string(value[m[2]:m[3]]), "*")
		content := value[m[6]:m[7]]
		if b := value[m[4]]; b == 'B' || b == 'b' {
			content = decodeBase64(content)
		} else {
			content = decodeQuoted(bytes.ReplaceAll(content, []byte("_"), []byte(" ")), true)
		}
		if !strings.EqualFold(label, charset) || isEscaped(label) {
			flush()
		}
		charset = label
		pending = append(pending, content...)
		at = m[1]
	}
	flush()
	out.WriteString(rawHeader(value[at:], hint))
	return strings.ToValidUTF8(oneLine(normalise(out.String())), "")
}

// isEscaped knows the charsets with states, which start anew in each word.
func isEscaped(charset string) bool {
	return len(charset) > 9 && strings.EqualFold(charset[:9], "iso-2022-")
}

func rawHeader(value []byte, hint string) string {
	if len(value) == 0 {
		return ""
	}
	text, _, ok := decodeLabelled(value, hint)
	if !ok {
		return strings.ToValidUTF8(string(value), "\uFFFD")
	}
	return text
}

// content returns the body without its transfer encoding.
func (e *entity) content() []byte {
	encoding, _ := parameters(e.get("content-transfer-encoding"))
	switch strings.ToLower(strings.Trim(encoding, " \t\"")) {
	case "base64":
		return decodeBase64(e.body)
	case "quoted-printable":
		return decodeQuoted(e.body, false)
	case "x-uuencode", "x-uue", "uuencode":
		return decodeUU(e.body)
	}
	return e.body
}

// decodeBase64 reads what can be read: other characters than those of the alphabet are passed over, padding may stand in
// the middle where two encodings were joined, and the end may be missing.
func decodeBase64(data []byte) []byte {
	out := make([]byte, 0, base64.StdEncoding.DecodedLen(len(data)))
	bits, n := uint32(0), 0
	for _, b := range data {
		switch {
		case b >= 'A' && b <= 'Z':
			b -= 'A'
		case b >= 'a' && b <= 'z':
			b -= 'a' - 26
		case b >= '0' && b <= '9':
			b += 52 - '0'
		case b == '+' || b == '-':
			b = 62
		case b == '/' || b == '_':
			b = 63
		case b == '=':
			out = appendBits(out, bits, n)
			bits, n = 0, 0
			continue
		default:
			continue
		}
		bits = bits<<6 | uint32(b)
		if n++; n == 4 {
			out = append(out, byte(bits>>16), byte(bits>>8), byte(bits))
			bits, n = 0, 0
		}
	}
	return appendBits(out, bits, n)
}

func appendBits(out []byte, bits uint32, n int) []byte {
	switch n {
	case 2:
		return append(out, byte(bits>>4))
	case 3:
		return append(out, byte(bits>>10), byte(bits>>2))
	}
	return out
}

// decodeQuoted reads quoted-printable (RFC 2045, 6.7). An equals sign that begins no code stays. In a header (RFC 2047) blanks
// at a line's end are text.
func decodeQuoted(data []byte, header bool) []byte {
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		line, rest := nextLine(data)
		end := data[len(line) : len(data)-len(rest)]
		if !header {
			line = bytes.TrimRight(line, " \t")
		}
		soft := false
		for i := 0; i < len(line); i++ {
			if line[i] != '=' {
				out = append(out, line[i])
				continue
			}
			if i+2 < len(line) {
				if b, err := strconv.ParseUint(string(line[i+1:i+3]), 16, 8); err == nil {
					out = append(out, byte(b))
					i += 2
					continue
				}
			}
			if soft = i == len(line)-1 && !header; !soft {
				out = append(out, '=')
			}
		}
		if !soft {
			out = append(out, end...)
		}
		data = rest
	}
	return out
}

// decodeUU reads the old encoding of Unix mail, from its "begin" line.
func decodeUU(data []byte) []byte {
	var out []byte
	begun := false
	for len(data) > 0 {
		var line []byte
		line, data = nextLine(data)
		if !begun {
			begun = bytes.HasPrefix(line, []byte("begin "))
			continue
		}
		if bytes.Equal(line, []byte("end")) {
			break
		}
		if len(line) == 0 {
			continue
		}
		want := int(line[0]-' ') & 63
		line = line[1:]
		for ; want > 0 && len(line) > 0; want -= 3 {
			var four [4]byte
			copy(four[:], line)
			line = line[min(4, len(line)):]
			var bits uint32
			for _, b := range four {
				bits = bits<<6 | uint32(b-' ')&63
			}
			out = append(out, []byte{byte(bits >> 16), byte(bits >> 8), byte(bits)}[:min(want, 3)]...)
		}
	}
	return out
}

// fileName returns the name that a part gives itself, without folders, or "".
func (e *entity) fileName() string {
	_, params := parameters(e.get("content-disposition"))
	name := params["filename"]
	if name == "" {
		name = e.params["name"]
	}
	name = path.Base(path.Clean("/" + strings.ReplaceAll(name, `\`, "/")))
	if name == "/" || name == "." {
		return ""
	}
	return oneLine(name)
}

// disposition returns "attachment", "inline" or "".
func (e *entity) disposition() string {
	kind, _ := parameters(e.get("content-disposition"))
	return strings.ToLower(strings.TrimSpace(kind))
}

// extensionOf returns an extension for a media type, for a part without a name.
func extensionOf(media string) string {
	switch media {
	case "message/rfc822", "message/global":
		return ".eml"
	case "text/calendar":
		return ".ics"
	case "text/vcard", "text/x-vcard", "text/directory":
		return ".vcf"
	case "text/plain":
		return ".txt"
	case "text/html":
		return ".html"
	case "text/csv":
		return ".csv"
	case "application/pdf":
		return ".pdf"
	}
	if kind := mimetype.Lookup(media); kind != nil {
		return kind.Extension()
	}
	return ""
}
