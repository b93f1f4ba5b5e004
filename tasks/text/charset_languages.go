package text

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// language says how often letters beyond ASCII occur in a language.
type language struct {
	// final: the letters stand at the end of words only, as in Italian.
	final bool
	// likelihood is the logarithm of a letter's share, raised so that running text has a mean of 0.
	likelihood map[rune]float64
	// unknown is the likelihood of all other letters.
	unknown float64
	// ascii are the logarithms of the shares of a to z, nil where the script has none of them.
	ascii []float64
	words map[string]bool
	// scripts are those of Latin script that the language is written in.
	scripts map[script]bool
}

// letterShares lists, by language, letters and their shares in percent of all letters beyond ASCII. They need not be exact:
// it is enough that what is frequent in one charset is rare when it is read in another.
var letterShares = []struct {
	name   string
	script script
	final  bool
	shares string
	// ascii are the shares of the letters a to z, which every charset has at the same places: they tell the language.
	ascii string
	// words are frequent ones of ASCII letters only.
	words string
}{
	{"English", scriptLatin, false, "é 40 ü 12 ö 9 ñä 7 èáç 6 ïóí 5 ôêâøåàãúëß 1.5", "8.2 1.5 2.8 4.3 12.7 2.2 2.0 6.1 7.0 0.15 0.8 4.0 2.4 6.7 7.5 1.9 0.1 6.0 6.3 9.1 2.8 1.0 2.4 0.15 2.0 0.07", "the of and to in is for that with was on are this it as by at from be not have or you we"},
	{"Finnish", scriptLatin, false, "ä 88 ö 11 åéšž 0.3", "12.2 0.3 0.3 1 8 0.2 0.4 1.9 10.8 2 5 5.8 3.2 8.8 5.6 1.8 0.01 2.9 7.9 8.8 5 2.3 0.1 0.03 1.7 0.05", "ja on ei se oli ovat mutta kun niin joka"},
	{"French", scriptLatin, false, "é 55 èà 12 ê 5 ç 5 ùôâîû 2 ëïœ 1 ü 0.3 æÿ 0.1", "7.6 0.9 3.3 3.7 14.7 1.1 0.9 0.7 7.5 0.6 0.07 5.5 3.0 7.1 5.8 2.5 1.4 6.7 7.9 7.2 6.3 1.8 0.05 0.4 0.13 0.3", "de la le les et des du un une est en que qui dans pour sur il elle nous vous par au aux ne pas plus se ce son sa avec sont ou"},
	{"German", scriptLatin, false, "ü 35 ä 28 ö 18 ß 16 é 1 èà 0.3", "6.5 1.9 2.7 5.1 16.4 1.7 3.0 4.6 6.6 0.3 1.4 3.4 2.5 9.8 2.6 0.7 0.02 7.0 7.3 6.2 4.2 0.8 1.9 0.03 0.04 1.1", "der die das und ist in den von zu mit sich des auf im dem nicht ein eine als auch es an wir sie bis um hat nach aus bei oder werden wird"},
	{"Spanish", scriptLatin, false, "óí 21 á 19 é 14 ñ 9 ú 8 ü 1 ç 0.2", "11.5 2.2 4.0 5.0 12.2 0.7 1.8 0.7 6.2 0.5 0.01 5.0 3.2 6.7 8.7 2.5 0.9 6.9 8.0 4.6 2.9 1.1 0.02 0.2 1.0 0.5", "de la que el en y los del se las por un para con una su al lo como pero este ya sus es son"},
	{"Portuguese", scriptLatin, false, "ã 20 ç 18 á 14 é 12 í 10 ó 8 ê 7 õ 6 âúà 4 ô 2 ü 0.3", "14.6 1.0 3.9 5.0 12.6 1.0 1.3 0.8 6.2 0.4 0.02 2.8 4.7 4.4 9.7 2.5 1.2 6.5 6.8 4.3 3.6 1.6 0.04 0.4 0.01 0.5", "de a o que e do da em um para com uma os no se na por mais as dos como mas ao das foi nos pela pelo"},
	{"Italian", scriptLatin, true, "èà 28 ùò 13 éì 8", "11.7 0.9 4.5 3.7 11.8 1.2 1.6 0.6 10.1 0.01 0.01 6.5 2.5 6.9 9.8 3.1 0.5 6.4 5.0 5.6 3.0 2.1 0.03 0.01 0.02 1.2", "di e il la che in un a per del non una con le si da dei della alla sono gli i lo ci vi alle nel ha al"},
	{"Swedish", scriptLatin, false, "ä 45 ö 30 å 24 é 1 ü 0.3", "9.4 1.5 1.5 4.7 10.1 2.0 2.9 2.1 5.8 0.6 3.1 5.3 3.5 8.5 4.5 1.8 0.02 8.4 6.6 7.7 1.9 2.4 0.14 0.16 0.7 0.07", "och att det i en som den av med till om ett de har inte var vi jag kan ska men"},
	{"Danish and Norwegian", scriptLatin, false, "øå 36 æ 24 é 2 öäü 0.3 ôòê 0.2", "6.0 2.0 0.6 5.9 15.5 2.4 4.1 1.6 6.0 0.7 3.4 5.2 3.2 7.2 4.6 1.8 0.01 9.0 5.8 6.9 2.0 2.3 0.07 0.03 0.7 0.03", "og at det i en som den af med til er et de har ikke var vi for jeg kan skal men fra av"},
	{"Icelandic", scriptLatin, false, "ð 21 íá 17 ó 9 éæ 8 þö 7 ú 6 ý 3", "10.1 1.0 0.05 1.6 6.4 3.0 4.2 1.9 7.6 1.1 3.3 4.5 4.0 7.7 2.2 0.8 0.01 8.6 5.6 5.0 4.6 2.4 0.01 0.05 0.9 0.01", "og er sem ekki um en til hefur var fyrir hafa eru af hann"},
	{"Dutch", scriptLatin, false, "ë 43 é 33 ï 12 èüö 4 êç 1", "7.5 1.6 1.2 5.9 18.9 0.8 3.4 2.4 6.5 1.5 2.2 3.6 2.2 10 6.1 1.6 0.01 6.4 3.7 6.8 2 2.9 1.5 0.04 0.04 1.4", "de van het een en in is dat op te zijn met voor niet aan er om ook als naar"},
	{"Catalan", scriptLatin, false, "à 19 èéó 15 í 14 çòú 6 ï 2 ü 1", "12 1.4 3 3.8 12.5 1 1.2 0.6 7 0.3 0.02 5.8 3 6.5 5.5 2.7 1.2 6.8 7.6 5.8 3.7 1.5 0.02 0.4 0.3 0.2", "de la el que i a en per amb un una les els del al es no com va"},
	{"Estonian", scriptLatin, false, "ä 34 õ 29 ü 24 ö 10 šž 1", "11.5 0.9 0.1 4.5 12.5 0.2 1.7 1.5 9.3 1.5 4.9 6 3.5 5.5 4.2 1.8 0.01 3.3 8.3 6.7 5.5 2 0.02 0.01 0.02 0.03", "ja on ei et ning oli kui aga meie ka see ta mis"},
	{"Polish", scriptLatin, false, "ł 20 ę 17 ą 14 ó 12 ż 12 ś 10 ć 6 ń 3 ź 1.5", "8.5 1.5 3.9 3.2 7.7 0.1 1.4 1.0 8.3 2.3 3.4 2.1 2.8 5.5 7.7 3.1 0.01 4.6 4.3 4.0 2.5 0.02 4.6 0.01 3.8 5.6", "i w na z do nie jest to od po o za jak przez dla oraz tym tego przy lub a co ale"},
	{"Czech", scriptLatin, false, "í 20 á 16 ě 10 é 9 ř 8 čžý 7 š 6 ů 4 ú 2 ňť 0.7 ď 0.5 ó 0.4", "6.2 1.6 1.6 3.6 7.7 0.3 0.3 1.3 4.4 2.1 3.7 3.8 3.2 6.5 8.7 3.4 0.01 3.7 4.5 5.3 3.1 4.7 0.02 0.03 1.9 2.2", "a v na se je do z s to ve pro k po jsem jsme byl od jako ale ze za o u bude jsou"},
	{"Slovak", scriptLatin, false, "á 20 í 13 ý 10 č 10 éž 9 šú 8 ľ 5 ť 4 ôňóä 1.5 ď 1 ĺŕ 0.2", "8.7 1 1.3 3.5 8.4 0.3 0.3 1.5 5.7 2 3.7 3.7 2.8 5.4 8.5 2.6 0.01 4.4 4 4.4 3 5 0.01 0.03 1.5 1.6", "a v na sa je do s to vo pre po som sme bol od ako ale zo za o u bude alebo"},
	{"Hungarian", scriptLatin, false, "áé 27 ö 9 óő 8 í 6 ü 5 ú 4 ű 3", "8.9 1.9 0.6 1.9 11.6 0.6 3.8 1.3 4.3 1.5 5.2 6.7 4.0 6.8 3.9 0.8 0.01 2.8 7 6.9 0.6 2.4 0.01 0.01 2.6 4.3", "a az egy nem hogy is van ez volt de meg csak mint vagy ma ki el lesz"},
	{"Romanian", scriptLatin, false, "ă 36 î 19 şţ 15 â 13", "10 1 5.3 3.5 11.5 1.2 1 0.5 10 0.2 0.1 4.5 3 6.5 4.1 3.2 0.01 6.8 4.4 6 6.2 1.2 0.02 0.1 0.02 0.7", "de la a cu din pe un o este sunt nu se pentru care mai au fost sau iar am va deja al ale ora"},
	{"Romanian, commas below", scriptLatin, false, "ă 36 î 19 șț 15 â 13", "10 1 5.3 3.5 11.5 1.2 1 0.5 10 0.2 0.1 4.5 3 6.5 4.1 3.2 0.01 6.8 4.4 6 6.2 1.2 0.02 0.1 0.02 0.7", "de la a cu din pe un o este sunt nu se pentru care mai au fost sau iar am va deja al ale ora"},
	{"Croatian and Slovenian", scriptLatin, false, "č 29 š 26 ž 20 ć 16 đ 8", "11.5 1.5 0.9 3.7 8.8 0.2 1.6 0.8 9.8 5.1 3.6 3.3 3.1 6.6 9 2.9 0.01 5.4 4.5 4.5 4.3 3.5 0.01 0.01 0.01 1.7", "i u je na se da za od su s o a ali koji kao do te biti smo vas nije sam sve pa v so pri"},
	{"Turkish", scriptLatin, false, "ı 32 ş 15 ü 16 ğ 10 ö 8 ç 10 âîû 0.4", "11.9 2.8 0.9 4.7 8.9 0.4 1.2 1.2 8.6 0.03 4.6 5.9 3.7 7.4 2.4 0.8 0.01 6.7 3 3.3 3.2 0.9 0.01 0.01 3.3 1.5", "ve bir bu da de ile olarak daha ne kadar olan gibi ama her en o ya mi bize"},
	{"Latvian", scriptLatin, false, "ā 34 ī 15 ēš 14 ņ 5 ū 5 ļ 4 ž 3 čķģ 2 ō 0.1", "11.5 1.5 0.9 2.9 6 0.2 1.6 0.2 9 2.2 3.8 3.3 3.4 4.5 3.8 2.7 0.01 5.8 7.8 6 4.8 2.5 0.01 0.01 0.03 1.7", "un ir no ar uz par ka tas bet vai kas to pie mums"},
	{"Lithuanian", scriptLatin, false, "ė 23 ų 18 š 17 žą 12 į 11 ūč 8 ę 5", "11.5 1.4 0.5 2.6 5.6 0.3 1.8 0.1 13.5 2.2 4.4 3.3 3.6 5.2 6.6 2.8 0.01 5.6 8 6 4.6 2.4 0.01 0.01 1.5 0.3", "ir kad yra su bet tai kaip ar buvo jau o per nuo apie"},
	{"Vietnamese", scriptLatin, false, "đ 7 ưô 6 êâ 4 á 3.96 à 3.08 ơ 3 ạ 2.64 ă 2.5 ố 2.16 ếí 1.98 ó 1.8 ồ 1.68 ềìả 1.54 ứộ 1.44 ò 1.4 ệị 1.32 ấéớú 1.26 ọ 1.2 ừ 1.12 ã 1.1 ầèờù 0.98 ự 0.96 ậẹợụổ 0.84 ểỉ 0.77 ắ 0.72 ỏ 0.7 ỗ 0.6 ằử 0.56 ễĩ 0.55 õ 0.5 ẩẻởủ 0.49 ặ 0.48 ữ 0.4 ý 0.36 ẫẽỡũ 0.35 ỳẳ 0.28 ỵ 0.24 ẵ 0.2 ỷ 0.14 ỹ 0.1", "6 2 5.5 1.5 2.5 0.02 5.5 8.5 7 0.02 2.5 2.5 3 11 3.5 1.7 0.3 2.2 2 7 4 2.2 0.02 0.5 1.8 0.02", "trong cho khi theo ra con hai ba anh em xin nam quy vai"},
	{"Russian", scriptCyrillic, false, "о 11 е 8.5 а 8 и 7.4 н 6.7 т 6.3 с 5.5 р 4.7 в 4.5 л 4.4 к 3.5 м 3.2 д 3 п 2.8 у 2.6 я 2 ы 1.9 ь 1.7 гз 1.7 б 1.6 ч 1.4 й 1.2 хж 0.95 ш 0.7 ю 0.6 ц 0.5 щэ 0.35 ф 0.3 ъё 0.04", "", ""},
	{"Ukrainian", scriptCyrillic, false, "о 9.4 а 8 н 6.8 и 6.1 і 5.7 в 5.4 т 5.3 е 5 р 4.7 с 4 к 3.8 л 3.7 у 3.4 д 3.3 м 3.1 п 2.8 я 2.5 з 2.2 бь 1.8 г 1.6 ч 1.4 хй 1.2 ц 1 юж 0.9 їє 0.6 ш 0.7 щ 0.5 ф 0.3 ґ 0.02", "", ""},
	{"Bulgarian", scriptCyrillic, false, "а 11.7 и 9 о 8.6 е 8.3 т 7.7 н 7.3 р 5 с 4.8 в 4.5 д 3.7 л 3.5 к 3.4 п 2.8 м 2.4 з 2.1 я 1.8 г 1.6 бчъ 1.5 у 1.5 ж 0.8 щц 0.6 х 0.5 й 0.6 ш 0.3 юф 0.2 ь 0.02", "", ""},
	{"Serbian", scriptCyrillic, false, "а 11.5 о 9.3 и 9 е 8.8 н 5.6 р 5 с 4.9 т 4.5 ј 4.2 у 4 в 3.8 кд 3.6 м 3.5 л 3.4 п 2.9 з 1.8 гб 1.6 ш 1.2 ч 0.9 ц 0.8 њћ 0.7 жх 0.6 љ 0.5 ђ 0.2 ф 0.2 џ 0.05", "", ""},
	{"Greek", scriptGreek, false, "ο 9.8 α 8.8 ι 8.5 τ 8.2 ν 7.9 ε 7.5 ρ 5 η 4.6 σ 4.5 πκ 4.2 ςυ 4 μ 3.4 λ 3.3 ί 2.5 άέόωγ 2 δ 1.7 ή 1.5 χ 1.4 ύ 1.3 θφ 1.2 βώ 0.7 ξ 0.6 ζ 0.4 ψ 0.2 ϊ 0.1 ϋΐΰ 0.03", "", ""},
	{"Hebrew", scriptHebrew, false, "י 11 ה 10.9 ו 10.4 ל 7.4 א 6.3 ר 5.6 ת 5 במ 4.7 ש 4.4 םע 3.2 נ 2.8 כ 2.7 ד 2.6 ח 2.5 ק 2.1 פ 1.7 ס 1.5 ן 1.4 ז 1.3 טצג 1.2 ך 0.8 ף 0.3 ץ 0.15", "", ""},
	{"Arabic", scriptArabic, false, "ا 12.5 ل 11.6 ي 6.9 من 6.3 و 6 ر 5 ت 4.6 ب 4 ةعه 3.5 د 3.3 س 2.9 ف 2.8 قأ 2.5 ك 2.3 ح 2 ج 1.5 ش 1.2 صخطىإ 1 ذ 0.8 ضث 0.7 زء 0.6 غئ 0.5 ظؤآ 0.2 ـ 0.1 \u064B 0.2 \u064E\u064F\u0650\u0651\u0652 0.05", "", ""},
	{"Thai", scriptThai, false, "านร 7 อก 5.5 เง่ม 4.5 ยลวดทส 3.5 ้ัี 3.3 ตบปิคห 2.5 แะจพข 1.8 ใโไืุู 1.3 ็์ชถผึ 0.9 ศณซำ 0.7 ธภญษฟ 0.4 ฉฝๆฐฎฏฆฬฮฤ 0.1 ฯฌฑฒ๐๑๒๓๔๕๖๗๘๙ 0.1", "", ""},
}

// writtenIn lists the languages, by the first words of their names, for which the charsets of a kind were made.
var writtenIn = map[script]string{
	scriptWestern: "English Finnish French German Spanish Portuguese Italian Swedish Danish Icelandic Dutch Catalan Estonian",
	scriptCentral: "English German Polish Czech Slovak Hungarian Romanian Croatian",
	scriptTurkish: "English Turkish", scriptBaltic: "English Estonian Latvian Lithuanian", scriptVietnamese: "English Vietnamese",
}

// floorShare is the share of a letter that a language does not have, in percent: a name, a typing error.
const floorShare = 0.02

var languages = sync.OnceValue(func() map[script][]language {
	out := map[script][]language{}
	for _, entry := range letterShares {
		shares := map[rune]float64{}
		fields := strings.Fields(entry.shares)
		for i := 0; i+1 < len(fields); i += 2 {
			for _, letter := range fields[i] {
				shares[letter] = parseShare(fields[i+1])
			}
		}
		l := newLanguage(shares)
		l.final = entry.final
		if entry.ascii != "" {
			total := 0.0
			for share := range strings.FieldsSeq(entry.ascii) {
				l.ascii = append(l.ascii, parseShare(share))
				total += parseShare(share)
			}
			for i, share := range l.ascii {
				l.ascii[i] = math.Log(share / total)
			}
		}
		first, _, _ := strings.Cut(entry.name, " ")
		first = strings.TrimSuffix(first, ",")
		l.words, l.scripts = map[string]bool{}, map[script]bool{entry.script: true}
		for script, names := range writtenIn {
			l.scripts[script] = strings.Contains(names, first)
		}
		for word := range strings.FieldsSeq(entry.words) {
			l.words[word] = true
		}
		out[entry.script] = append(out[entry.script], l)
	}
	return out
})

func parseShare(s string) float64 {
	share, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(err) // of the table above
	}
	return share
}

func newLanguage(shares map[rune]float64) language {
	total, mean := 0.0, 0.0
	for _, share := range shares {
		total += share
	}
	likelihood := make(map[rune]float64, len(shares))
	for letter, share := range shares {
		likelihood[letter] = math.Log(share / total)
		mean += share / total * likelihood[letter]
	}
	for letter := range likelihood {
		likelihood[letter] -= mean
	}
	return language{likelihood: likelihood, unknown: math.Log(floorShare/100) - mean}
}

// letterCount is what is counted of a text to find its language.
type letterCount struct {
	// beyond are the letters beyond ASCII.
	beyond map[spot]int
	// ascii are the letters a to z outside of the tags of a markup language.
	ascii [26]int
	// words are the short words of ASCII letters only, word the letters of the one that is being read.
	words map[string]int
	word  []byte
	mixed bool
}

// asciiWord is the length up to which words are counted: frequent words are short.
const asciiWord = 8

// read takes the next character of the text.
func (c *letterCount) read(r rune) {
	lower := r | 0x20
	switch {
	case r < utf8.RuneSelf && lower >= 'a' && lower <= 'z':
		c.ascii[lower-'a']++
		if len(c.word) <= asciiWord {
			c.word = append(c.word, byte(lower))
		}
	case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r)):
		c.mixed = true
	default:
		if n := len(c.word); n > 0 && n <= asciiWord && !c.mixed {
			c.words[string(c.word)]++
		}
		c.word, c.mixed = c.word[:0], false
	}
}

// spot is a letter, at the end of a word or not.
type spot struct {
	letter rune
	last   bool
}

const (
	// letterWeight is how much a letter that is e times as frequent as another counts.
	letterWeight = 0.3
	// asciiWeight is lower than 1 because the letters of a word depend on one another, asciiMost because a text in some
	// other language should not be held against its letters for ever.
	asciiWeight = 0.6
	asciiMost   = 12
	// wordWeight is how much a frequent word of a language says for it.
	wordWeight = 1.5
	// otherLanguage is the likelihood of a letter in a language that is not listed.
	otherLanguage = -2.5
)

// latin returns the number of ASCII letters.
func (c *letterCount) latin() (n int) {
	for _, count := range c.ascii {
		n += count
	}
	return n
}

// bestLanguage returns the sum of the likelihoods of the letters beyond ASCII in the language of a script that they and
// the letters of ASCII fit best.
func (c *letterCount) bestLanguage(script script) float64 {
	list := languages()[script.family()]
	prior, best := make([]float64, len(list)), math.Inf(-1)
	for i, l := range list {
		for letter, logarithm := range l.ascii {
			prior[i] += asciiWeight * logarithm * float64(c.ascii[letter])
		}
		for word, count := range c.words {
			if l.words[word] {
				prior[i] += wordWeight * float64(count)
			}
		}
		best = max(best, prior[i])
	}
	n := 0
	for _, count := range c.beyond {
		n += count
	}
	result := otherLanguage * float64(n)
	for i, l := range list {
		if !l.scripts[script] {
			continue
		}
		sum := max(prior[i]-best, -asciiMost)
		for s, count := range c.beyond {
			value, known := l.likelihood[s.letter]
			if !known || l.final && !s.last {
				value = l.unknown
			}
			sum += value * float64(count)
		}
		result = max(result, sum)
	}
	return letterWeight * result
}
