package text

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
)

// samples are short texts of everyday writing, with the charsets that such texts are found in.
var samples = []struct {
	text     string
	charsets string
}{
	{"お世話になっております。明日の会議は午後三時からです。", "shift_jis euc-jp iso-2022-jp utf-8 utf-16le utf-16be"},
	{"請求書を添付いたします。ご確認のほど、よろしくお願いいたします。", "shift_jis euc-jp iso-2022-jp utf-8 utf-16le utf-16be"},
	{"株式会社港町物流 東京都港区 電話番号", "shift_jis euc-jp iso-2022-jp"},
	{"Invoice No. 1234 ご請求金額 12,000円 (税込)", "shift_jis iso-2022-jp"},
	{"カタカナだけのテキスト", "shift_jis euc-jp"},
	{"我们的仓库今天收到了三百个包裹，所有的客户都很满意。", "gb18030 utf-8"},
	{"我們的倉庫今天收到了三百個包裹，所有的客戶都很滿意。", "big5 utf-8"},
	{"우리 창고는 오늘 소포 삼백 개를 받았습니다. 모든 고객이 만족했습니다.", "euc-kr utf-8"},
	{"Die Straße über den Fluss ist für Lkw gesperrt, größere Lieferungen kommen später.", "windows-1252 utf-8 utf-16le"},
	{"Le café « Chez Zoé » a été livré à l’heure, très bien.", "windows-1252"},
	{"El señor Núñez pidió más cajas para el almacén de mañana.", "windows-1252"},
	{"Наш склад сегодня получил триста посылок, и все клиенты довольны.", "windows-1251 koi8-r utf-8"},
	{"Привет, мир", "windows-1251 koi8-r"},
	{"Příliš žluťoučký kůň úpěl ďábelské ódy.", "windows-1250"},
	{"Η αποθήκη μας έλαβε σήμερα τριακόσια δέματα.", "windows-1253"},
}

func TestDecodeSamples(t *testing.T) {
	for _, sample := range samples {
		for charset := range strings.FieldsSeq(sample.charsets) {
			t.Run(charset, func(t *testing.T) {
				enc, err := htmlindex.Get(charset)
				if err != nil {
					t.Fatal(err)
				}
				// UTF-16 without a byte order mark shows itself only by NUL bytes, which a line end and a space have.
				text := sample.text
				if strings.HasPrefix(charset, "utf-16") {
					text = strings.Repeat(text+" (1)\n", 3)
				}
				data, err := enc.NewEncoder().Bytes([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				got, found, ok := decode(data)
				if !ok || got != text || found != charset {
					t.Errorf("decode = %q, %s, %v\nwant     %q, %s", got, found, ok, text, charset)
				}
			})
		}
	}
}

func TestDecode(t *testing.T) {
	page := func(head, body string, enc encoding.Encoding) []byte {
		data, err := enc.NewEncoder().Bytes([]byte("<html><head>" + head + "</head><body>" + body))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	tests := []struct {
		name    string
		data    []byte
		charset string
		has     string
	}{
		{"UTF-8 mark", []byte("\xEF\xBB\xBFabc é"), "utf-8", "abc é"},
		{"UTF-16LE mark", []byte("\xFF\xFEa\x00\xE9\x00"), "utf-16le", "aé"},
		{"UTF-16BE mark", []byte("\xFE\xFF\x00a\x00\xE9"), "utf-16be", "aé"},
		{"UTF-32LE mark", []byte("\xFF\xFE\x00\x00a\x00\x00\x00"), "utf-32le", "a"},
		{"UTF-32BE mark", []byte("\x00\x00\xFE\xFF\x00\x00\x00a"), "utf-32be", "a"},
		{"UTF-32LE without a mark", []byte("a\x00\x00\x00b\x00\x00\x00c\x00\x00\x00"), "utf-32le", "abc"},
		{"meta charset", page(`<meta charset="euc-jp">`, "短い", japanese.EUCJP), "euc-jp", "短い"},
		{"meta http-equiv", page(`<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">`, "短い", japanese.ShiftJIS), "shift_jis", "短い"},
		{"XML declaration", append([]byte(`<?xml version="1.0" encoding="koi8-r"?>`), page("", "мир", charmap.KOI8R)...), "koi8-r", "мир"},
		{"meta says latin1 but it is Japanese in UTF-8", []byte(`<meta charset="iso-8859-1"><p>日本語`), "utf-8", "日本語"},
		{"meta says UTF-8 but it is Shift_JIS", page(`<meta charset="utf-8">`, "今日は良い天気です。", japanese.ShiftJIS), "shift_jis", "今日は良い天気です。"},
		{"UTF-8 with a broken byte", append([]byte(strings.Repeat("größer und schöner über ", 5)), 0xFF, 'x'), "utf-8", "größer"},
		{"ASCII with a stray NUL", append(bytes.Repeat([]byte("plain text "), 200), 0), "us-ascii", "plain text"},
		{"HZ", []byte("~{VPND~}"), "hz-gb-2312", "中文"},
		{"tilde and brace in ASCII", []byte("~{ is not HZ"), "utf-8", "~{ is not HZ"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text, charset, ok := decode(test.data)
			if !ok || charset != test.charset || !strings.Contains(text, test.has) {
				t.Errorf("decode = %.200q, %s, %v\nwant %s with %q", text, charset, ok, test.charset, test.has)
			}
		})
	}
}

func TestDecodeRefusesBinary(t *testing.T) {
	tests := map[string][]byte{
		"random":          readDocument(t, "random.bin"),
		"random, no NUL":  bytes.ReplaceAll(readDocument(t, "random.bin"), []byte{0}, []byte{1}),
		"ELF":             append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 60)...),
		"control":         bytes.Repeat([]byte{1, 2, 3, 4, 'a', 'b'}, 20),
		"font":            mustReadFile(t, fontFile),
		"half of a PDF":   readDocument(t, "report-ja.pdf")[2000:60000],
		"deflated stream": readDocument(t, "minutes.docx")[60:4000],
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			if text, charset, ok := decode(data); ok {
				t.Errorf("decode takes it for %s: %.100q", charset, text)
			}
		})
	}
}

func FuzzCharset(f *testing.F) {
	for _, sample := range samples {
		f.Add([]byte(sample.text))
	}
	f.Add(readDocument(f, "letter-sjis.txt"))
	f.Add(readDocument(f, "page-ja.html"))
	f.Add([]byte("\x1b$B$3\x1b(B"))
	f.Add([]byte("a\x00\x00\x00b\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, charset, ok := decode(data)
		if ok && charset == "" {
			t.Error("text without a charset")
		}
		if ok && !plausible(text) {
			t.Errorf("%q is not plausible", text)
		}
	})
}
