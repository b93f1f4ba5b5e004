package offline

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// found counts how often an entity stands in a document.
type found struct {
	entity bedrock.Entity
	count  int
	order  int
}

// weight puts names before figures: a figure is seldom given twice, or is a common one.
func (f *found) weight() int {
	switch f.entity.Type {
	case bedrock.Person, bedrock.Organization, bedrock.Location, bedrock.Product:
		return f.count + 100
	case bedrock.Percent:
		return min(f.count, 2)
	default:
		return min(f.count, 20)
	}
}

// maxNames bounds how many names are collected; they are compared with each other.
const maxNames = 2000

// gatherer collects entities.
type gatherer struct{ byName map[string]*found }

func (g *gatherer) add(name string, kind bedrock.EntityType) {
	name = strings.Trim(oneLine(name), " ,.、。")
	if n := utf8.RuneCountInString(name); n < 2 || n > 100 {
		return
	}
	if f := g.byName[name]; f != nil {
		f.count++
		if f.entity.Type == bedrock.Other {
			f.entity.Type = kind
		}
		return
	}
	if len(g.byName) == maxNames {
		return
	}
	g.byName[name] = &found{bedrock.Entity{Name: name, Type: kind}, 1, len(g.byName)}
}

// Entities with a form of their own.
var patterns = []struct {
	kind bedrock.EntityType
	re   *regexp.Regexp
}{
	{bedrock.Email, regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)},
	{bedrock.URL, regexp.MustCompile(`https?://[^\s<>「」（）()"']+`)},
	{bedrock.Date, regexp.MustCompile(`(?:\d{4}|[一二三四五六七八九〇]{4}|令和\d{1,2}|平成\d{1,2})年(?:度|\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})月(?:\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})日)?)?|(?:\d{1,2}|[一二三四五六七八九十]{1,3})月(?:\d{1,2}|[一二三四五六七八九十]{1,3})日`)},
	{bedrock.Date, regexp.MustCompile(`\b(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|October|November|December)(?: \d{1,2}(?:st|nd|rd|th)?)?(?:,? \d{4})\b|\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)\b|\b(?:19|20)\d\d-\d\d-\d\d\b`)},
	{bedrock.Money, regexp.MustCompile(`(?:[€$£¥￥]|\b(?:EUR|USD|GBP|JPY|CHF) ?)\d[\d,]*(?:\.\d+)?(?: (?:million|billion|thousand))?|\d[\d,]*(?:\.\d+)?(?:万|億|兆|千)?(?:円|ドル|ユーロ)|\d[\d,]*(?:\.\d+)? (?:euros|dollars|pounds|yen)\b`)},
	{bedrock.Percent, regexp.MustCompile(`\d+(?:\.\d+)? ?(?:%|％|percent\b|per cent\b|パーセント)`)},
	{bedrock.Organization, regexp.MustCompile(`(?:株式会社|有限会社|合同会社|一般社団法人)[\p{Han}\p{Katakana}\p{Hiragana}ーA-Za-z]{2,15}|[\p{Han}\p{Katakana}ーA-Za-z]{2,15}(?:株式会社|有限会社|合同会社|大学|銀行|研究所|協会|病院)`)},
	{bedrock.Person, regexp.MustCompile(`(?:Mr|Mrs|Ms|Dr|Prof)\.? [A-Z]\p{L}+(?: [A-Z]\p{L}+)?`)},
}

// maxEntityTexts bounds how many sentences and fragments are searched.
const maxEntityTexts = 4000

// entities finds names and figures by simple rules, the most frequent first.
func entities(ctx context.Context, doc *document) ([]bedrock.Entity, error) {
	g := &gatherer{byName: map[string]*found{}}
	texts := []string{doc.title}
	texts = append(texts, doc.headings...)
	texts = append(texts, doc.fragments[:min(len(doc.fragments), maxEntityTexts/4)]...)
	for _, s := range doc.sentences[:min(len(doc.sentences), maxEntityTexts)] {
		texts = append(texts, s.text)
	}
	for i, text := range texts {
		if i%128 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		rest := text
		for _, p := range patterns {
			for _, match := range p.re.FindAllString(rest, -1) {
				g.add(match, p.kind)
			}
			rest = p.re.ReplaceAllString(rest, " ; ")
		}
		if needsDictionary(rest) {
			if err := japaneseNames(g, rest); err != nil {
				return nil, err
			}
		} else {
			englishNames(g, rest)
		}
	}
	list := make([]*found, 0, len(g.byName))
	for _, name := range sortedKeys(g.byName) {
		f := g.byName[name]
		if f.entity.Type == bedrock.Other && f.count < 2 || g.partOfAnother(name) {
			continue
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *found) int {
		if x, y := a.weight(), b.weight(); x != y {
			return y - x
		}
		return a.order - b.order
	})
	out := []bedrock.Entity{}
	for _, f := range list[:min(len(list), maxEntities)] {
		out = append(out, f.entity)
	}
	return out, nil
}

// partOfAnother tells that a name is a word of a longer one ("Aiko" of "Aiko Morita").
func (g *gatherer) partOfAnother(name string) bool {
	if strings.ContainsAny(name, "0123456789") {
		return false
	}
	for other := range g.byName {
		if len(other) > len(name) && (strings.HasPrefix(other, name+" ") || strings.HasSuffix(other, " "+name)) {
			return true
		}
	}
	return false
}

var (
	organizationEnds = wordSet(`Ltd Limited Inc Corp Corporation Company GmbH AG LLC plc Logistics Bank University Institute Agency Department Ministry Team Group
		Delicatessen Association Council Committee Foundation Hospital Services Systems Industries Partners Union`)
	locationEnds  = wordSet(`Street Road Lane Avenue Square Bridge River Lake Island Islands Harbour Port Airport Valley City County Sea Ocean`)
	locationLeads = wordSet(`in at near from to into outside across around`)
	personVerbs   = wordSet(`said says wrote presented warned asked explained reported agreed orders ordered welcomed thanked suggested proposed decided noted joined told replied`)
	notNames      = wordSet(`I The A An In On At We It This That They He She But And Or If When While After Before Section Page Table Figure Chapter Week Hall Room Day Part
		Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September October November December
		No Not Yes All Any Some Most Many Each Every Both Our Your Their His Her Its My What Which Who How Why There Here System Total North South East West Quarter First Second Third Fourth Half`)
)

// englishNames finds runs of capitalized words inside sentences. A run at the start of a
// sentence counts only when it has two words that are not common ones.
func englishNames(g *gatherer, text string) {
	list := words(text)
	for i := 0; i < len(list); {
		j := i
		for j < len(list) && isName(list[j].text) && (j == i || text[list[j-1].end:list[j].start] == " ") {
			j++
		}
		if j == i {
			i++
			continue
		}
		run := list[i:j]
		name := text[run[0].start:run[len(run)-1].end]
		lead, follow := "", ""
		if i > 0 {
			lead = list[i-1].text
		}
		if j < len(list) {
			follow = list[j].text
		}
		if len(run) == 1 && (isStopWord(strings.ToLower(name)) || emptyWords[strings.ToLower(name)]) {
			i = j
			continue
		}
		atStart := i == 0 || strings.ContainsAny(text[list[i-1].end:list[i].start], ".:;!?\"“")
		last := run[len(run)-1].text
		switch {
		case organizationEnds[last] && len(run) > 1:
			g.add(name, bedrock.Organization)
		case locationEnds[last] && len(run) > 1:
			g.add(name, bedrock.Location)
		case len(run) == 2 && allCapitalized(run) && !atTitle(text, list):
			g.add(name, bedrock.Person)
		case personVerbs[follow]:
			g.add(name, bedrock.Person)
		case !atStart && locationLeads[lead] && !strings.HasSuffix(strings.ToLower(last), "s"):
			g.add(name, bedrock.Location)
		case !atStart:
			g.add(name, bedrock.Other)
		}
		i = j
	}
}

// atTitle tells a text in which most words are capitalized, as in a title: there capital
// letters tell nothing.
func atTitle(text string, list []word) bool {
	capitals := 0
	for _, w := range list {
		if startsUpper(w.text) {
			capitals++
		}
	}
	return !endsSentence(text) && !strings.Contains(text, ",") && capitals*2 > len(list)
}

func isName(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsUpper(r) && len(text) > 1 && !notNames[text]
}

func allCapitalized(run []word) bool {
	for _, w := range run {
		if strings.ToUpper(w.text) == w.text {
			return false // an abbreviation
		}
	}
	return true
}

// japaneseNames takes the dictionary's proper nouns, and the words before 様, さん, 氏.
func japaneseNames(g *gatherer, text string) error {
	list, err := morphemes(text)
	if err != nil {
		return err
	}
	for i, m := range list {
		if m.pos[0] != "名詞" || m.pos[1] != "固有名詞" || utf8.RuneCountInString(m.surface) < 2 || !needsDictionary(m.surface) {
			continue
		}
		following := ""
		if i+1 < len(list) {
			following = list[i+1].surface
		}
		switch {
		case m.pos[2] == "人名" || slices.Contains([]string{"様", "さん", "氏"}, following):
			g.add(m.surface, bedrock.Person)
		case m.pos[2] == "地域":
			if strings.ContainsAny(following, "区市町村県府都道州国") && following != "" {
				g.add(m.surface+following, bedrock.Location)
			} else {
				g.add(m.surface, bedrock.Location)
			}
		case m.pos[2] == "組織":
			g.add(m.surface, bedrock.Organization)
		}
	}
	return nil
}
