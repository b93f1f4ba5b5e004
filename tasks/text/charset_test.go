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
		{"ISO-2022-KR", []byte("\x1b$)C\r\n\x0e0!3*\x0f abc"), "iso-2022-kr", "가나 abc"},
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

func TestDecodeLabelled(t *testing.T) {
	tests := []struct {
		name, data, label, charset, text string
	}{
		{"cp932", "\x93\xfa\x96\x7b", "CP932", "shift_jis", "日本"},
		{"quoted label", "\xc6\xfc\xcb\xdc", `"EUC-JP"`, "euc-jp", "日本"},
		{"short UTF-8 said to be Shift_JIS", "é", "shift_jis", "utf-8", "é"},
		{"half-width kana that look like UTF-8", "\xc3\xbd\xc4\xb8\xde", "shift_jis", "shift_jis", "ﾃｽﾄｸﾞ"},
		{"UTF-16 said, ASCII sent", "plain", "utf-16", "utf-8", "plain"},
		{"UTF-16 without a mark", "a\x00b\x00", "utf-16le", "utf-16le", "ab"},
		{"UTF-7", "Hi Mom -+Jjo--!, A+AOk-, 1 +- 1", "utf-7", "utf-7", "Hi Mom -☺-!, Aé, 1 + 1"},
		{"UTF-7 cut", "A+AO", "UTF-7", "utf-7", "A"},
		{"Latin-1 said, Cyrillic sent", string(encoded(t, "windows-1251", "Уважаемые коллеги, сообщаем вам")), "iso-8859-1", "windows-1251", "Уважаемые коллеги, сообщаем вам"},
		{"Latin-1 said, Polish sent", string(encoded(t, "iso-8859-2", "Łódź, źródło, życie, się, będzie")), "iso-8859-2", "iso-8859-2", "Łódź, źródło, życie, się, będzie"},
		{"Big5 said, GBK sent", string(encoded(t, "gbk", "请检查包装是否完好，如果有问题请马上与我们联系。")), "big5", "gb18030", "请检查包装是否完好，如果有问题请马上与我们联系。"},
		{"rare name", string(encoded(t, "shift_jis", "齋藤 鴎")), "shift_jis", "shift_jis", "齋藤 鴎"},
		{"nothing", "", "shift_jis", "utf-8", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if text, charset, ok := decodeLabelled([]byte(test.data), test.label); text != test.text || charset != test.charset || !ok {
				t.Errorf("%q, %s, %v, want %q, %s", text, charset, ok, test.text, test.charset)
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
		for _, label := range []string{"utf-7", "iso-2022-kr", "shift_jis", "iso-8859-2", "utf-16"} {
			decodeLabelled(data, label)
		}
	})
}
