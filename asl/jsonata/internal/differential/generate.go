package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// fixedData is the input for expressions from stdin.
const fixedData = `{"a":1,"b":[1,2],"s":"x","o":{"k":1,"2":3,"1":4},"items":[{"n":"p","price":2.5,"qty":4,"tags":["x","y"]},{"n":"q","price":10,"qty":1}]}`

// generator makes random expressions that are mostly well formed, over data whose names they know. Data are written as JavaScript
// would write them, since untouched data keep their text here but not in the original.
type generator struct {
	rand  *rand.Rand
	depth int
}

func pick[T any](g *generator, list ...T) T { return list[g.rand.IntN(len(list))] }

func (g *generator) name() string {
	return pick(g, "a", "b", "c", "d", "e", "n", "items", "price", "qty", "tags", "`1`", "missing")
}

func (g *generator) data() json.RawMessage {
	var b strings.Builder
	if g.rand.IntN(6) == 0 {
		g.value(&b, 0)
	} else {
		g.object(&b, 0)
	}
	return json.RawMessage(b.String())
}

func (g *generator) object(b *strings.Builder, level int) {
	b.WriteByte('{')
	used := map[string]bool{}
	for i := range g.rand.IntN(6) {
		name := strings.Trim(g.name(), "`")
		if name == "1" && i > 0 { // the original has such names first
			continue
		}
		if used[name] {
			continue
		}
		if len(used) > 0 {
			b.WriteByte(',')
		}
		used[name] = true
		b.WriteString(strconv.Quote(name) + ":")
		g.value(b, level+1)
	}
	b.WriteByte('}')
}

func (g *generator) value(b *strings.Builder, level int) {
	kind := g.rand.IntN(10)
	if level > 4 {
		kind %= 5
	}
	switch kind {
	case 0:
		b.WriteString(pick(g, "true", "false", "null"))
	case 1, 2:
		b.WriteString(g.number())
	case 3, 4:
		b.WriteString(strconv.Quote(g.text()))
	case 5, 6:
		g.object(b, level)
	default:
		b.WriteByte('[')
		uniform := g.rand.IntN(3)
		for i := range g.rand.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			switch uniform {
			case 0:
				g.object(b, level+1)
			case 1:
				b.WriteString(g.number())
			default:
				g.value(b, level+1)
			}
		}
		b.WriteByte(']')
	}
}

func (g *generator) number() string {
	return pick(g, "0", "1", "2", "3", "-1", "-2", "1.5", "0.1", "2.25", "100", "1000", "12345.678", "0.30000000000000004", "1e+21", "1e-7", "9007199254740992")
}

func (g *generator) text() string {
	return pick(g, "", "a", "b", "abc", "hello world", " x  y ", "1", "2.5", "é", "😀!", "a,b,c", "aXbXc", "0x1F", "日本", "a1b22")
}

// expression makes one expression.
func (g *generator) expression() string {
	g.depth = 0
	s := g.expr()
	switch g.rand.IntN(30) {
	case 0: // damaged
		if len(s) > 2 {
			i := g.rand.IntN(len(s))
			s = strings.ToValidUTF8(s[:i]+pick(g, "", ")", "(", "]", "[", ".", "+", "$", "}", "?", ":", "@", "~>", "'")+s[i+1:], "")
		}
	case 1:
		s = "/* c */ " + s
	}
	return s
}

func (g *generator) expr() string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 5 {
		return g.leaf()
	}
	switch g.rand.IntN(26) {
	case 0, 1, 2:
		return g.leaf()
	case 3, 4, 5, 6:
		return g.path()
	case 7:
		return fmt.Sprintf("%s %s %s", g.expr(), pick(g, "+", "-", "*", "/", "%"), g.expr())
	case 8:
		return fmt.Sprintf("%s %s %s", g.expr(), pick(g, "=", "!=", "<", "<=", ">", ">=", "in", "and", "or"), g.expr())
	case 9:
		return g.expr() + " & " + g.expr()
	case 10:
		return "[" + g.list(g.expr, 3) + "]"
	case 11:
		return "{" + g.list(func() string { return g.key() + ": " + g.expr() }, 3) + "}"
	case 12:
		return fmt.Sprintf("%s ? %s : %s", g.expr(), g.expr(), g.expr())
	case 13:
		return "(" + g.expr() + ")" + pick(g, "", "[0]", "[]", "."+g.name())
	case 14:
		return fmt.Sprintf("($v := %s; %s)", g.expr(), strings.Replace(g.expr(), g.name(), "$v", 1))
	case 15, 16, 17, 18:
		return g.call()
	case 19, 20:
		return g.higher()
	case 21:
		return fmt.Sprintf("[%s..%s]", pick(g, "1", "0", "-2", g.expr()), pick(g, "3", "5", "2", g.expr()))
	case 22:
		return fmt.Sprintf("%s ~> %s", g.expr(), pick(g, "$string", "$sum", "$count", "$reverse()", "$append(1)", "$keys", g.call(), g.lambda()))
	case 23:
		return fmt.Sprintf("%s ~> |%s|%s%s|", pick(g, "$", g.name(), g.path()), pick(g, "$", g.name(), "**", g.path()), pick(g, `{"x":1}`, "{"+g.key()+": "+g.expr()+"}", g.expr()),
			pick(g, "", ", "+pick(g, `"a"`, `["a","b"]`, g.expr())))
	case 24:
		return "-" + g.expr()
	}
	return fmt.Sprintf("%s%s", g.lambda(), pick(g, "("+g.list(g.expr, 2)+")", ""))
}

func (g *generator) list(item func() string, most int) string {
	items := make([]string, g.rand.IntN(most+1))
	for i := range items {
		items[i] = item()
	}
	return strings.Join(items, ", ")
}

func (g *generator) key() string {
	return pick(g, `"x"`, `"y"`, `"2"`, `"1"`, "n", "$string("+g.name()+")", g.expr())
}

func (g *generator) leaf() string {
	switch g.rand.IntN(9) {
	case 0:
		return g.number()
	case 1, 2:
		return strconv.Quote(g.text())
	case 3:
		return pick(g, "true", "false", "null")
	case 4:
		return pick(g, "$", "$$", "$v", "$undefined")
	case 5:
		return pick(g, "*", "**", "%", "items", "b")
	}
	return g.name()
}

func (g *generator) path() string {
	var b strings.Builder
	b.WriteString(pick(g, g.name(), "$", "$$", "items", "b", "("+g.expr()+")", g.name(), "["+g.list(g.expr, 2)+"]"))
	b.WriteString(g.suffix())
	for range g.rand.IntN(4) {
		b.WriteString(".")
		b.WriteString(pick(g, g.name(), g.name(), g.name(), "*", "**", "%", "$", "("+g.expr()+")", "{"+g.key()+": "+g.expr()+"}", "["+g.list(g.expr, 2)+"]", g.call(), `"a"`))
		b.WriteString(g.suffix())
	}
	if g.rand.IntN(10) == 0 {
		b.WriteString("{" + g.key() + ": " + g.expr() + "}")
	}
	return b.String()
}

func (g *generator) suffix() string {
	s := g.oneSuffix()
	for range 2 {
		if s != "" && g.rand.IntN(3) == 0 {
			s += g.oneSuffix()
		}
	}
	return s
}

func (g *generator) oneSuffix() string {
	var b strings.Builder
	switch g.rand.IntN(24) {
	case 0:
		b.WriteString("[]")
	case 1:
		b.WriteString("[" + pick(g, "0", "1", "-1", "[0,1]", "[0..1]") + "]")
	case 2, 3:
		b.WriteString("[" + g.expr() + "]")
	case 4:
		b.WriteString("@$" + pick(g, "f", "v"))
	case 5:
		b.WriteString("#$" + pick(g, "i", "v"))
	case 6:
		b.WriteString("^(" + pick(g, "", "<", ">") + pick(g, "$", g.name(), g.expr()) + pick(g, "", ", >"+g.name()) + ")")
	case 7:
		b.WriteString("#$i[$i " + pick(g, "=", "<") + " 1]")
	}
	return b.String()
}

func (g *generator) lambda() string {
	params := pick(g, "", "$x", "$x, $y", "$x, $y, $z", "$v, $i")
	signature := pick(g, "", "", "", "", "<x:x>", "<n-:n>", "<s?:s>", "<a<n>:n>", "<a?a>", "<s-n?>", "<(sn)+>", "<xa<s>?>")
	body := pick(g, "$x", "$x + 1", "$x.a", "$x + $y", "$x = $y", "$string($x) & $y", g.expr(), g.expr())
	return "function(" + params + ")" + signature + "{ " + body + " }"
}

func (g *generator) higher() string {
	over := pick(g, g.expr(), g.name(), "[1,2,3]", "items", "b")
	f := pick(g, g.lambda(), g.lambda(), g.lambda(), "$string", "$boolean", "$sum", "$uppercase", "$append(?, 1)")
	switch g.rand.IntN(8) {
	case 0, 1:
		return "$map(" + over + ", " + f + ")"
	case 2:
		return "$filter(" + over + ", " + f + ")"
	case 3:
		return "$reduce(" + over + ", " + f + pick(g, "", ", "+g.expr()) + ")"
	case 4:
		return "$sort(" + over + pick(g, "", ", "+pick(g, "function($l, $r){ $l > $r }", "function($l, $r){ $l.a < $r.a }", f)) + ")"
	case 5:
		return "$single(" + over + ", " + f + ")"
	case 6:
		return "$each(" + pick(g, "$", over) + ", " + f + ")"
	}
	return "$sift(" + pick(g, "$", over) + ", " + f + ")"
}

func (g *generator) regex() string {
	return pick(g, "/a/", "/[a-c]+/", "/(b)|(c)/", "/x*/", "/\\d+/", "/^a/i", "/b$/m", "/(?<y>.)\\k<y>/", "/\\s/", "/./", "/(a)(?=b)/", "/[^a]/", "/l+/i", "/é|😀/")
}

func (g *generator) datePicture() string {
	return strconv.Quote(pick(g, "[Y0001]-[M01]-[D01]", "[D] [MNn] [Y]", "[M01]/[D01]/[Y0001]", "[H01]:[m01]:[s01].[f001]", "[h]:[m01] [P]", "[Y]-[M]-[D] [H]:[m]",
		"[FNn], [D1o] [MNn,*-3]", "[X]-W[W01]-[F1]", "[dwo] day", "[Y,2-2] [z] [Z0100]", "[[[Y]]]", "[YI] [Dw] [M A]", "[q]", "[Y"))
}

func (g *generator) call() string {
	e, n := g.expr, g.name
	s := func() string { return pick(g, strconv.Quote(g.text()), strconv.Quote(g.text()), n(), e()) }
	num := func() string { return pick(g, g.number(), g.number(), n(), e()) }
	switch g.rand.IntN(34) {
	case 0:
		return "$sum(" + pick(g, e(), n(), "[1,2,3]") + ")"
	case 1:
		return pick(g, "$count", "$max", "$min", "$average", "$reverse", "$distinct", "$exists", "$boolean", "$not", "$type", "$keys", "$spread", "$merge", "$string", "$number") + "(" + pick(g, e(), n(), "", "[3,1,2]") + ")"
	case 2, 3:
		return pick(g, "$abs", "$floor", "$ceil", "$round", "$sqrt", "$string", "$number", "$boolean", "$not") + "(" + num() + ")"
	case 4:
		return "$round(" + num() + ", " + pick(g, "1", "2", "-1", "0", num()) + ")"
	case 5:
		return "$power(" + num() + ", " + pick(g, "2", "1", "-1", "0.5", "0.1", "7", num()) + ")"
	case 6, 7:
		return pick(g, "$uppercase", "$lowercase", "$length", "$trim", "$base64encode", "$base64decode", "$encodeUrl", "$encodeUrlComponent", "$decodeUrl") + "(" + pick(g, s(), s(), "") + ")"
	case 8, 9:
		return "$substring(" + s() + ", " + num() + pick(g, "", ", "+num()) + ")"
	case 10:
		return pick(g, "$substringBefore", "$substringAfter") + "(" + s() + ", " + s() + ")"
	case 11:
		return "$pad(" + s() + ", " + pick(g, "5", "-5", "8", "3") + pick(g, "", ", "+s()) + ")"
	case 12, 13:
		return "$split(" + s() + ", " + pick(g, s(), g.regex()) + pick(g, "", ", 1", ", 2") + ")"
	case 14:
		return "$join(" + pick(g, `["a","b"]`, e(), "tags") + pick(g, "", ", "+s()) + ")"
	case 15, 16:
		return "$match(" + s() + ", " + g.regex() + pick(g, "", ", 1") + ")"
	case 17:
		return "$contains(" + s() + ", " + pick(g, s(), g.regex()) + ")"
	case 18, 19:
		return "$replace(" + s() + ", " + pick(g, s(), g.regex(), g.regex()) + ", " + pick(g, strconv.Quote(pick(g, "", "$1", "[$0]", "$$", "z", "$2$1")), s()) + pick(g, "", ", 1") + ")"
	case 20:
		return "$append(" + e() + ", " + e() + ")"
	case 21:
		return "$zip(" + g.list(e, 3) + ")"
	case 22:
		return "$lookup(" + e() + ", " + s() + ")"
	case 23:
		return "$formatNumber(" + num() + ", " + strconv.Quote(pick(g, "#,##0.00", "0", "#.##", "00.0%", "0.0e0")) + ")"
	case 24:
		return "$formatBase(" + num() + pick(g, "", ", 2", ", 16") + ")"
	case 25:
		return "$eval(" + pick(g, strconv.Quote(g.name()+" + 1"), strconv.Quote(g.leaf()), s()) + pick(g, "", ", "+e()) + ")"
	case 26:
		return "$clone(" + pick(g, "$", n(), e()) + ")"
	case 27:
		return pick(g, "$error", "$assert") + "(" + g.list(e, 2) + ")"
	case 28:
		return "$formatInteger(" + num() + ", " + strconv.Quote(pick(g, "w", "I", "a", "#,##0", "000;o", "Ww")) + ")"
	case 29:
		return "$fromMillis(" + pick(g, "0", "1510067557121", "-1", num()) + pick(g, "", ", "+g.datePicture(), ", "+g.datePicture()+`, "+0530"`, ", "+g.datePicture()+`, "-0100"`) + ")"
	case 30:
		return "$toMillis(" + pick(g, `"2017-11-07T15:12:37.121Z"`, `"2017-11-07"`, `"7 November 2017"`, `"07/11/2017"`, `"1999-12-31 23:59"`, s()) + pick(g, "", ", "+g.datePicture()) + ")"
	case 31:
		return "$parseInteger(" + pick(g, `"twelve"`, `"MCMXCIX"`, `"12,345"`, `"ab"`, `"007"`, s()) + ", " + strconv.Quote(pick(g, "w", "I", "a", "#,##0", "000", "A")) + ")"
	case 32:
		name := pick(g, "sum", "count", "string", "join", "split", "round", "power", "pad", "contains", "replace", "lookup", "append", "uppercase", "length", "keys", "map", "filter", "zip", "number", "max", "boolean", "type")
		return "$" + name + "(" + g.list(func() string { return pick(g, "?", "?", n(), s(), num(), g.expr()) }, 3) + ")" + pick(g, "", "("+g.list(e, 2)+")")
	}
	return pick(g, "$append", "$substring", "$nothing", "sum", "$f") + "(" + g.list(func() string { return pick(g, "?", g.expr()) }, 3) + ")"
}
