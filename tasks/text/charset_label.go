package text

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// charsetAliases are labels that mail and old pages use and the WHATWG's list has not.
var charsetAliases = map[string]string{
	"cp932": "shift_jis", "ms932": "shift_jis", "windows-932": "shift_jis", "sjis-win": "shift_jis", "x-ms-cp932": "shift_jis",
	"cp51932": "euc-jp", "eucjp-win": "euc-jp", "eucjp": "euc-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "iso-2022-jp-ms": "iso-2022-jp",
	"iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "jis": "iso-2022-jp",
	"cp936": "gbk", "gb_2312": "gbk", "euc-cn": "gbk", "cp950": "big5", "big5hkscs": "big5", "cp949": "euc-kr", "ms949": "euc-kr", "uhc": "euc-kr",
	"cp1250": "windows-1250", "cp1251": "windows-1251", "cp1252": "windows-1252", "cp1253": "windows-1253", "cp1254": "windows-1254",
	"cp1255": "windows-1255", "cp1256": "windows-1256", "cp1257": "windows-1257", "cp1258": "windows-1258",
	"cp874": "windows-874", "tis620": "windows-874", "iso8859_1": "windows-1252", "iso-8859-8-i": "iso-8859-8-i", "utf8mb4": "utf-8", "utf_8": "utf-8",
	"cp866": "ibm866", "koi8u": "koi8-u", "koi8r": "koi8-r",
}

// lookupCharset finds an encoding by any of its names. It returns nil for one that is not known, and for ASCII, which
// says nothing: bytes beyond it are there all the same.
func lookupCharset(label string) (string, encoding.Encoding) {
	label = strings.ToLower(strings.Trim(label, " \t\r\n\"'"))
	if alias, ok := charsetAliases[label]; ok {
		label = alias
	}
	switch label {
	case "", "us-ascii", "ascii", "ansi_x3.4-1968", "7bit", "8bit", "unknown-8bit", "x-unknown", "x-user-defined", "default", "iso-2022-kr", "iso-2022-cn":
		return "", nil
	case "hz-gb-2312", "hz", "hz-gb2312":
		return "hz-gb-2312", simplifiedchinese.HZGB2312
	case "utf-16":
		return "utf-16le", utf16LE
	case "utf-32", "utf-32be":
		return "utf-32be", utf32BE
	case "utf-32le":
		return "utf-32le", utf32LE
	}
	enc, err := htmlindex.Get(label)
	if err != nil {
		return "", nil
	}
	name, err := htmlindex.Name(enc)
	if err != nil || name == "replacement" || name == "x-user-defined" {
		return "", nil
	}
	return name, enc
}

// decodeLabelled decodes bytes whose charset somebody has declared. The declaration is taken for true unless the bytes
// say otherwise: they break its rules, are UTF-8, or make sense only in another charset.
func decodeLabelled(data []byte, label string) (text, charset string, ok bool) {
	ascii := isASCII(data)
	if strings.HasSuffix(strings.ToLower(label), "utf-7") && ascii {
		text = decodeUTF7(data)
		return text, "utf-7", plausible(text)
	}
	name, enc := lookupCharset(label)
	if enc == nil || ascii && name != "iso-2022-jp" && name != "hz-gb-2312" && !strings.HasPrefix(name, "utf-") {
		return decode(data)
	}
	wide := strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32")
	switch {
	case name == "utf-8":
		return decode(data)
	case wide && bytes.IndexByte(data, 0) < 0 && utf8.Valid(data):
		return decode(data)
	case wide:
		if _, _, marked := decodeWide(data); marked {
			return decode(data)
		}
	case utf8.Valid(data) && !ascii:
		// Hardly any text in another charset is valid UTF-8 by chance, but a few characters can be.
		if n := wideRunes(string(data)); n > 3 || likeness(decodeWith(enc, data), scriptOf(name)) < 0.5 {
			return decode(data)
		}
	case name == "iso-2022-jp" && !ascii:
		return decode(data)
	}
	if text, ok := honest(data, name, enc); ok {
		return text, name, true
	}
	if wide || ascii {
		text = decodeWith(enc, data)
		return text, name, plausible(text)
	}
	return decodeByScore(data)
}

// honest decodes data in a charset that it is said to be in, and says whether that can be true.
func honest(data []byte, name string, enc encoding.Encoding) (string, bool) {
	text := decodeWith(enc, data)
	if broken(text)*100 > len(text) || !plausible(text) {
		return text, false
	}
	if script := scriptOf(name); script != scriptNone {
		if sample := scoringSample(data); sample != nil {
			// The fewer characters there are, the better another charset must fit: a name may be rare in its own.
			const doubtful, better, evidence = 0.45, 0.5, 4
			if said, n := likenessOf(decodeWith(enc, sample), script); said < doubtful {
				if _, best := bestCharset(sample); best > said+better && (best-said)*float64(n) > evidence {
					return text, false
				}
			}
		}
	}
	return text, true
}

func isASCII(data []byte) bool {
	for _, b := range data {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeISO2022KR reads Korean mail of the nineties (RFC 1557): KS X 1001 between SO and SI, in seven bits.
func decodeISO2022KR(data []byte) string {
	out := make([]byte, 0, len(data))
	high := byte(0)
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case b == 0x0E:
			high = 0x80
		case b == 0x0F || b == '\n':
			high = 0
			if b == '\n' {
				out = append(out, b)
			}
		case b == 0x1B && bytes.HasPrefix(data[i:], []byte(koreanEscape)):
			i += len(koreanEscape) - 1
		case b > ' ':
			out = append(out, b|high)
		default:
			out = append(out, b)
		}
	}
	return decodeWith(korean.EUCKR, out)
}

const koreanEscape = "\x1b$)C"

// decodeUTF7 reads what some mail programs wrote (RFC 2152). It is never guessed, only read where it is declared.
func decodeUTF7(data []byte) string {
	var out strings.Builder
	for len(data) > 0 {
		plus := bytes.IndexByte(data, '+')
		if plus < 0 {
			out.Write(data)
			break
		}
		out.Write(data[:plus])
		data = data[plus+1:]
		end := 0
		for end < len(data) && (data[end] == '+' || data[end] == '/' || data[end] >= '0' && data[end] <= '9' || data[end]|0x20 >= 'a' && data[end]|0x20 <= 'z') {
			end++
		}
		if end == 0 {
			out.WriteByte('+')
		} else {
			units := decodeBase64(data[:end])
			out.WriteString(decodeWith(utf16BE, units[:len(units)&^1]))
		}
		if data = data[end:]; len(data) > 0 && data[0] == '-' {
			data = data[1:]
		}
	}
	return out.String()
}
