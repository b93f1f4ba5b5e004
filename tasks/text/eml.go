package text

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// extractEML reads a message as RFC 5322 and MIME have it: the fields that a reader sees and the body make the page, what
// is attached are documents of their own. A mailbox file is read as the messages in it.
func extractEML(ctx context.Context, src *source, doc *Document) error {
	data := src.data
	if text, _, wide := decodeWide(data); wide {
		// The whole message was saved as UTF-16.
		data = []byte(text)
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if messages := splitMailbox(data); len(messages) > 1 {
		for i, message := range messages {
			if err := src.attach(ctx, doc, fmt.Sprintf("message-%d.eml", i+1), message); err != nil {
				return err
			}
		}
		return nil
	}
	parser := &mimeParser{limits: src.limits}
	message, err := parser.parse(data, 1, "text/plain")
	if err != nil {
		return err
	}
	reader := &mailReader{src: src, doc: doc, hint: firstCharset(message)}
	if err := reader.walk(ctx, message); err != nil {
		return err
	}
	return reader.finish(ctx, message)
}

// decodeWide decodes UTF-16 and UTF-32.
func decodeWide(data []byte) (text, charset string, wide bool) {
	for _, mark := range byteOrderMarks {
		if mark.charset != "utf-8" && bytes.HasPrefix(data, mark.bytes) {
			return decodeWith(mark.encoding, data[len(mark.bytes):]), mark.charset, true
		}
	}
	if charset, enc := nulPattern(data); enc != nil {
		return decodeWith(enc, data), charset, true
	}
	return "", "", false
}

// mailbox files put a line such as "From ada@example.org Mon Mar 17 11:15:17 2014" before each message.
var mailboxLine = regexp.MustCompile(`(?m)^From \S+.* \d\d:\d\d.*\d{4}\s*$`)

func splitMailbox(data []byte) [][]byte {
	if !bytes.HasPrefix(data, []byte("From ")) {
		return nil
	}
	var messages [][]byte
	start := 0
	for _, m := range mailboxLine.FindAllIndex(data, -1) {
		if m[0] == 0 {
			continue
		}
		_, rest := nextLine(data[m[0]:])
		line, _ := nextLine(rest)
		_, _, field := cutField(line)
		// A blank line stands before, a field after.
		if before := data[:m[0]]; field && (bytes.HasSuffix(before, []byte("\n\n")) || bytes.HasSuffix(before, []byte("\n\r\n"))) {
			messages = append(messages, data[start:m[0]])
			start = m[0]
		}
	}
	return append(messages, data[start:])
}

// firstCharset is what the first text part declares: raw bytes in headers are in it, most likely.
func firstCharset(e *entity) string {
	if charset := e.params["charset"]; charset != "" {
		return charset
	}
	for _, part := range e.parts {
		if charset := firstCharset(part); charset != "" {
			return charset
		}
	}
	return ""
}

// piece is a part of a mail's page.
type piece struct {
	html   bool
	text   string
	blocks []Block
	links  []Link
}

// mailReader collects what a message shows.
type mailReader struct {
	src    *source
	doc    *Document
	hint   string
	pieces []piece
	files  []*entity
	// pictures inside the text, encrypted and Outlook-only (TNEF) parts are not read.
	pictures, encrypted, tnef int
}

func (m *mailReader) walk(ctx context.Context, e *entity) error {
	switch {
	case e.media == "multipart/alternative":
		return m.alternative(ctx, e)
	case e.media == "multipart/encrypted":
		m.encrypted++
		return nil
	case len(e.parts) > 0:
		for _, part := range e.parts {
			if err := m.walk(ctx, part); err != nil {
				return err
			}
		}
		return nil
	}
	return m.leaf(ctx, e)
}

// alternative takes the plain text, unless that is missing or a mere stub beside the HTML ("your program cannot show...").
// What is no text in either (an invitation, a picture) is kept.
func (m *mailReader) alternative(ctx context.Context, e *entity) error {
	var chosen []piece
	for _, part := range e.parts {
		branch := &mailReader{src: m.src, doc: m.doc, hint: m.hint}
		if err := branch.walk(ctx, part); err != nil {
			return err
		}
		m.files = append(m.files, branch.files...)
		m.pictures += branch.pictures
		m.encrypted += branch.encrypted
		m.tnef += branch.tnef
		have, offered := lettersIn(chosen), lettersIn(branch.pieces)
		switch {
		case offered == 0:
		case have == 0:
			chosen = branch.pieces
		case chosen[0].html && !branch.pieces[0].html && offered*stub > have,
			!chosen[0].html && branch.pieces[0].html && have*stub <= offered:
			chosen = branch.pieces
		}
	}
	m.pieces = append(m.pieces, chosen...)
	return nil
}

// stub is how many times shorter than the HTML a plain text is when it is no version of it.
const stub = 8

func lettersIn(pieces []piece) (n int) {
	for _, p := range pieces {
		for _, r := range p.text {
			if unicode.IsLetter(r) {
				n++
			}
		}
	}
	return n
}

func (m *mailReader) leaf(ctx context.Context, e *entity) error {
	attached := e.disposition() == "attachment" || e.fileName() != ""
	switch kind, _, _ := strings.Cut(e.media, "/"); {
	case e.media == "application/pgp-signature", e.media == "application/pkcs7-signature", e.media == "application/x-pkcs7-signature",
		e.media == "text/css" && !attached, e.media == "application/javascript" && !attached:
		// It holds no text.
	case e.media == "application/ms-tnef", e.media == "application/vnd.ms-tnef":
		m.tnef++
	case e.media == "application/pgp-encrypted":
		m.encrypted++
	case e.media == "application/pkcs7-mime", e.media == "application/x-pkcs7-mime":
		m.encrypted++
	case kind == "image" && e.disposition() != "attachment" && (e.get("content-id") != nil || e.get("content-location") != nil || e.disposition() == "inline"):
		m.pictures++
	case e.media == "text/html" && !attached:
		return m.html(ctx, e)
	case e.media == "text/calendar", e.media == "text/vcard", e.media == "text/x-vcard", e.media == "text/directory", e.media == "text/csv":
		m.files = append(m.files, e)
	case (kind == "text" || e.media == "message/delivery-status" || e.media == "message/disposition-notification") && !attached:
		m.plain(e)
	default:
		m.files = append(m.files, e)
	}
	return nil
}

func (m *mailReader) plain(e *entity) {
	text := m.decode(e)
	if strings.Contains(text, "-----BEGIN PGP MESSAGE-----") {
		before, rest, _ := strings.Cut(text, "-----BEGIN PGP MESSAGE-----")
		_, after, _ := strings.Cut(rest, "-----END PGP MESSAGE-----")
		text = before + after
		m.encrypted++
	}
	if strings.EqualFold(e.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(e.params["delsp"], "yes"))
	}
	m.addPlain(text)
}

func (m *mailReader) addPlain(text string) {
	lines := strings.Split(normalise(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\u00A0")
	}
	text = strings.Trim(strings.Join(lines, "\n"), "\n\f")
	if text != "" {
		m.pieces = append(m.pieces, piece{text: text, blocks: paragraphBlocks(text)})
	}
}

// decode returns the text of a part. What cannot be text at all is a warning.
func (m *mailReader) decode(e *entity) string {
	data := e.content()
	text, charset, ok := decodeLabelled(data, e.params["charset"])
	if !ok && len(data) > 0 {
		m.doc.warn(1, WarnUndecodable, "a part of type "+e.media+" is not text")
		return ""
	}
	if n := broken(text); n > 0 {
		m.doc.warn(1, WarnUndecodable, fmt.Sprintf("%d places have no meaning in %s", n, charset))
	}
	if m.doc.Metadata.Charset == "" && charset != "us-ascii" {
		m.doc.Metadata.Charset = charset
	}
	return text
}

func (m *mailReader) html(ctx context.Context, e *entity) error {
	return m.addHTML(ctx, m.decode(e))
}

// addHTML reads an HTML body like an HTML document, all of it: mail has no navigation.
func (m *mailReader) addHTML(ctx context.Context, page string) error {
	inner := *m.src
	inner.text, inner.full = page, true
	return m.addRead(ctx, FormatHTML, &inner)
}

// addRTF adds a body in Rich Text. One that is damaged is a warning: the message has its fields and attachments all the same.
func (m *mailReader) addRTF(ctx context.Context, data []byte) error {
	inner := *m.src
	inner.data = data
	err := m.addRead(ctx, FormatRTF, &inner)
	var own *Error
	if errors.As(err, &own) && own.Code == CorruptDocument {
		m.doc.warn(1, WarnPartUnreadable, "the body is Rich Text that cannot be read: "+own.Message)
		return nil
	}
	return err
}

// addRead adds what the reader of a format shows of a body.
func (m *mailReader) addRead(ctx context.Context, format Format, inner *source) error {
	shown := &Document{Format: format}
	if err := bodyReaders[format](ctx, inner, shown); err != nil {
		return err
	}
	for _, p := range shown.Pages {
		if strings.TrimSpace(p.Text) == "" {
			continue
		}
		if p.Blocks == nil {
			p.Blocks = paragraphBlocks(p.Text)
		}
		m.pieces = append(m.pieces, piece{html: format == FormatHTML, text: p.Text, blocks: p.Blocks, links: p.Links})
	}
	for _, warning := range shown.Warnings {
		m.doc.warn(1, warning.Code, warning.Message)
	}
	return nil
}

// bodyReaders are the formats of bodies besides plain text. They are some of extractors, which cannot be asked here: it holds
// the readers of messages, too.
var bodyReaders = map[Format]extractor{FormatHTML: extractHTML, FormatRTF: extractRTF}

// unflow joins the lines of a paragraph that format=flowed (RFC 3676) has cut: those that end in a blank go on.
func unflow(text string, deleteSpace bool) string {
	var out strings.Builder
	flowing, depth := false, 0
	for line := range strings.SplitSeq(lineEnds.Replace(text), "\n") {
		quotes := len(line) - len(strings.TrimLeft(line, ">"))
		content := line[quotes:]
		// A blank in front was stuffed.
		content = strings.TrimPrefix(content, " ")
		if flowing && quotes != depth {
			flowing = false
			out.WriteByte('\n')
		}
		if !flowing && quotes > 0 {
			out.WriteString(strings.Repeat(">", quotes) + " ")
		}
		depth = quotes
		flowing = strings.HasSuffix(content, " ") && content != "-- "
		if flowing && deleteSpace {
			content = strings.TrimSuffix(content, " ")
		}
		out.WriteString(content)
		if !flowing {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// shownFields are the fields that a reader sees, in their order.
var shownFields = []string{"From", "To", "Cc", "Subject", "Date"}

func (m *mailReader) finish(ctx context.Context, message *entity) error {
	fields := map[string]string{}
	for _, name := range shownFields {
		var values []string
		for _, f := range message.fields {
			if f.name == strings.ToLower(name) {
				values = append(values, decodeWords(f.value, m.hint))
			}
		}
		if name == "From" || name == "To" || name == "Cc" {
			fields[name] = tidyAddresses(strings.Join(values, ", "))
		} else if len(values) > 0 {
			fields[name] = values[0]
		}
	}
	meta := &m.doc.Metadata
	meta.Title, meta.Author = fields["Subject"], author(fields["From"])
	meta.Created = parseMailTime(fields["Date"])
	for i, file := range m.files {
		if err := m.attach(ctx, i, file); err != nil {
			return err
		}
	}
	return m.compose(fields)
}

// compose makes the page of the fields and the pieces, and says what was left out.
func (m *mailReader) compose(fields map[string]string) error {
	if m.encrypted > 0 && lettersIn(m.pieces) == 0 && len(m.doc.Attachments) == 0 {
		return fail(EncryptedDocument, "the message is encrypted or signed as a whole (S/MIME or PGP): save it decrypted")
	}
	var head []string
	for _, name := range shownFields {
		if fields[name] != "" {
			head = append(head, name+": "+fields[name])
		}
	}
	var pieces []piece
	if len(head) > 0 {
		text := strings.Join(head, "\n")
		pieces = append(pieces, piece{text: text, blocks: paragraphBlocks(text)})
	}
	page := joinPieces(append(pieces, m.pieces...))
	if page.Text != "" || len(m.doc.Attachments) == 0 {
		m.doc.Pages = []Page{page}
	}
	for _, left := range []struct {
		n    int
		what string
	}{
		{m.pictures, "pictures inside the text"},
		{m.encrypted, "encrypted parts (S/MIME or PGP)"},
		{m.tnef, "attachments in Outlook's own form (winmail.dat)"},
	} {
		if left.n > 0 {
			m.doc.warn(1, WarnObjectLeftOut, fmt.Sprintf("%d %s were left out", left.n, left.what))
		}
	}
	return nil
}

// joinPieces sets a blank line between pieces.
func joinPieces(pieces []piece) Page {
	page := Page{Number: 1}
	var out strings.Builder
	for _, p := range pieces {
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		start := out.Len()
		out.WriteString(p.text)
		for _, b := range p.blocks {
			b.Start, b.End = b.Start+start, b.End+start
			page.Blocks = append(page.Blocks, b)
		}
		for _, l := range p.links {
			l.Start, l.End = l.Start+start, l.End+start
			page.Links = append(page.Links, l)
		}
	}
	page.Text = out.String()
	return page
}

// attach hands a part on as a document.
func (m *mailReader) attach(ctx context.Context, i int, e *entity) error {
	data, name := e.content(), e.fileName()
	if name == "" && (e.media == "message/rfc822" || e.media == "message/global") {
		fields, _ := splitHeader(data)
		inner := entity{fields: fields}
		if subject := decodeWords(inner.get("subject"), ""); subject != "" {
			name = subject + ".eml"
		}
	}
	if name == "" {
		name = fmt.Sprintf("attachment-%d%s", i+1, extensionOf(e.media))
	}
	if charset := e.params["charset"]; charset != "" && strings.HasPrefix(e.media, "text/") {
		// The part says its charset, which the bytes alone may not.
		if text, _, ok := decodeLabelled(data, charset); ok {
			data = []byte(text)
		}
	}
	return m.src.attach(ctx, m.doc, name, data)
}

var quotedName = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"(\s*<)`)

// tidyAddresses drops the quotes around names.
func tidyAddresses(list string) string {
	return quotedName.ReplaceAllStringFunc(list, func(s string) string {
		m := quotedName.FindStringSubmatch(s)
		name := strings.ReplaceAll(m[1], `\`, "")
		if strings.Contains(name, ",") {
			return s
		}
		return name + m[2]
	})
}

// author returns the name in an address, or the address when it has none.
func author(from string) string {
	name, rest, angle := strings.Cut(from, "<")
	if name = strings.Trim(name, " \""); name != "" && angle {
		return name
	}
	if angle {
		address, _, _ := strings.Cut(rest, ">")
		return address
	}
	return from
}

func parseMailTime(s string) *time.Time {
	if s == "" {
		return nil
	}
	if t, err := mail.ParseDate(s); err == nil {
		t = t.UTC()
		return &t
	}
	s, _, _ = strings.Cut(s, "(")
	s = strings.TrimSpace(s)
	for _, layout := range []string{
		"Mon, 2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05", "Mon, 2 Jan 2006 15:04:05", "Mon, 2 Jan 2006 15:04",
		"Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 MST 2006", time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			t = t.UTC()
			return &t
		}
	}
	return nil
}

var (
	// mailFields are names that a message has and hardly any other text.
	mailFields = map[string]bool{
		"received": true, "message-id": true, "mime-version": true, "return-path": true, "delivered-to": true,
		"content-type": true, "content-transfer-encoding": true, "dkim-signature": true, "authentication-results": true,
		"in-reply-to": true, "references": true, "x-mailer": true, "received-spf": true, "arc-seal": true, "user-agent": true,
	}
	// memoFields stand at the head of messages and of memos that people write as plain text.
	memoFields = map[string]bool{"from": true, "to": true, "cc": true, "bcc": true, "subject": true, "date": true, "sender": true, "reply-to": true}
)

// isMail says whether bytes begin as a message does: nothing but fields up to the first empty line, and enough known ones
// among them.
func isMail(data []byte, extension string) bool {
	head := data[:min(len(data), 64<<10)]
	if len(head) > 1 && (head[0] == 0 || head[1] == 0 || head[0] >= 0xFE) {
		text, _, wide := decodeWide(head[:len(head)&^3])
		if !wide {
			return false
		}
		head = []byte(text)
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), "\r\n")
	mailbox := mailboxLine.Match(head[:min(len(head), 200)]) && bytes.HasPrefix(head, []byte("From "))
	if mailbox {
		_, head = nextLine(head)
	}
	known, memo := map[string]bool{}, map[string]bool{}
	for n := 0; n < 500 && len(head) > 0; n++ {
		var line []byte
		line, head = nextLine(head)
		if len(line) == 0 {
			break
		}
		if n > 0 && (line[0] == ' ' || line[0] == '\t') {
			continue
		}
		name, _, ok := cutField(line)
		if !ok {
			if n == 0 {
				return false
			}
			break
		}
		if mailFields[name] {
			known[name] = true
		} else if memoFields[name] {
			memo[name] = true
		}
	}
	strong, all := len(known), len(known)+len(memo)
	switch extension {
	case ".eml", ".mht", ".mhtml", ".mbox", ".emlx":
		return all >= 1
	case ".txt", ".md", ".markdown", ".text", ".log", ".csv", ".tsv", ".html", ".htm":
		// HTTP dumps and configuration files have a Content-Type or a User-Agent, too.
		return mailbox && all >= 2 || strong >= 2 && memo["from"]
	}
	return mailbox && all >= 2 || strong >= 1 && memo["from"] || memo["from"] && memo["subject"] && memo["date"] && len(memo) >= 4
}
