package text

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf16"
)

// rtfDictionary is what every compressed text may refer back to ([MS-OXRTFCP], 2.1.2.1).
const rtfDictionary = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// unpackRTF reads the compression of message bodies ("LZFu"). It packs at most nine times.
func unpackRTF(data []byte) ([]byte, *Error) {
	if len(data) < 16 {
		return nil, fail(CorruptDocument, "it ends in its header")
	}
	size := int(binary.LittleEndian.Uint32(data[4:]))
	kind := string(data[8:12])
	data = data[16:]
	switch kind {
	case "MELA":
		return data[:min(size, len(data))], nil
	case "LZFu":
	default:
		return nil, fail(CorruptDocument, "its kind is %q", kind)
	}
	var window [4096]byte
	at := copy(window[:], rtfDictionary)
	var out []byte
	put := func(b byte) {
		out = append(out, b)
		window[at&4095] = b
		at++
	}
	for len(data) > 0 && len(out) < size {
		control := data[0]
		data = data[1:]
		for bit := range 8 {
			if len(out) >= size {
				break
			}
			if control>>bit&1 == 0 {
				if len(data) == 0 {
					break
				}
				put(data[0])
				data = data[1:]
				continue
			}
			if len(data) < 2 {
				return out, nil
			}
			token := binary.BigEndian.Uint16(data)
			data = data[2:]
			from, length := int(token>>4), int(token&15)+2
			if from == at&4095 {
				// A reference to the place of writing is the end.
				return out, nil
			}
			for range length {
				put(window[from&4095])
				from++
			}
		}
	}
	return out, nil
}

// capsuleState is what a group of Rich Text inherits and gives back.
type capsuleState struct {
	skip     bool
	htmlTag  bool
	htmlRTF  bool
	fallback int
}

// rtfDepth bounds the groups that are remembered; what is deeper shares the innermost.
const rtfDepth = 1000

// rtfDestinations hold no body text.
var rtfDestinations = map[string]bool{
	"fonttbl": true, "colortbl": true, "stylesheet": true, "info": true, "pict": true, "object": true, "header": true,
	"footer": true, "headerl": true, "headerr": true, "footerl": true, "footerr": true, "listtable": true, "themedata": true, "datastore": true,
}

// htmlOfRTF returns the HTML that a body was made from ([MS-OXRTFEX]); ok is false for Rich Text that was made of nothing
// else, which extractRTF reads.
func htmlOfRTF(data []byte) (page string, ok bool) {
	if !bytes.Contains(data[:min(len(data), 4096)], []byte(`\fromhtml1`)) {
		return "", false
	}
	charset := "windows-1252"
	var out strings.Builder
	var pending []byte
	state, stack := capsuleState{fallback: 1}, []capsuleState{}
	var surrogate rune
	left := 0
	flush := func() {
		if len(pending) > 0 {
			decoded, _, _ := decodeLabelled(pending, charset)
			out.WriteString(decoded)
			pending = pending[:0]
		}
	}
	shown := func() bool { return !state.skip && !state.htmlRTF }
	write := func(s string) {
		if shown() {
			flush()
			out.WriteString(s)
		}
	}
	overflow := 0
	for i := 0; i < len(data); {
		switch b := data[i]; b {
		case '{':
			i++
			if len(stack) >= rtfDepth {
				overflow++
				continue
			}
			stack = append(stack, state)
			left = 0
		case '}':
			i++
			if overflow > 0 {
				overflow--
				continue
			}
			if n := len(stack); n > 0 {
				flush()
				state, stack = stack[n-1], stack[:n-1]
			}
			left = 0
		case '\r', '\n':
			i++
		case '\\':
			word, number, has, next := rtfWord(data, i+1)
			i = next
			switch {
			case word == "'":
				if left > 0 {
					left--
				} else if shown() {
					pending = append(pending, byte(number))
				}
			case word == "*":
				// A destination that may be skipped: only the tags of HTML are read.
				if inner, _, _, _ := rtfWord(data, min(i+1, len(data))); i < len(data) && data[i] == '\\' && inner == "htmltag" {
					break
				}
				state.skip = true
			case word == "htmltag":
				state.htmlTag = true
				state.skip = false
			case word == "htmlrtf":
				flush()
				state.htmlRTF = !has || number != 0
			case word == "ansicpg":
				if name := codepageName(uint32(number)); name != "" {
					charset = name
				}
			case rtfDestinations[word]:
				state.skip = true
			case word == "uc":
				state.fallback = max(min(number, 10), 0)
			case word == "u":
				r := rune(uint16(number))
				left = state.fallback
				switch {
				case utf16.IsSurrogate(r) && surrogate == 0:
					surrogate = r
					continue
				case surrogate != 0:
					r = utf16.DecodeRune(surrogate, r)
					surrogate = 0
				}
				write(string(r))
			case word == "bin":
				i = min(i+max(number, 0), len(data))
			default:
				if s, ok := capsuleSigns[word]; ok && (!state.htmlTag || s != "\n") {
					write(s)
				} else if ok {
					write("\r\n")
				}
			}
		default:
			i++
			if left > 0 {
				left--
			} else if shown() {
				pending = append(pending, b)
			}
		}
	}
	flush()
	return out.String(), true
}

var capsuleSigns = map[string]string{
	"par": "\n", "line": "\n", "row": "\n", "page": "\n", "sect": "\n", "tab": "\t", "cell": "\t", "~": "\u00A0", "_": "-", "\\": "\\", "{": "{", "}": "}",
	"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "endash": "–", "emdash": "—",
	"\n": "\n", "\r": "\n",
}

// rtfWord reads a control word or sign that begins at i, after the backslash.
func rtfWord(data []byte, i int) (word string, number int, has bool, next int) {
	if i >= len(data) {
		return "", 0, false, i
	}
	start := i
	for i < len(data) && (data[i] >= 'a' && data[i] <= 'z' || data[i] >= 'A' && data[i] <= 'Z') && i-start < 32 {
		i++
	}
	if i == start {
		if data[i] == '\'' && i+2 < len(data) {
			n, err := strconv.ParseUint(string(data[i+1:i+3]), 16, 8)
			if err != nil {
				return "'", '?', true, i + 1
			}
			return "'", int(n), true, i + 3
		}
		return string(data[i : i+1]), 0, false, i + 1
	}
	word = string(data[start:i])
	digits := i
	if i < len(data) && data[i] == '-' {
		i++
	}
	for i < len(data) && data[i] >= '0' && data[i] <= '9' && i-digits < 11 {
		i++
	}
	if n, err := strconv.Atoi(string(data[digits:i])); err == nil {
		number, has = n, true
	}
	if i < len(data) && data[i] == ' ' {
		i++
	}
	return word, number, has, i
}
