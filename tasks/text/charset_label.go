package text

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
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
	name, enc := lookupCharset(label)
	ascii := isASCII(data)
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
			said := likeness(decodeWith(enc, sample), script)
			if _, best := bestCharset(sample); said < 0 && best > said+0.8 {
				return text, false
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
