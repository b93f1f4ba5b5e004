package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// codePages are the charsets by their Windows number.
var codePages = map[int]encoding.Encoding{
	437: charmap.CodePage437, 850: charmap.CodePage850, 852: charmap.CodePage852, 855: charmap.CodePage855, 858: charmap.CodePage858,
	860: charmap.CodePage860, 862: charmap.CodePage862, 863: charmap.CodePage863, 865: charmap.CodePage865, 866: charmap.CodePage866,
	874: charmap.Windows874, 932: japanese.ShiftJIS, 936: simplifiedchinese.GB18030, 949: korean.EUCKR, 950: traditionalchinese.Big5,
	1250: charmap.Windows1250, 1251: charmap.Windows1251, 1252: charmap.Windows1252, 1253: charmap.Windows1253, 1254: charmap.Windows1254,
	1255: charmap.Windows1255, 1256: charmap.Windows1256, 1257: charmap.Windows1257, 1258: charmap.Windows1258,
	10000: charmap.Macintosh, 10001: japanese.ShiftJIS, 10007: charmap.MacintoshCyrillic, 20866: charmap.KOI8R, 20932: japanese.EUCJP,
	21866: charmap.KOI8U, 28591: charmap.ISO8859_1, 28592: charmap.ISO8859_2, 28595: charmap.ISO8859_5, 51932: japanese.EUCJP,
	54936: simplifiedchinese.GB18030,
}

// charsetPages are the code pages of the charsets that a font names.
var charsetPages = map[int]int{
	0: 1252, 77: 10000, 78: 10001, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
	186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}

func doubleByte(page int) bool { return page == 932 || page == 936 || page == 949 || page == 950 }

// decodeCodePage decodes text of a code page. A negative one is a double-byte page that the text may or may not be in.
func decodeCodePage(page int, raw []byte) string {
	high := 0
	for _, b := range raw {
		if b >= utf8.RuneSelf {
			high++
		}
	}
	if high == 0 {
		return string(raw)
	}
	if page < 0 {
		page = -page
		if text := decodeWith(codePages[page], raw); high >= 2 && high*2 >= len(raw) && !strings.ContainsRune(text, utf8.RuneError) {
			return text
		}
		page = 1252
	}
	if page == 65001 && utf8.Valid(raw) {
		return string(raw)
	}
	enc := codePages[page]
	if enc == nil {
		enc = charmap.Windows1252
	}
	return decodeWith(enc, raw)
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// greekLetters are the letters of the font Symbol at the places of A to Z.
var (
	greekCapitals = []rune("ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ")
	greekSmall    = []rune("αβχδεφγηιϕκλμνοπθρστυϖωξψζ")
)

// wingdings are the signs of the font Wingdings that carry meaning in forms and lists.
var wingdings = map[byte]string{
	0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x71: "☐", 0x72: "☐", 0x75: "◆", 0x76: "❖", 0xA7: "▪", 0xA8: "☐", 0xB7: "•", 0xD8: "➢",
	0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "→", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}

// symbolSign returns what a byte of a symbol font shows, where that is known: letters of Symbol, bullets.
func symbolSign(b byte, font rtfFont) string {
	switch {
	case b <= ' ':
		return " "
	case !font.greek:
		return wingdings[b]
	case b == 0xB7:
		return "•"
	case b >= 'A' && b <= 'Z':
		return string(greekCapitals[b-'A'])
	case b >= 'a' && b <= 'z':
		return string(greekSmall[b-'a'])
	case b < 0x7F:
		return string(rune(b))
	}
	switch b {
	case 0xA3:
		return "≤"
	case 0xB3:
		return "≥"
	case 0xB1:
		return "±"
	case 0xB4:
		return "×"
	case 0xB9:
		return "≠"
	case 0xAE:
		return "→"
	case 0xB0:
		return "°"
	case 0xA5:
		return "∞"
	}
	return ""
}
