package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	xunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

var (
	utf16LE = xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM)
	utf16BE = xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM)
	utf32LE = utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	utf32BE = utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
)

// script is the writing that a charset is used for.
type script int

const (
	// scriptLatin is all of Latin script, the five after it are what its charsets are made for.
	scriptLatin script = iota
	scriptWestern
	scriptCentral
	scriptTurkish
	scriptBaltic
	scriptVietnamese
	scriptCyrillic
	scriptGreek
	scriptHebrew
	scriptArabic
	scriptThai
	scriptJapanese
	scriptChinese
	scriptTraditional
	scriptKorean
	scriptNone
)

// scriptOf returns the script of a charset by its WHATWG name, scriptNone for those of no one script.
func scriptOf(charset string) script {
	switch charset {
	case "shift_jis", "euc-jp":
		return scriptJapanese
	case "gbk", "gb18030":
		return scriptChinese
	case "big5":
		return scriptTraditional
	case "euc-kr":
		return scriptKorean
	case "windows-1251", "koi8-r", "koi8-u", "iso-8859-5", "ibm866", "x-mac-cyrillic":
		return scriptCyrillic
	case "windows-1253", "iso-8859-7":
		return scriptGreek
	case "windows-1255", "iso-8859-8", "iso-8859-8-i":
		return scriptHebrew
	case "windows-1256", "iso-8859-6":
		return scriptArabic
	case "windows-874":
		return scriptThai
	}
	switch charset {
	case "windows-1252", "iso-8859-1", "iso-8859-15", "macintosh":
		return scriptWestern
	case "windows-1250", "iso-8859-2", "iso-8859-16":
		return scriptCentral
	case "windows-1254":
		return scriptTurkish
	case "windows-1257", "iso-8859-4", "iso-8859-13":
		return scriptBaltic
	case "windows-1258":
		return scriptVietnamese
	}
	if strings.HasPrefix(charset, "iso-8859-") {
		return scriptLatin
	}
	return scriptNone
}

// latin says whether a script is Latin or a kind of it.
func (s script) latin() bool { return s <= scriptVietnamese }

// family joins the kinds of Latin script.
func (s script) family() script {
	if s.latin() {
		return scriptLatin
	}
	return s
}

// The most frequent characters of each CJK script. A text of a few dozen characters holds several of the right list
// and, decoded wrongly, next to none of the others: that is what tells two-byte charsets apart, since nearly every
// pair of bytes is some character in each of them.
var (
	commonJapanese    = runeSet("日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度務強気小七成期公持野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百派点教報済書府活原先共得解名交資予川向際査勝面委告軍文反元重近千考判認画海参売利組知案道信策集在件団別物側任引使求所次水半品昨論計死官増係感特情投示変打男基私各始島直両朝革価式確村提運終挙果西勢減台広容必応演電歳住争談能無再位置企真流格有疑口過局少放税検藤町常校料沢裁状工建語球営空職証土与急止送援供可役構木割聞身費付施切由説転食比難防補車優夫研収断井何南石足違消境神番規術護展態導鮮備宅害配副算視条幹独警宮究育席輸訪楽起万着乗店述残想線率病農州武声質念待試族象銀域助労例衛然早張映限親額監環験追審商葉義伝働形景落欧担好退準賞訴辺造英被株頭技低毎医復仕去姿味負閣韓渡失移差衆個門写評課末守若脳極種美岡影命含福蔵量望松非撃佐核観察整段横融型白深字答夜製票況音申様財港識注呼渉達荷客様返品箱様拝敬貴御社様")
	commonSimplified  = runeSet("的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运")
	commonTraditional = runeSet("的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運")
)

func runeSet(s string) map[rune]bool {
	set := make(map[rune]bool, len(s)/3)
	for _, r := range s {
		set[r] = true
	}
	return set
}

// likeness says how much text decoded for a script looks like writing in that script: the mean over its characters
// beyond ASCII, from about 1 (certain) to far below 0 (not text).
func likeness(text string, script script) float64 {
	score, _ := likenessOf(text, script)
	return score
}

// likenessOf returns the number of characters beyond ASCII, too.
func likenessOf(text string, script script) (score float64, n int) {
	letters := letterCount{beyond: map[spot]int{}, words: map[string]int{}}
	sum, tag, alone := 0.0, false, 0
	previous := ' '
	runes := []rune(text)
	for i, r := range runes {
		next := ' '
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		switch {
		case r == '<' && (unicode.IsLetter(next) || next == '/' || next == '!'):
			tag = true
		case r == '>':
			tag = false
		}
		if !tag {
			letters.read(r)
		}
		value, counted := characterScore(r, previous, next, script)
		if counted {
			sum += value
			n++
		}
		if counted && foreign(r) && !foreign(previous) && !foreign(next) {
			alone++
		}
		if counted && script < scriptJapanese && (unicode.IsMark(r) || unicode.Is(alphabets[script.family()], r)) {
			letters.beyond[spot{unicode.ToLower(r), !unicode.IsLetter(next)}]++
		}
		previous = r
	}
	if n == 0 {
		return 0, 0
	}
	if script < scriptJapanese {
		letters.read(' ')
		sum += letters.bestLanguage(script)
	}
	if !script.latin() && letters.latin() > 2*n {
		// Single letters of another script in the midst of Latin text are accented ones in the wrong charset.
		sum -= float64(alone)
	}
	return sum / float64(n), n
}

// foreign says whether a character is a letter beyond ASCII.
func foreign(r rune) bool {
	return r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r))
}

// characterScore judges one character. counted is false for ASCII that says nothing.
func characterScore(r, previous, next rune, script script) (value float64, counted bool) {
	switch {
	case r == utf8.RuneError:
		return -8, true
	case r == '\t' || r == '\n' || r == '\r' || r == '\f':
		return 0, false
	case r < ' ' || r == 0x7F:
		return -8, true
	case r < utf8.RuneSelf:
		return 0, false
	case r < 0xA0:
		return -4, true
	case unicode.In(r, unicode.Co, unicode.Cs) || !unicode.IsGraphic(r):
		return -4, true
	}
	switch script {
	case scriptJapanese, scriptChinese, scriptTraditional, scriptKorean:
		return cjkScore(r, previous, script), true
	}
	return alphabetScore(r, previous, next, script), true
}

func cjkScore(r, previous rune, script script) float64 {
	switch {
	case r >= 0xFF61 && r <= 0xFF9F:
		// Half-width katakana: any single-byte text decodes to them in Shift_JIS.
		if previous >= 0xFF61 && previous <= 0xFF9F {
			return 0.3
		}
		return -0.5
	case r >= 0x3041 && r <= 0x30FF:
		if script == scriptJapanese {
			return 1.2
		}
		return -0.3
	case unicode.Is(unicode.Hangul, r):
		if script == scriptKorean && commonHangul()[r] {
			return 1
		}
		return -1
	case r >= 0x3000 && r <= 0x303F || r >= 0xFF01 && r <= 0xFF5E:
		return 0.7
	case unicode.Is(unicode.Han, r):
		common := commonJapanese
		switch script {
		case scriptChinese:
			common = commonSimplified
		case scriptTraditional:
			common = commonTraditional
		case scriptKorean:
			return -0.2
		}
		if common[r] {
			return 1.1
		}
		return 0.05
	case unicode.IsPunct(r) || unicode.IsSymbol(r):
		return 0.1
	}
	return -0.4
}

// commonHangul returns the 2,350 syllables of KS X 1001, which cover everyday Korean. The other 8,822 syllables of
// EUC-KR's Windows extension come up when Japanese or Chinese bytes are read as Korean.
var commonHangul = sync.OnceValue(func() map[rune]bool {
	var pairs []byte
	for row := byte(0xB0); row <= 0xC8; row++ {
		for cell := byte(0xA1); cell <= 0xFE; cell++ {
			pairs = append(pairs, row, cell)
		}
	}
	return runeSet(decodeWith(korean.EUCKR, pairs))
})

var alphabets = map[script]*unicode.RangeTable{
	scriptLatin: unicode.Latin, scriptCyrillic: unicode.Cyrillic, scriptGreek: unicode.Greek,
	scriptHebrew: unicode.Hebrew, scriptArabic: unicode.Arabic, scriptThai: unicode.Thai,
}

func alphabetScore(r, previous, next rune, script script) float64 {
	letterBefore := unicode.IsLetter(previous) || unicode.IsMark(previous)
	asciiBefore := previous < utf8.RuneSelf && letterBefore
	switch {
	case r == '’' && letterBefore && unicode.IsLetter(next):
		return 1
	case r == '\u00A0' || r == '‘' || r == '’' || r == '“' || r == '”' || r == '–' || r == '—' || r == '…' || r == '•' ||
		r == '«' || r == '»' || r == '€' || r == '£' || r == '§' || r == '©' || r == '®' || r == '°' || r == '™' || r == '„' || r == '·' || r == '№':
		return 0.5
	case (r == '¿' || r == '¡') && !letterBefore:
		return 0.5
	case !unicode.IsLetter(r) && !unicode.IsMark(r):
		// A symbol after a letter is what accented letters become in the wrong charset.
		switch {
		case letterBefore && unicode.IsLetter(next):
			return -2
		case letterBefore || unicode.IsLetter(next):
			return -1
		}
		return -0.2
	case !unicode.Is(alphabets[script.family()], r) && !unicode.IsMark(r):
		return -1
	case unicode.IsMark(r) && script == scriptHebrew:
		// Vowel points are left out in everyday Hebrew.
		return -0.3
	case script == scriptHebrew && strings.ContainsRune("םןץףך", previous), script == scriptGreek && previous == 'ς':
		// A final form in the midst of a word.
		return -1
	case unicode.IsUpper(r) && unicode.IsLower(previous):
		return -1
	case !script.latin() && (asciiBefore || next < utf8.RuneSelf && unicode.IsLetter(next)):
		return -0.5
	case r == 'ã' && next != 'o' && next != 'e':
		// Portuguese has it before these two, Romanian its ă before any letter.
		return 0.5
	case unicode.IsUpper(r):
		return 0.6
	}
	return 0.9
}
