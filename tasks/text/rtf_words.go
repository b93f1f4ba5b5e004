package text

import (
	"strconv"
	"strings"
)

// rtfSkipped are destinations without text of the document.
var rtfSkipped = map[string]bool{
	"colortbl": true, "annotation": true, "atnid": true, "atnauthor": true, "atnref": true, "atndate": true, "atnicn": true,
	"atntime": true, "atnparent": true, "bkmkstart": true, "bkmkend": true, "xe": true, "tc": true, "tcn": true, "rxe": true, "txe": true,
	"nonshppict": true, "shprslt": true, "sp": true, "sn": true, "sv": true, "pn": true, "pntxta": true, "pntxtb": true,
	"listtable": true, "listoverridetable": true, "listpicture": true, "revtbl": true, "rsidtbl": true, "generator": true, "filetbl": true,
	"themedata": true, "colorschememapping": true, "latentstyles": true, "datastore": true, "datafield": true, "formfield": true,
	"objdata": true, "objclass": true, "objname": true, "nonesttables": true, "nesttableprops": true, "xmlnstbl": true, "userprops": true,
	"template": true, "fontemb": true, "falt": true, "panose": true, "private": true, "passwordhash": true, "mmathPr": true,
	"ftnsep": true, "ftnsepc": true, "ftncn": true, "aftnsep": true, "aftnsepc": true, "aftncn": true, "htmltag": true, "mhtmltag": true,
	"blipuid": true, "picprop": true, "wgrffmtfilter": true, "docvar": true, "background": true, "levelnumbers": true, "leveltext": true,
	"listname": true, "protusertbl": true, "factoidname": true, "oldcprops": true, "oldpprops": true, "oldtprops": true, "oldsprops": true,
	"pgdsctbl": true, "mmathPict": true,
}

// command carries out a control word.
func (r *rtfReader) command(word string, value int, given bool) {
	if word == "u" {
		r.unicode(value)
		return
	}
	fresh := r.state.fresh
	r.state.fresh = false
	if word == "bin" {
		r.flush()
		r.pos = min(r.pos+max(value, 0), len(r.data))
		return
	}
	if r.state.to == toNowhere {
		if word == "ud" && r.state.name == "upr" {
			r.destination(word)
		}
		return
	}
	r.flush()
	if fresh || r.state.starred {
		if r.destination(word) {
			r.state.starred = false
			return
		}
		if r.state.starred {
			r.state.to = toNowhere
			return
		}
	}
	switch r.state.to {
	case toFontTable:
		r.fontCommand(word, value)
		return
	case toStyles:
		r.styleCommand(word, value)
		return
	case toTime:
		for i, part := range [...]string{"yr", "mo", "dy", "hr", "min", "sec"} {
			if word == part {
				r.moment[i] = value
			}
		}
		return
	}
	if !r.characterCommand(word, value, given) {
		r.paragraphCommand(word, value, given)
	}
}

// destination begins the destination with the name word, if it is one.
func (r *rtfReader) destination(word string) bool {
	to := r.state.to
	switch word {
	case "fonttbl":
		to = toFontTable
	case "stylesheet":
		to = toStyles
	case "info":
		to = toInfo
	case "title", "author":
		if to != toInfo {
			return false
		}
		to = toCapture
		r.capture.Reset()
	case "creatim", "revtim":
		to = toTime
		r.moment = [6]int{}
	case "pict":
		if !r.state.result {
			r.pictures++
		}
		to = toNowhere
	case "object":
		r.objects++
		r.state.name = word
		return true
	case "result":
		r.state.result = true
		return true
	case "listtext", "pntext":
		to = toMark
		r.flow.mark.Reset()
	case "field":
		r.url = ""
	case "fldinst":
		to = toFieldCode
		r.code.Reset()
	case "fldrslt":
		if r.url != "" && r.state.to == toBody {
			r.flow.words.openLink(r.url)
			r.state.link = true
			r.url = ""
		}
		if to == toFieldCode {
			to = toBody
		}
	case "upr":
		// What is not Unicode comes first; {\*\ud …} follows in the same group.
		to = toNowhere
	case "ud":
		to = r.outerDestination()
	case "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf", "footnote", "shptxt", "dptxbxtext":
		r.openFlow(word)
		to = toBody
		r.state.hidden, r.state.inTable, r.state.style, r.state.outline, r.state.list = false, false, 0, -1, -1
	case "shppict", "shpinst", "shpgrp", "shp", "do", "rtf", "moMath", "moMathPara", "mmath", "ulnone", "shpgroup", "docpart", "wptab":
		// Known, and text inside is text.
	default:
		if !rtfSkipped[word] {
			return false
		}
		if word == "annotation" {
			r.comments++
		}
		to = toNowhere
	}
	r.state.to, r.state.name = to, word
	return true
}

// outerDestination is the destination of the text around an upr group.
func (r *rtfReader) outerDestination() destination {
	for i := len(r.stack) - 1; i >= 0; i-- {
		if r.stack[i].to != toNowhere {
			return r.stack[i].to
		}
	}
	return toBody
}

func (r *rtfReader) fontCommand(word string, value int) {
	switch word {
	case "f":
		r.fontNumber = value
		r.fonts[value] = rtfFont{codePage: r.ansi}
	case "fcharset":
		font := r.fonts[r.fontNumber]
		font.symbol = value == 2
		if page := charsetPages[value]; page != 0 {
			font.codePage = page
		}
		if value == 0 && doubleByte(r.ansi) {
			// Western by the book, but not all writers mean it: decided text by text.
			font.codePage = -r.ansi
		}
		r.fonts[r.fontNumber] = font
	case "cpg":
		font := r.fonts[r.fontNumber]
		font.codePage = value
		r.fonts[r.fontNumber] = font
	}
}

func (r *rtfReader) styleCommand(word string, value int) {
	switch word {
	case "s":
		r.styleNumber = value
	case "ds", "cs", "ts":
		r.styleNumber = -1
	case "outlinelevel":
		if r.styleNumber >= 0 && value >= 0 && value < 9 {
			r.styles[r.styleNumber] = value + 1
		}
	}
}

// styleName reads the name of a style.
func (r *rtfReader) styleName(name string) {
	name = strings.ToLower(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(name), ";")))
	number, heading := strings.CutPrefix(name, "heading ")
	switch n, err := strconv.Atoi(number); {
	case r.styleNumber < 0:
	case heading && err == nil && n > 0 && n < 10:
		r.styles[r.styleNumber] = n
	case name == "title":
		r.styles[r.styleNumber] = 1
	}
}

// characterCommand carries out what concerns characters.
func (r *rtfReader) characterCommand(word string, value int, given bool) bool {
	switch word {
	case "ansicpg":
		if codePages[value] != nil || value == 65001 {
			r.ansi = value
		}
	case "mac":
		r.ansi = 10000
	case "pc":
		r.ansi = 437
	case "pca":
		r.ansi = 850
	case "deff":
		r.defaultFont = value
		r.state.font = value
	case "f":
		r.state.font = value
	case "uc":
		r.state.skipAfter = min(max(value, 0), 100)
	case "plain":
		r.state.hidden, r.state.deleted, r.state.font = false, false, r.defaultFont
	case "v":
		r.state.hidden = !given || value != 0
	case "deleted":
		r.state.deleted = !given || value != 0
	default:
		sign, ok := rtfSigns[word]
		if ok {
			r.write(sign)
		}
		return ok
	}
	return true
}

var rtfSigns = map[string]string{
	"tab": "\t", "line": "\n", "softline": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
	"ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ", "zwj": "\u200D", "zwnj": "\u200C",
	"ltrmark": "\u200E", "rtlmark": "\u200F",
}

// paragraphCommand carries out what concerns paragraphs, cells and rows.
func (r *rtfReader) paragraphCommand(word string, value int, given bool) {
	switch word {
	case "par", "sect", "page", "column":
		r.endParagraph()
	case "pard":
		r.state.inTable, r.state.style, r.state.outline, r.state.list, r.state.level = false, 0, -1, -1, 0
	case "intbl":
		r.state.inTable = !given || value != 0
	case "itap":
		r.state.inTable = value > 0
	case "s":
		r.state.style = value
	case "outlinelevel":
		r.state.outline = value
	case "ls":
		r.state.list = value
	case "ilvl":
		r.state.level = min(max(value, 0), 8)
	case "cell":
		r.flow.endCell(r)
	case "nestcell":
		r.state.inTable = true
		r.endParagraph()
	case "row":
		r.flow.endRow()
	}
}
