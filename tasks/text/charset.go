package text

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strings"
	unicodes "unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
)

// decodeSource sets src.text and src.charset, or says that the bytes are not text.
func decodeSource(src *source, doc *Document) error {
	text, charset, ok := decode(src.data)
	if !ok {
		return unsupportedBytes(src.data)
	}
	if n := strings.Count(text, string(utf8.RuneError)); n > 0 && charset != "utf-8" {
		doc.warn(0, WarnUndecodable, fmt.Sprintf("%d places have no meaning in %s", n, charset))
	} else if n > 0 && !utf8.Valid(src.data) {
		doc.warn(0, WarnUndecodable, fmt.Sprintf("%d places are not valid UTF-8", n))
	}
	src.text, src.charset = text, charset
	return nil
}

// decode finds the charset of data and decodes it. The order: byte order mark, ISO-2022 escape sequences, validity as
// UTF-8, the pattern of NUL bytes (UTF-16 and UTF-32 without a mark), what an HTML page declares, and at last the
// charset whose decoding looks most like writing. ok is false when nothing does: the bytes are not text.
func decode(data []byte) (text, charset string, ok bool) {
	for _, mark := range byteOrderMarks {
		if bytes.HasPrefix(data, mark.bytes) {
			text := decodeWith(mark.encoding, data[len(mark.bytes):])
			return text, mark.charset, plausible(text)
		}
	}
	if bytes.Contains(data, []byte(koreanEscape)) && isASCII(data) {
		text := decodeISO2022KR(data)
		return text, "iso-2022-kr", plausible(text)
	}
	if charset, enc := iso2022(data); enc != nil {
		text := decodeWith(enc, data)
		return text, charset, plausible(text)
	}
	if utf8.Valid(data) && !bytes.ContainsRune(data, 0) {
		return string(data), "utf-8", plausible(string(data))
	}
	if bytes.IndexByte(data, 0) >= 0 {
		if bytes.Count(data, []byte{0})*4 < len(data) {
			// Few NUL may be line ends or 一, which is U+4E00: they stand on different sides.
			if charset, enc, score := wideCJK(data); score > 0.5 {
				text := decodeWith(enc, data)
				return text, charset, plausible(text)
			}
		}
		if charset, enc := nulPattern(data); enc != nil {
			text := decodeWith(enc, data)
			return text, charset, plausible(text)
		}
		// A stray NUL in a text is dropped later; many of them are a binary file.
		if bytes.Count(data, []byte{0})*1000 > len(data) {
			return "", "", false
		}
	}
	if label := declared(data); label != "" {
		// A page whose tags can be read byte for byte is not UTF-16, whatever it says (HTML Standard, 13.2.3.2).
		if name, enc := lookupCharset(label); enc != nil && !strings.HasPrefix(name, "utf-") && name != "iso-2022-jp" {
			if text, ok := honest(data, name, enc); ok {
				return text, name, true
			}
		}
	}
	return decodeByScore(data)
}

var byteOrderMarks = []struct {
	bytes    []byte
	charset  string
	encoding encoding.Encoding
}{
	{[]byte{0xEF, 0xBB, 0xBF}, "utf-8", unicode.UTF8},
	// UTF-32 before UTF-16: the little-endian marks begin alike.
	{[]byte{0xFF, 0xFE, 0, 0}, "utf-32le", utf32LE},
	{[]byte{0, 0, 0xFE, 0xFF}, "utf-32be", utf32BE},
	{[]byte{0xFF, 0xFE}, "utf-16le", utf16LE},
	{[]byte{0xFE, 0xFF}, "utf-16be", utf16BE},
}

// decodeWith never fails: what cannot be decoded becomes U+FFFD.
func decodeWith(enc encoding.Encoding, data []byte) string {
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		// Decoders of x/text replace bad bytes and report nothing; the UTF-16 and UTF-32 ones may end on half a unit.
		return string(out) + string(utf8.RuneError)
	}
	if enc == charmap.Windows1258 {
		// It writes the tones of Vietnamese as marks of their own.
		return norm.NFC.String(string(out))
	}
	return string(out)
}

var escapes = []struct {
	bytes    []byte
	charset  string
	encoding encoding.Encoding
}{
	{[]byte("\x1b$B"), "iso-2022-jp", japanese.ISO2022JP},
	{[]byte("\x1b$@"), "iso-2022-jp", japanese.ISO2022JP},
	{[]byte("\x1b(J"), "iso-2022-jp", japanese.ISO2022JP},
	{[]byte("\x1b(I"), "iso-2022-jp", japanese.ISO2022JP},
	{[]byte("~{"), "hz-gb-2312", simplifiedchinese.HZGB2312},
}

// iso2022 looks for the escape sequences of the 7-bit charsets. All of them are ASCII otherwise, and HZ's can stand in
// any text, so it must also close again and decode without a fault.
func iso2022(data []byte) (string, encoding.Encoding) {
	for _, b := range data {
		if b >= 0x80 || b == 0 {
			return "", nil
		}
	}
	for _, e := range escapes {
		if !bytes.Contains(data, e.bytes) {
			continue
		}
		if e.charset == "hz-gb-2312" {
			text := decodeWith(e.encoding, data)
			if !bytes.Contains(data, []byte("~}")) || strings.ContainsRune(text, utf8.RuneError) {
				continue
			}
		}
		return e.charset, e.encoding
	}
	return "", nil
}

// nulPattern finds UTF-16 and UTF-32 without a byte order mark by where NUL bytes stand: Latin text has one in every
// second byte, UTF-32 two in every four. Text that is all CJK has none and is left to the score.
func nulPattern(data []byte) (string, encoding.Encoding) {
	sample := data[:min(len(data), 4096)&^3]
	if len(sample) < 4 {
		sample = data[:len(data)&^1]
	}
	var nul [4]int
	for i, b := range sample {
		if b == 0 {
			nul[i%4]++
		}
	}
	quarter := max(len(sample)/4, 1)
	even, odd := nul[0]+nul[2], nul[1]+nul[3]
	switch {
	case nul[3] == quarter && nul[2]*10 >= quarter*9 && nul[0]*10 < quarter:
		return "utf-32le", utf32LE
	case nul[0] == quarter && nul[1]*10 >= quarter*9 && nul[3]*10 < quarter:
		return "utf-32be", utf32BE
	// Spaces and line ends alone put a NUL in some places of a CJK text, always on the same side.
	case odd*20 >= len(sample)/2 && even*20 <= odd:
		return "utf-16le", utf16LE
	case even*20 >= len(sample)/2 && odd*20 <= even:
		return "utf-16be", utf16BE
	}
	return "", nil
}

var charsetLabel = regexp.MustCompile(`(?i)<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([A-Za-z0-9_:.\-]{2,40})`)

// declared reads the charset that an HTML page or XML document names within its first 4,096 bytes (the HTML Standard's
// prescan looks at 1,024; pages with long comments put it later).
func declared(data []byte) string {
	found := charsetLabel.FindSubmatch(data[:min(len(data), 4096)])
	if found == nil {
		return ""
	}
	return string(found[1])
}

// candidates are tried where nothing names the charset. The prior settles near ties towards what is common.
var candidates = []struct {
	charset  string
	encoding encoding.Encoding
	script   script
	prior    float64
}{
	{"shift_jis", japanese.ShiftJIS, scriptJapanese, 0.03},
	{"euc-jp", japanese.EUCJP, scriptJapanese, 0.03},
	{"gb18030", simplifiedchinese.GB18030, scriptChinese, 0},
	{"big5", traditionalchinese.Big5, scriptTraditional, 0},
	{"euc-kr", korean.EUCKR, scriptKorean, 0},
	{"windows-1252", charmap.Windows1252, scriptWestern, 0.06},
	{"windows-1250", charmap.Windows1250, scriptCentral, 0},
	{"windows-1254", charmap.Windows1254, scriptTurkish, 0},
	{"windows-1257", charmap.Windows1257, scriptBaltic, -0.03},
	{"windows-1258", charmap.Windows1258, scriptVietnamese, -0.02},
	{"iso-8859-2", charmap.ISO8859_2, scriptCentral, -0.02},
	{"iso-8859-15", charmap.ISO8859_15, scriptWestern, 0.02},
	{"iso-8859-16", charmap.ISO8859_16, scriptCentral, -0.06},
	{"macintosh", charmap.Macintosh, scriptWestern, -0.06},
	{"windows-1251", charmap.Windows1251, scriptCyrillic, 0.02},
	{"koi8-r", charmap.KOI8R, scriptCyrillic, 0},
	{"koi8-u", charmap.KOI8U, scriptCyrillic, -0.01},
	{"iso-8859-5", charmap.ISO8859_5, scriptCyrillic, -0.02},
	{"ibm866", charmap.CodePage866, scriptCyrillic, -0.05},
	{"x-mac-cyrillic", charmap.MacintoshCyrillic, scriptCyrillic, -0.06},
	{"windows-1253", charmap.Windows1253, scriptGreek, 0},
	{"iso-8859-7", charmap.ISO8859_7, scriptGreek, -0.02},
	{"windows-1255", charmap.Windows1255, scriptHebrew, 0},
	{"windows-1256", charmap.Windows1256, scriptArabic, -0.02},
	{"iso-8859-6", charmap.ISO8859_6, scriptArabic, -0.02},
	{"windows-874", charmap.Windows874, scriptThai, -0.02},
}

// scoreSample is how many bytes are decoded to compare charsets: many times what TestCharsetMatrix shows to be enough.
const scoreSample = 4 << 10

// scoringSample returns lines of data that have bytes beyond ASCII in them: nothing else tells charsets apart, except for
// what stands around such bytes. It is nil for ASCII.
func scoringSample(data []byte) []byte {
	var sample []byte
	for len(data) > 0 && len(sample) < scoreSample {
		first := bytes.IndexFunc(data, func(r rune) bool { return r >= utf8.RuneSelf })
		if first < 0 {
			break
		}
		// A whole line, so that no two-byte character is cut; of a very long one what ends at a blank or at any place.
		start := max(bytes.LastIndexByte(data[:first], '\n')+1, first-scoreSample/4)
		end := len(data)
		if i := bytes.IndexByte(data[first:], '\n'); i >= 0 {
			end = first + i + 1
		}
		if most := start + scoreSample; end > most {
			end = most
			if blank := bytes.LastIndexByte(data[first:end], ' '); blank > scoreSample/2 {
				end = first + blank
			}
		}
		sample = append(sample, data[start:end]...)
		data = data[end:]
	}
	return sample
}

// bestCharset returns the index in candidates of the charset in which a sample looks most like writing, and its score.
func bestCharset(sample []byte) (chosen int, best float64) {
	best = math.Inf(-1)
	for i, c := range candidates {
		decoded := decodeWith(c.encoding, sample)
		if len(sample) >= scoreSample/2 {
			// The end of the sample may stand in the middle of a character.
			decoded = strings.TrimSuffix(decoded, string(utf8.RuneError))
		}
		score, n := likenessOf(decoded, c.script)
		// The more there is to read, the less it matters what is common.
		if score += c.prior * min(1, 10/float64(max(n, 1))); score > best {
			chosen, best = i, score
		}
	}
	return chosen, best
}

func decodeByScore(data []byte) (text, charset string, ok bool) {
	sample := scoringSample(data)
	if sample == nil {
		return string(data), "us-ascii", plausible(string(data))
	}
	chosen, best := bestCharset(sample)
	// Text that is almost all valid UTF-8 is UTF-8 with a few broken bytes, as in a log cut in the middle.
	if valid := strings.ToValidUTF8(string(sample), string(utf8.RuneError)); broken(valid) > 0 {
		if wide := wideRunes(valid); wide > 0 && broken(valid)*10 <= wide {
			text = strings.ToValidUTF8(string(data), string(utf8.RuneError))
			return text, "utf-8", plausible(text)
		}
	}
	if charset, enc, score := wideCJK(data); score > max(best, 0.6) {
		text = decodeWith(enc, data)
		return text, charset, plausible(text)
	}
	if best < 0 {
		return "", "", false
	}
	text = decodeWith(candidates[chosen].encoding, data)
	return text, candidates[chosen].charset, plausible(text)
}

// wideCJK finds UTF-16 without a mark and with hardly any NUL: text that is nearly all Chinese, Japanese or Korean.
func wideCJK(data []byte) (charset string, chosen encoding.Encoding, best float64) {
	best = math.Inf(-1)
	if len(data)%2 != 0 || len(data) < 8 {
		return "", nil, best
	}
	sample := data[:min(len(data), scoreSample)]
	for _, c := range []struct {
		charset  string
		encoding encoding.Encoding
	}{{"utf-16le", utf16LE}, {"utf-16be", utf16BE}} {
		decoded := decodeWith(c.encoding, sample)
		// Read from the wrong end, characters scatter over all scripts of the world.
		strangers, all := 0, 0
		for _, r := range decoded {
			all++
			if r > 0x7F && !unicodes.In(r, unicodes.Han, unicodes.Hiragana, unicodes.Katakana, unicodes.Hangul) && (r < 0x2000 || r > 0x33FF) && (r < 0xFF00 || r > 0xFFEF) {
				strangers++
			}
		}
		penalty := 3 * float64(strangers) / float64(max(all, 1))
		for script := scriptJapanese; script <= scriptKorean; script++ {
			if score := likeness(decoded, script) - penalty; score > best {
				charset, chosen, best = c.charset, c.encoding, score
			}
		}
	}
	return charset, chosen, best
}

func broken(text string) int { return strings.Count(text, string(utf8.RuneError)) }

func wideRunes(text string) (n int) {
	for _, r := range text {
		if r >= utf8.RuneSelf && r != utf8.RuneError {
			n++
		}
	}
	return n
}

// plausible tells text from binary junk: less than one character in fifty is a control character that text does not
// use, a replacement or a noncharacter.
func plausible(text string) bool {
	bad, all := 0, 0
	for _, r := range text {
		all++
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\f' || r == 0x1B:
		case r < ' ' || r >= 0x7F && r < 0xA0 && r != 0x85 || r == utf8.RuneError || r&0xFFFE == 0xFFFE:
			bad++
		}
	}
	return bad*50 <= all
}
