package text

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// lines joins the lines of a message as they travel.
func lines(l ...string) []byte { return []byte(strings.Join(l, "\r\n") + "\r\n") }

func inBase64(data []byte) string {
	var out strings.Builder
	s := base64.StdEncoding.EncodeToString(data)
	for len(s) > 76 {
		out.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	return out.String() + s
}

func encoded(t testing.TB, charset, s string) []byte {
	t.Helper()
	_, enc := lookupCharset(charset)
	if enc == nil {
		t.Fatalf("no charset %s", charset)
	}
	data, err := enc.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatalf("%s: %v", charset, err)
	}
	return data
}

// sampleMail has everything that everyday mail has: a Japanese subject, two alternatives, a picture inside, a document in
// base64, a table with a name in RFC 2231, a message in the message.
func sampleMail(t testing.TB) []byte {
	subject := base64.StdEncoding.EncodeToString(encoded(t, "iso-2022-jp", "納品のご連絡"))
	return lines(
		"From ada@example.org Mon Mar 17 11:15:17 2026",
		"Received: from mx.example.org (mx.example.org [192.0.2.1])",
		"\tby mail.example.com with ESMTP; Mon, 16 Mar 2026 10:00:00 +0900",
		"From: =?UTF-8?Q?Ad=C3=A9la=C3?= =?UTF-8?Q?=AFde_Martin?= <ada@example.org>",
		`To: "Sato, Ken" <sato@example.com>, "Depot" <depot@example.com>`,
		"Subject: =?ISO-2022-JP?B?"+subject+"?= (No. 1234)",
		"Date: Mon, 16 Mar 2026 09:59:58 +0900 (JST)",
		"MIME-Version: 1.0",
		`Content-Type: multipart/mixed; boundary="outer"`,
		"",
		"This is a message in MIME format.",
		"--outer",
		`Content-Type: multipart/related; boundary="outer-related"`,
		"",
		"--outer-related",
		"Content-Type: multipart/alternative; boundary=alt",
		"",
		"--alt",
		"Content-Type: text/plain; charset=iso-8859-1; format=flowed",
		"Content-Transfer-Encoding: quoted-printable",
		"",
		"The delivery of 300 parcels will reach the Z=FCrich depot on =",
		"Tuesday. ",
		"Please keep gate 4 free.",
		"",
		"> When will it =",
		"come?",
		"=20",
		"--=20",
		"Ad=E9la=EFde",
		"--alt",
		"Content-Type: text/html; charset=utf-8",
		"",
		"<p>The delivery <b>of 300 parcels</b> will reach the Zürich depot on Tuesday. Please keep gate 4 free.</p><img src='cid:logo'>",
		"--alt--",
		"--outer-related",
		"Content-Type: image/png; name=logo.png",
		"Content-Transfer-Encoding: base64",
		"Content-ID: <logo>",
		"",
		"iVBORw0KGgo=",
		"--outer-related--",
		"--outer",
		"Content-Type: application/octet-stream",
		"Content-Disposition: attachment; filename*0*=UTF-8''%E8%AD%B; filename*1*=0%E4%BA%8B%E9%8C%B2; filename*2=.docx",
		"Content-Transfer-Encoding: base64",
		"",
		inBase64(readDocument(t, "memo-ja.docx")),
		"--outer",
		"Content-Type: text/csv; charset=shift_jis; name=\"=?shift_jis?B?"+base64.StdEncoding.EncodeToString(encoded(t, "shift_jis", "数量.csv"))+"?=\"",
		"Content-Transfer-Encoding: base64",
		"",
		inBase64(encoded(t, "shift_jis", "品目,数量\r\n箱,300\r\n")),
		"--outer",
		"Content-Type: message/rfc822",
		"",
		"From: Ken Sato <sato@example.com>",
		"Subject: Which gate?",
		"",
		"Is gate 4 open?",
		"--outer",
		"Content-Type: text/calendar; method=REQUEST",
		"",
		"BEGIN:VCALENDAR",
		"SUMMARY:Delivery",
		"END:VCALENDAR",
		"--outer--",
		"epilogue",
	)
}

func TestEMLGolden(t *testing.T) {
	doc, err := Extract(t.Context(), sampleMail(t), "mail.eml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "mail.eml.json", string(shown)+"\n")
	golden(t, "mail.eml.md", doc.Markdown())
}

func TestEMLBodies(t *testing.T) {
	head := "From: a@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
	jis := string(encoded(t, "iso-2022-jp", "本日は晴天です。"))
	sjis := string(encoded(t, "shift_jis", "請求書を添付いたします。ご確認ください。"))
	tests := []struct{ name, data, want string }{
		{"plain", head + "\r\nHello\r\n", "Hello"},
		{"only LF", strings.ReplaceAll(head, "\r\n", "\n") + "\nHello\n", "Hello"},
		{"only CR", strings.ReplaceAll(head, "\r\n", "\r") + "\rHello\r", "Hello"},
		{"iso-2022-jp", head + "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + jis, "本日は晴天です。"},
		{"iso-2022-jp not declared", head + "\r\n" + jis, "本日は晴天です。"},
		{"Shift_JIS declared as ISO-8859-1", head + "Content-Type: text/plain; charset=iso-8859-1\r\n\r\n" + sjis, "請求書を添付いたします。ご確認ください。"},
		{"Shift_JIS declared as UTF-8", head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + sjis, "請求書を添付いたします。ご確認ください。"},
		{"UTF-8 declared as Shift_JIS", head + "Content-Type: text/plain; charset=shift_jis\r\n\r\nご確認ください。", "ご確認ください。"},
		{"UTF-8 declared as ASCII", head + "Content-Type: text/plain; charset=us-ascii\r\n\r\nZürich", "Zürich"},
		{"unknown charset", head + "Content-Type: text/plain; charset=klingon\r\n\r\nZürich", "Zürich"},
		{"base64 with rubbish", head + "Content-Transfer-Encoding: base64\r\n\r\nSGVs!!bG8s\r\n\r\n*IHdvcmxk==\r\nISE", "Hello, world!!"},
		{"base64 cut", head + "Content-Transfer-Encoding: BASE64\r\n\r\nSGVsbG8", "Hello"},
		{"quoted-printable with faults", head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n100=25, a =ZZ b=3Dc=\r\nd, x=", "100%, a =ZZ b=cd, x"},
		{"uuencode", head + "Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n", "Cat"},
		{"HTML only", head + "Content-Type: text/html; charset=utf-8\r\n\r\n<h1>Title</h1><p>Body &eacute;", "Title\n\nBody é"},
		{"no boundary given", head + "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nHello\r\n--x--", "Hello"},
		{"no boundary at all", head + "Content-Type: multipart/mixed; boundary=y\r\n\r\nHello", "Hello"},
		{"last boundary missing", head + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n--x\r\n\r\nWorld", "Hello\n\nWorld"},
		{"boundary that begins another", head + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=xy\r\n\r\n--xy\r\n\r\nA\r\n--xy--\r\n--x\r\n\r\nB\r\n--x--", "A\n\nB"},
		{"stub beside HTML", head + "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\nSee HTML\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>" + strings.Repeat("All of it is here. ", 10) + "\r\n--x--", strings.TrimSpace(strings.Repeat("All of it is here. ", 10))},
		{"header goes on in the body", head + "oops\r\nHello", "oops\nHello"},
		{"PGP beside text", head + "\r\nSee below\r\n-----BEGIN PGP MESSAGE-----\r\nabc\r\n-----END PGP MESSAGE-----", "See below"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), []byte(test.data), "m.eml", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimPrefix(doc.Pages[0].Text, "From: a@example.org\nSubject: s\n\n"); got != test.want {
				t.Errorf("body = %q, want %q", got, test.want)
			}
		})
	}
}

func TestMailHeaders(t *testing.T) {
	tests := []struct{ value, want string }{
		{"=?UTF-8?B?5pel5pys?= =?UTF-8?B?6Kqe?=", "日本語"},
		{"=?UTF-8?B?5pel5pys6A==?= =?UTF-8?B?qp4=?=", "日本語"},
		{"=?utf-8?q?Gr=C3=BC=C3=9Fe_aus?= =?utf-8?q?_Z=C3=BCrich?=", "Grüße aus Zürich"},
		{"=?iso-8859-1*de?Q?Gr=FC=DFe?= a", "Grüße a"},
		{`"=?utf-8?q?Zo=C3=A9?=" <z@example.org>`, `"Zoé" <z@example.org>`},
		{"=?broken?=", "=?broken?="},
		{"Gr\xfc\xdfe aus M\xfcnchen", "Grüße aus München"},
		{"Zürich", "Zürich"},
		{"Re: " + string(encoded(t, "iso-2022-jp", "会議の件")), "Re: 会議の件"},
		{string(encoded(t, "shift_jis", "お見積りの件について")), "お見積りの件について"},
	}
	for _, test := range tests {
		if got := decodeWords([]byte(test.value), ""); got != test.want {
			t.Errorf("decodeWords(%q) = %q, want %q", test.value, got, test.want)
		}
	}
	params := []struct{ value, name, want string }{
		{`a/b; name="x \"y\".pdf"`, "name", `x "y".pdf`},
		{`a/b; name=x y.pdf; c=d`, "name", "x y.pdf"},
		{`a/b; filename*=UTF-8''na%C3%AFve.txt`, "filename", "naïve.txt"},
		{`a/b; filename*=shift_jis'ja'%93%FA%96%7B.txt`, "filename", "日本.txt"},
		{`a/b; filename*0="long "; filename*1=name.txt`, "filename", "long name.txt"},
		{`a/b; name="=?utf-8?b?5pel5pys?=.txt"`, "name", "日本.txt"},
		{`a/b; BOUNDARY = "q; r"`, "boundary", "q; r"},
	}
	for _, test := range params {
		if _, got := parameters([]byte(test.value)); got[test.name] != test.want {
			t.Errorf("parameters(%s) = %v, want %q", test.value, got, test.want)
		}
	}
}

func TestEMLAttachments(t *testing.T) {
	mailOf := func(parts ...string) []byte {
		return []byte("From: a@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + strings.Join(parts, "\r\n--x\r\n") + "\r\n--x--\r\n")
	}
	tests := []struct {
		name     string
		data     []byte
		code     Code
		warning  WarningCode
		attached string
	}{
		{name: "encrypted", data: mailOf("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nabc"), code: EncryptedDocument},
		{name: "PGP", data: []byte("From: a@example.org\r\nSubject: s\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nabc\r\n-----END PGP MESSAGE-----\r\n"), code: EncryptedDocument},
		{name: "encrypted part", data: mailOf("\r\nHello", "Content-Type: application/pkcs7-mime\r\n\r\nabc"), warning: WarnObjectLeftOut},
		{name: "web page", data: mailOf("Content-Type: text/html\r\nContent-Location: http://example.org/\r\n\r\n<p>Hello", "Content-Type: text/css\r\nContent-Location: http://example.org/a.css\r\n\r\np{}", "Content-Type: image/png\r\nContent-Location: http://example.org/a.png\r\n\r\nabc"), warning: WarnObjectLeftOut},
		{name: "winmail.dat", data: mailOf("\r\nHello", "Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nabc"), warning: WarnObjectLeftOut},
		{name: "name with folders", data: mailOf("\r\nHello", "Content-Disposition: attachment; filename=\"../../etc/pass wd.txt\"\r\n\r\nabc"), attached: "pass wd.txt"},
		{name: "no name", data: mailOf("\r\nHello", "Content-Disposition: attachment\r\nContent-Type: text/html\r\n\r\n<p>abc"), attached: "attachment-1.html"},
		{name: "latin text", data: mailOf("\r\nHello", "Content-Disposition: attachment; filename=a.txt\r\nContent-Type: text/plain; charset=iso-8859-2\r\n\r\n\xa3\xf3d\xbc"), attached: "a.txt"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), test.data, "m.eml", Options{})
			if test.code != "" {
				var own *Error
				if !errors.As(err, &own) || own.Code != test.code {
					t.Fatalf("error = %v, want %s", err, test.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if test.warning != "" && (len(doc.Warnings) != 1 || doc.Warnings[0].Code != test.warning) {
				t.Errorf("warnings = %v, want %s", doc.Warnings, test.warning)
			}
			if test.attached != "" && (len(doc.Attachments) != 1 || doc.Attachments[0].Name != test.attached || doc.Attachments[0].Document == nil) {
				t.Errorf("attachments = %+v, want %s", doc.Attachments, test.attached)
			}
		})
	}
}

func TestMailbox(t *testing.T) {
	var box strings.Builder
	for i := range 3 {
		fmt.Fprintf(&box, "From a@example.org Mon Mar 17 11:15:1%d 2026\nFrom: a@example.org\nSubject: %d\n\nHello %d\nFrom here on\n\n", i, i, i)
	}
	doc, err := Extract(t.Context(), []byte(box.String()), "all.mbox", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Attachments) != 3 || !strings.Contains(doc.Attachments[2].Document.Text(), "Hello 2\nFrom here on") {
		t.Errorf("attachments = %+v", doc.Attachments)
	}
}

func TestIsMail(t *testing.T) {
	tests := []struct {
		data, extension string
		want            bool
	}{
		{"From: a\nTo: b\nSubject: c\nDate: d\n\nText", "", true},
		{"From: a\nTo: b\nSubject: c\nDate: d\n\nA memo", ".txt", false},
		{"Received: x\nMessage-ID: y\nFrom: a\n\nText", ".txt", true},
		{"Title: a\nAuthor: b\nDate: c\n\n# Text", ".md", false},
		{"Subject: a\n\nText", ".eml", true},
		{"Content-Type: text/html\nUser-Agent: x\n\nText", "", false},
		{"Dear all,\nFrom: a\nTo: b\nSubject: c\nDate: d\n", "", false},
		{"", ".eml", false},
		{"{\\rtf1}", ".eml", false},
	}
	for _, test := range tests {
		if got := isMail([]byte(test.data), test.extension); got != test.want {
			t.Errorf("isMail(%q, %q) = %v", test.data, test.extension, got)
		}
	}
}

// hostileTime is what a hostile document may take here. On an idle computer they take well under two seconds; tests run
// beside others.
const hostileTime = 10 * time.Second

func TestHostileMail(t *testing.T) {
	if raceEnabled {
		t.Skip("nothing runs at the same time here, and the race detector makes it ten times slower")
	}
	deep := strings.Builder{}
	deep.WriteString("From: a@example.org\nMIME-Version: 1.0\n")
	for i := range 5000 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	same := "From: a@example.org\nMIME-Version: 1.0\n" + strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 50_000)
	many := "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 100_000)
	nested := "hello"
	for range 40 {
		nested = "From: a@example.org\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n" + nested
	}
	tests := []struct{ name, data, limit string }{
		{"5,000 nested multiparts", deep.String(), "MIMEDepth"},
		{"the same boundary over and over", same, "MIMEParts"},
		{"many parts", many, "MIMEParts"},
		{"a header of 10 MB", "From: a@example.org\nSubject: " + strings.Repeat("=?utf-8?q?a?= ", 1<<19) + "\n\nx", ""},
		{"a parameter list of 10 MB", "From: a@example.org\nContent-Type: multipart/mixed; " + strings.Repeat("a*0*=x; ", 1<<20) + "boundary=b\n\n--b\n\nx", ""},
		{"boundaries that are none", "From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--bb\n", 1<<21), ""},
		{"continuation lines", "From: a@example.org\nSubject: x\n" + strings.Repeat(" y\n", 1<<21) + "\nx", ""},
		{"message in message", nested, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			begin := time.Now()
			_, err := Extract(t.Context(), []byte(test.data), "m.eml", Options{})
			if took := time.Since(begin); took > hostileTime {
				t.Errorf("took %s", took)
			}
			var own *Error
			if test.limit == "" && err == nil {
				return
			}
			if !errors.As(err, &own) || test.limit != "" && own.Limit != test.limit {
				t.Errorf("error = %v, want the limit %s", err, test.limit)
			}
		})
	}
}

func FuzzEML(f *testing.F) {
	f.Add(sampleMail(f))
	f.Add([]byte("From: a\nContent-Type: multipart/alternative; boundary=\n\n--\n\n--\n"))
	f.Add([]byte("Subject: =?iso-2022-jp?b?GyRCGyhC?=\nContent-Transfer-Encoding: x-uuencode\n\nbegin 1 a\n#"))
	f.Add([]byte("Subject: a\nContent-Type: a/b; n*0*=x'y'%4; n*1=z\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Extract(t.Context(), data, "m.eml", Options{Limits: Limits{Time: 10 * time.Second}})
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

// checkBlocks holds a document to what Block and Link promise.
func checkBlocks(t *testing.T, doc *Document) {
	t.Helper()
	for _, page := range doc.Pages {
		at := 0
		for _, b := range page.Blocks {
			if b.Start < at || b.End < b.Start || b.End > len(page.Text) || strings.TrimSpace(page.Text[at:b.Start]) != "" {
				t.Fatalf("block %+v after %d in %q", b, at, page.Text)
			}
			at = b.End
		}
		for _, l := range page.Links {
			if l.Start < 0 || l.End < l.Start || l.End > len(page.Text) {
				t.Fatalf("link %+v in %q", l, page.Text)
			}
		}
	}
	for _, attachment := range doc.Attachments {
		if (attachment.Document == nil) == (attachment.Error == nil) {
			t.Fatalf("attachment %+v", attachment)
		}
		if attachment.Document != nil {
			checkBlocks(t, attachment.Document)
		}
	}
}
