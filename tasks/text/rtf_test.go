package text

import (
	"strings"
	"testing"
)

func TestRTF(t *testing.T) {
	tests := []struct{ name, data, want, kinds, links, warnings string }{
		{name: "paragraphs", data: `{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Hello, \b bold\b0  world.\par Next\line line\tab tab\par}`, want: "Hello, bold world.\n\nNext\nline\ttab"},
		{name: "line ends in the file", data: "{\\rtf1 a\r\nb\\\nc}", want: "ab\n\nc"},
		{name: "signs", data: `{\rtf1 \{\\\}\~x\_y\-z\emdash\endash \lquote q\rquote\ldblquote d\rdblquote\bullet}`, want: "{\\}\u00A0x-yz—–‘q’“d”•"},
		{name: "bytes of the code page", data: `{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8}`, want: "При"},
		{name: "Shift_JIS", data: `{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset128 MS Mincho;}{\f1\fcharset0 Arial;}}\f0\'93\'8c\'8b\'9e\'83A\f1 caf\'e9}`, want: "東京アcafé"},
		{name: "charset by font", data: `{\rtf1\ansi{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset161 B;}}\f1\'e1\f0\'e1}`, want: "αá"},
		{name: "Unicode with what stands for it", data: `{\rtf1\uc1\u26085?\u26412?{\uc2\u12354\'82\'a0\u-10179 ??\u-8704 ??}\uc0\u233 e}`, want: "日本あ😀ée"},
		{name: "symbols", data: `{\rtf1{\fonttbl{\f3\fcharset2 Symbol;}}{\f3 a\'b7}}`, want: "α•"},
		{name: "destinations", data: `{\rtf1{\colortbl;\red0;}{\stylesheet{\s0 Normal;}}{\*\unknown gone}{\*\generator x;}{\pict 0102}{\*\shppict{\pict 00}}{\nonshppict{\pict 00}}a{\bin3 {{{}b}`, want: "ab", warnings: "0 object-left-out"},
		{name: "hidden and deleted", data: `{\rtf1 a{\v secret}{\deleted gone}\v0 b}`, want: "ab", warnings: "0 hidden-text"},
		{name: "headings", data: `{\rtf1{\stylesheet{\s1\outlinelevel0 heading 1;}{\s2 heading 2;}{\s5 Title;}}\pard\s5 T\par\pard\s1 One\par\pard\s2 Two\par\pard\outlinelevel2 Three\par\pard text\par}`, want: "T\n\nOne\n\nTwo\n\nThree\n\ntext", kinds: "heading1 heading1 heading2 heading3 paragraph"},
		{name: "table", data: `{\rtf1 before\par\trowd\cellx1\cellx2\intbl a\par b\cell c\cell\row\trowd\pard\intbl\cell d\cell\row\pard after\par}`, want: "before\n\na b\tc\n\td\n\nafter", kinds: "paragraph table paragraph"},
		{name: "table that does not end", data: `{\rtf1\trowd\intbl a\cell b}`, want: "a\tb"},
		{name: "lists", data: `{\rtf1{\listtext\'b7\tab}\ls1 a\par{\listtext 1.\tab}\ls2\ilvl1 b\par{\pntext\'b7\tab}c\par}`, want: "- a\n  1. b\n  - c", kinds: "list-item1 list-item2 list-item2"},
		{name: "link", data: `{\rtf1 see {\field{\*\fldinst HYPERLINK "https://example.com/a"}{\fldrslt{\ul here}}} and {\field{\*\fldinst PAGE}{\fldrslt 3}}}`, want: "see here and 3", links: "here>https://example.com/a"},
		{name: "footnotes, header, footer", data: `{\rtf1{\header Company\par}{\footer Page \chpgn\par}a{\footnote\chftn  foot}b\par{\*\footnote no}c}`, want: "Company\n\na[1]b\n\n[2]c\n\n[1] foot\n[2] no"},
		{name: "text box", data: `{\rtf1 a{\shp{\*\shpinst{\sp{\sn x}{\sv y}}{\shptxt box\par}}{\shprslt old}}b\par c}`, want: "ab\n\nbox\n\nc"},
		{name: "both forms", data: `{\rtf1{\upr{ansi}{\*\ud{\u233 e}}}}`, want: "é"},
		{name: "not closed", data: `{\rtf1 a{\b b`, want: "ab"},
		{name: "after the end", data: `{\rtf1 a}trailing`, want: "a"},
		{name: "object", data: `{\rtf1 a{\object\objemb{\*\objclass Excel}{\*\objdata 0102}{\result{\pict 00}shown}}}`, want: "ashown", warnings: "0 object-left-out"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), []byte(test.data), "a.rtf", Options{Full: true})
			if err != nil {
				t.Fatal(err)
			}
			checkStructure(t, doc)
			if got := doc.Text(); got != test.want {
				t.Errorf("text = %q\nwant   %q", got, test.want)
			}
			if got := kindsOf(doc); test.kinds != "" && got != test.kinds {
				t.Errorf("kinds = %s, want %s", got, test.kinds)
			}
			if got := linksOf(doc); got != test.links {
				t.Errorf("links = %s, want %s", got, test.links)
			}
			if got := strings.Join(warningCodes(doc), " "); got != test.warnings {
				t.Errorf("warnings = %v, want %q", doc.Warnings, test.warnings)
			}
		})
	}
}

func TestRTFMetadata(t *testing.T) {
	data := `{\rtf1\ansicpg1252{\info{\title Caf\'e9}{\author{\u39640 ?}}{\creatim\yr2024\mo5\dy1\hr8\min30}{\revtim\yr2024\mo13\dy1}}text}`
	doc, err := Extract(t.Context(), []byte(data), "a.rtf", Options{})
	if err != nil {
		t.Fatal(err)
	}
	meta := doc.Metadata
	if meta.Title != "Café" || meta.Author != "高" || meta.Created == nil || meta.Created.Format("2006-01-02 15:04") != "2024-05-01 08:30" || meta.Modified != nil {
		t.Errorf("metadata = %+v", meta)
	}
	if doc.Text() != "text" {
		t.Errorf("text = %q", doc.Text())
	}
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset128 A;}}{\stylesheet{\s1 heading 1;}}\s1 a\par{\*\shppict{\pict 00}}\trowd\intbl a\cell\row{\field{\*\fldinst HYPERLINK "x"}{\fldrslt y}}}`))
	f.Add([]byte(`{\rtf1}}}}{{{\u-1\u55357\'zz\'8\bin99999999999 \uc-5\cell\row\nestcell{\footnote{\footnote{\header`))
	f.Add([]byte("{\\rtf1{\\info{\\title{\\creatim\\yr-9\\mo0}}}{\\listtext\\upr{\\*\\ud}{\\shptxt\\cell}\\intbl}\\par\x00\\"))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkExtract(t, FormatRTF, data)
	})
}
