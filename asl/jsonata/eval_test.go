package jsonata

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

const order = `{
  "id": "o-1",
  "total": 12.50,
  "customer": {"name": "Ada", "tags": ["new", "vip"], "address": {"city": "Oslo", "zip": "0150"}},
  "lines": [
    {"sku": "b", "price": 2.5, "qty": 4, "parts": [{"n": "x"}, {"n": "y"}]},
    {"sku": "a", "price": 10, "qty": 1},
    {"sku": "c", "price": 1, "qty": 7, "parts": [{"n": "z"}]}
  ],
  "empty": [],
  "nothing": null,
  "nested": [[1, 2], [3]]
}`

// evalText gives the JSON text of a result, "undefined", or the error's code.
func evalText(t *testing.T, expr, input string) string {
	t.Helper()
	x, err := Compile(expr, WithClock(func() time.Time { return time.UnixMilli(1510067557121) }), WithRandom(func() float64 { return 0.25 }))
	var v value.Value
	if err == nil {
		v, err = x.Eval(context.Background(), value.MustParse(input), map[string]value.Value{"bound": value.MustParse(`{"k":[1]}`)})
	}
	var failure *Error
	switch {
	case errors.As(err, &failure):
		return failure.Code
	case v == nil:
		return "undefined"
	}
	return value.Text(v)
}

func TestEval(t *testing.T) {
	for _, group := range []struct {
		name  string
		cases [][2]string
	}{
		{"paths", [][2]string{
			{`id`, `"o-1"`},
			{`total`, `12.50`}, // untouched numbers keep their text
			{`total + 0`, `12.5`},
			{`customer.address`, `{"city": "Oslo", "zip": "0150"}`}, // and objects their blanks
			{`customer.missing.city`, `undefined`},
			{`lines.sku`, `["b","a","c"]`},
			{`lines.parts.n`, `["x","y","z"]`},
			{`lines[0].parts`, `[{"n": "x"}, {"n": "y"}]`},
			{`lines.parts[0].n`, `["x","z"]`},
			{`(lines.parts)[0].n`, `"x"`},
			{`lines[-1].sku`, `"c"`},
			{`lines[price > 2].sku`, `["b","a"]`},
			{`lines[price > 5].sku`, `"a"`},
			{`lines[price > 5].sku[]`, `["a"]`},
			{`lines[price > 50]`, `undefined`},
			{`lines[[0,2]].sku`, `["b","c"]`},
			{`nested`, `[[1, 2], [3]]`},
			{`nested.$`, `[1,2,3]`},
			{`nested[0]`, `[1, 2]`},
			{`nested[0][1]`, `2`},
			{`customer.*`, `["Ada","new","vip",{"city": "Oslo", "zip": "0150"}]`},
			{`customer.address.*`, `["Oslo","0150"]`},
			{`**.city`, `"Oslo"`},
			{`customer."name"`, `"Ada"`},
			{"customer.`name`", `"Ada"`},
			{`empty`, `[]`},
			{`empty.a`, `undefined`},
			{`nothing`, `null`},
			{`nothing.a`, `undefined`},
			{`$`, order},
			{`$$.id`, `"o-1"`},
			{`lines.($.sku & $$.id)`, `["bo-1","ao-1","co-1"]`},
			{`lines.[sku, qty]`, `[["b",4],["a",1],["c",7]]`},
			{`lines.{"s": sku}`, `[{"s":"b"},{"s":"a"},{"s":"c"}]`},
			{`and`, `undefined`},
			{`([1]; 2).a`, `undefined`},
			{`([1]; 2)^(a)`, `2`},
			{`([1]; 2).a^(b).c`, `undefined`},
			{`["abc"][0].$`, `["a","b","c"]`}, // a string that a predicate leaves is a list of its code units
			{`["a😀"][[0]].$.$length()`, `[1,1,1]`},
			{`[""][[0]].a.$sum("b")`, `""`},
			{`[{"a": 1}][0].a`, `undefined`},
			{`[*].$type($)`, `["object","boolean"]`}, // the context of an array constructor at the start is a sequence, which says so in a member
		}},
		{"bindings", [][2]string{
			{`$bound.k`, `[1]`},
			{`$bound.k[0]`, `1`},
			{`$unbound`, `undefined`},
			{`($x := 1; $x + 1)`, `2`},
			{`($x := 1; ($x := 2); $x)`, `1`},
			{`lines@$l.{"s": $l.sku, "of": id}`, `[{"s":"b","of":"o-1"},{"s":"a","of":"o-1"},{"s":"c","of":"o-1"}]`},
			{`lines#$i[$i > 0].sku`, `["a","c"]`},
			{`lines#$i.{"i": $i}`, `[{"i":0},{"i":1},{"i":2}]`},
			{`lines.parts.{"n": n, "of": %.sku}`, `[{"n":"x","of":"b"},{"n":"y","of":"b"},{"n":"z","of":"c"}]`},
			{`lines.parts.n.%.%.sku`, `["b","b","c"]`},
			{`lines[sku="c"].parts.%.%.id`, `"o-1"`},
			{`[1, 2]#$i`, `[1,2]`},
			{`[1, 2]#$i{"all": $}`, `{"all":[1,2]}`},
			{`[lines][-1].sku#$i`, CodeFunction},
			{`[null][0].a`, CodeFunction},
			{`["ba"][0]^($).$`, `["b","a"]`},
			{`[lines][-1]^(sku).sku`, `undefined`},
			{`[null][0].a#$i`, CodeFunction},
			{`["a"][-1].sku#$i`, CodeFunction},
			{`lines@$l[$l.qty > 50]{sku: 1}`, CodeFunction}, // of nothing there is no first one
			{`[3, 4]#$i.[$i, $]`, `[3,4]`},                  // bound too late
			{`[1]@$x.id`, `"o-1"`},
			{`[1]@$.id`, `"o-1"`}, // the focus has the name ""
		}},
		{"grouping and order", [][2]string{
			{`lines{sku: qty}`, `{"b":4,"a":1,"c":7}`},
			{`lines{"all": qty}`, `{"all":[4,1,7]}`},
			{`lines{sku: qty, "x" & sku: price}`, `{"b":4,"xb":2.5,"a":1,"xa":10,"c":7,"xc":1}`},
			{`lines^(sku).sku`, `["a","b","c"]`},
			{`lines^(>price).sku`, `["a","b","c"]`},
			{`lines^(parts.n, >sku).sku`, `T2008`},
			{`lines^(nothing, >sku).sku`, `["c","b","a"]`},
			{`lines#$i^(sku).{"s": sku, "i": $i}`, `[{"s":"a","i":1},{"s":"b","i":0},{"s":"c","i":2}]`},
			{`lines.sku#$i^($){"all": $}`, `{"all":[{"@":"a","i":0},{"@":"b","i":0},{"@":"c","i":0}]}`}, // so does the original
			{`lines.sku#$i^($)[` + "`@`" + ` = "b"]`, `"b"`},
			{`lines[0].sku#$i^($){"all": $}`, `{"all":"b"}`}, // nothing to order
			{`{"a": missing, "b": 1}`, `{"b":1}`},
			{`{"b": 1, "1": 2, "0": 3}`, `{"0":3,"1":2,"b":1}`},
			{`[missing, 1, [2, [3]]]`, `[1,[2,[3]]]`},
			{`[lines.qty, 1]`, `[4,1,7,1]`},
		}},
		{"operators", [][2]string{
			{`1 + 2 * 3 - 4 / 2 % 3`, `5`},
			{`-(-5)`, `5`},
			{`5 % -3`, `2`},
			{`1 / 0`, `null`},
			{`0.1 + 0.2`, `0.30000000000000004`},
			{`1e21 & ""`, `"1e+21"`},
			{`"a" & 1 & true & null & [1] & missing`, `"a1truenull[1]"`},
			{`1 = 1.0 and "1" != 1`, `true`},
			{`[1,{"a":2}] = [1,{"a":2}]`, `true`},
			{`missing = missing`, `false`},
			{`"b" > "a" and 2 >= 2 and 1 < 2 and 1 <= 1`, `true`},
			{`1 < missing`, `undefined`},
			{`"vip" in customer.tags`, `true`},
			{`"vip" in "vip"`, `true`},
			{`1 in [[1]]`, `false`},
			{`true and false or true`, `true`},
			{`missing or empty`, `false`},
			{`id ? "yes" : "no"`, `"yes"`},
			{`missing ? 1`, `undefined`},
			{`[1..3, 7]`, `[1,2,3,7]`},
			{`"` + "\uff5e" + `" > "😀"`, `true`}, // by UTF-16 code units
			{`/* note */ 1`, `1`},
		}},
		{"functions", [][2]string{
			{`(function($x, $y){ $x + $y })(1, 2)`, `3`},
			{`($add := function($x, $y){ $x + $y }; $inc := $add(1, ?); $inc(4))`, `5`},
			{`($f := $substring(?, 1); $f("abc"))`, `"bc"`},
			{`($f := function($n){ $n <= 1 ? 1 : $n * $f($n - 1) }; $f(10))`, `3628800`},
			{`($f := function($n, $a){ $n = 0 ? $a : $f($n - 1, $a + $n) }; $f(20000, 0))`, `200010000`}, // no depth in tail position
			{`"abc" ~> $uppercase ~> $substring(1)`, `"BC"`},
			{`($f := $trim ~> $uppercase; $f(" x "))`, `"X"`},
			{`(function($x)<n:n>{ $x })("a")`, `T0410`},
			{`(function($x, $y)<a?a>{ [$x, $y] })(0)`, `[0,null]`}, // the array of the argument that the shift leaves missing
			{`(function($x, $y)<n+>{ [$x, $y] })(1, 2)`, `[1,1]`},
			{`(function($x, $y)<a<n>+>{ [$x, $y] })(1, 2)`, `T0412`},
			{`(function($x, $y)<s-?s>{ [$x, $y] })("a", "b")`, `["a","b"]`}, // ?? is lazy in a regular expression
			{`function($x)<s?+>{ 1 }`, CodeRegex},
			{`(function($x, $y)<a<n>+>{ [$x, $y] })([1], [2])`, `[1,2]`},
			{`λ($x){ $x }(3)`, `3`},
			{`($x := 5; $f := function(){ $x }; ($x := 6; $f()))`, `5`},
			{`customer ~> |address|{"zip": "1"}, "city"|`, `{"name":"Ada","tags":["new","vip"],"address":{"zip":"1"}}`},
			{`customer ~> |$|{}, ["name", "tags", "address"]|`, `{}`},
			{`{"a": [[1, 2, 3]]} ~> |a|{"0": 9, "4": 8, "x": 7}, "1"|`, `{"a":[[9,null,3,null,8]]}`}, // items are members
			{`{"a": [[1]]} ~> |a|(function($m){ {"0": $m} })($)|`, CodeFunction},
			{`($ ~> |$$|{"id": 1}|).id`, `"o-1"`}, // the input does not change
			{`(function($x)<-n?>{ $x })()`, order},
			{`{"a": {"b": 1}} ~> |**|{"c": 2}|`, CodeFunction}, // ** finds the number, too
			{`{"a": {"b": 1}} ~> |**|{}, "b"|`, `{"a":{}}`},
			{`($f := function($x, $y)<n?n?n?s>{ $y }; $f(1, 2, "a"))`, `2`},
			{`$eval("qty", lines[0])`, `4`},
			{`$map(lines, function($l, $i, $all){ $l.qty + $i + $count($all) })`, `[7,5,12]`},
			{`$filter(lines, function($l){ $l.qty > 3 }).sku`, `["b","c"]`},
			{`$reduce([1,2,3], function($a, $b){ $a + $b }, 10)`, `16`},
			{`$single(lines, function($l){ $l.sku = "a" }).qty`, `1`},
			{`$single([1, 2])`, `D3138`},
			{`$each(customer.address, function($v, $k){ $k & $v })`, `["cityOslo","zip0150"]`},
			{`$sift(customer, function($v, $k){ $k = "name" })`, `{"name":"Ada"}`},
			{`$sort(lines, function($a, $b){ $a.qty > $b.qty }).qty`, `[1,4,7]`},
			{`$sort([3, 1, 2])`, `[1,2,3]`},
			{`$sum`, CodeResultType},
			// What is no argument of an ordinary call, the original can hand on only when the expression defines it.
			{`(function($a){ $map($a, $string) })([1])`, CodeFunction},
			{`(function($a){ [$map($a, $string)] })([1])`, `["1"]`},
			{`(function($a){ $map($a, function($x){ $string($x) }) })([1])`, `"1"`},
			{`(function($a){ $map($a, $trim ~> $uppercase) })(["a"])`, `"A"`},
			{`(function($a){ $sort($a, function($l, $r){ $l > $r }) })([2, 1])`, CodeFunction},
			{`$map(?, $string)([1])`, CodeFunction},
			{`(function($a){ $map($a, $append(?, 1)) })([1])`, CodeFunction},
		}},
		{"strings", [][2]string{
			{`$string({"a": [1.0, 0.1 + 0.2, $sum]})`, `"{\"a\":[1,0.3,\"\"]}"`},
			{`$string([1], true)`, `"[\n  1\n]"`},
			{`$string(12345678901234567)`, `"12345678901234600"`},
			{`$length("a😀")`, `2`},
			{`($a := $pad("x", 3000, "x"); $b := $a & "1"; $c := $a & "2"; $d := $b & "3"; [$a, $b, $c, $d].$substring($, -3))`, `["xxx","xx1","xx2","x13"]`},
			{`$length($reduce([1..40000], function($a, $i){ $a & "row " & $i & "\n" }, ""))`, `388894`},
			{`$substring(?, 1)("abc")`, `"bc"`},
			{`$substring(?, 1)([1, 2])`, `T0410`}, // in which the original finds a text
			{`$join(?, "-")("a")`, `T0410`},       // no array is made of it
			{`$zip(?)([1, 2])`, `[[1],[2]]`},
			{`$map(?)([1])`, `T1006`},
			{`/t O/({}).match`, `"t O"`}, // JavaScript's text of an object
			{`/,,2/([1, [null, 2]]).start`, `1`},
			{`$contains("abc", missing)`, CodeFunction}, // the original runs into an error of JavaScript
			{`$split("abc", missing)`, CodeFunction},
			{`$replace("abc", missing, "x")`, CodeFunction},
			{`$substringBefore("an undefined one", missing)`, `"an "`},
			{`$replace("a", "a", function($m){ "b" })`, `D3012`},
			{`$split("a,b", ",", 0)`, `[]`},
			{`$split("a😀", "")[0]`, `"a"`},
			{`$count($split("a😀", ""))`, `3`},
			{`$string(?)`, `S0208`}, // as in the original, which trips over the default value of a parameter
			{`$substring("hello", -3, 2)`, `"ll"`},
			{`$substring("a😀b", 1, 1)`, `"😀"`},
			{`$substringBefore("a-b", "-") & $substringAfter("a-b", "-")`, `"ab"`},
			{`$pad("5", -3, "0") & $pad("a", 3) & "|"`, `"005a  |"`},
			{`$trim("  a \n b ")`, `"a b"`},
			{`$split("a1b22c", /\d+/)`, `["a","b","c"]`},
			{`$split("a,b,c", ",", 2)`, `["a","b"]`},
			{`$join(["a", "b"], "-")`, `"a-b"`},
			{`$contains("abc", /B/i)`, `true`},
			{`$contains("abc", function($s){ nothing.missing })`, `false`},
			{`$contains("abc", function($s){ "" })`, `true`}, // anything but undefined is a match
			{`$contains("abc", function($s){ {"start": 1} })`, `true`},
			{`$contains("abc", function($s){ {"end": 1} })`, `T1010`}, // the original forgets to look at the type of end
			{`$match("a1b22", /([a-z])(\d+)/)`, `[{"match":"a1","index":0,"groups":["a","1"]},{"match":"b22","index":2,"groups":["b","22"]}]`},
			{`$match("😀x", /x/).index`, `2`},
			{`$match("aa", /(?<q>a)\k<q>/).groups`, `["a"]`},
			{`$match("foobar", /foo(?=bar)/).match`, `"foo"`},
			{`$match("a\nb", /^b$/m).index`, `2`},
			{`$match("a\n", /a$/)`, `undefined`},
			{`$replace("John Smith", /(\w+)\s(\w+)/, "$2, $1")`, `"Smith, John"`},
			{`$replace("aaa", "a", "b", 2)`, `"bba"`},
			{`$replace("ab", /[ab]/, function($m){ $uppercase($m.match) })`, `"AB"`},
			{`$base64encode("hello") & $base64decode("aGk=")`, `"aGVsbG8=hi"`},
			{`$base64decode("aGk日") & $base64decode("日aGk")`, `"hihi"`},
			{`$base64decode("aG😀k")`, `"h"`}, // of its units one looks like =
			{`$encodeUrlComponent("a b/é") & $encodeUrl("a b/é")`, `"a%20b%2F%C3%A9a%20b/%C3%A9"`},
			{`$decodeUrlComponent("%C3%A9%2F") & $decodeUrl("%2F")`, `"é/%2F"`},
			{`$uppercase("straße")`, `"STRASSE"`},
			{`$lowercase("ÀB")`, `"àb"`},
			{`lines.sku.$length()`, `[1,1,1]`},
		}},
		{"numbers", [][2]string{
			{`[2.5, 3.5, -2.5, 1.255, 125].$round()`, `[2,4,-2,1,125]`},
			{`$round(1.255, 2) & $round(125, -1)`, `"1.26120"`},
			{`$number("0x1F") + $number("1e2") + $number(true)`, `132`},
			{`$sum(lines.(price * qty))`, `27`},
			{`[$max([1, 3, 2]), $min([1, 3, 2]), $average([1, 2])]`, `[3,1,1.5]`},
			{`[$abs(-1), $floor(1.5), $ceil(1.2), $sqrt(4), $power(2, 3)]`, `[1,1,2,2,8]`},
			{`$formatNumber(12345.6, "#,###.00") & $formatBase(255, 16)`, `"12,345.60ff"`},
			{`$formatInteger(1999, "I") & $formatInteger(12, "w")`, `"MCMXCIXtwelve"`},
			{`$parseInteger("twelve", "w")`, `12`},
			{`$boolean([0, 0]) or $boolean({}) or $boolean("") or $boolean(null)`, `false`},
			{`$not(0)`, `true`},
			{`$random()`, `0.25`},
		}},
		{"arrays and objects", [][2]string{
			{`$append([1], [2, 3])`, `[1,2,3]`},
			{`$reverse([1, 2])`, `[2,1]`},
			{`$distinct([1, "1", 1.0, {"a": 1}, {"a": 1}])`, `[1,"1",{"a":1}]`},
			{`$zip([1, 2], ["a", "b", "c"])`, `[[1,"a"],[2,"b"]]`},
			{`$keys(lines)`, `["sku","price","qty","parts"]`},
			{`$lookup(lines, "qty")`, `[4,1,7]`},
			{`$spread({"a": 1, "b": 2})`, `[{"a":1},{"b":2}]`},
			{`$merge([{"a": 1}, {"b": 2, "a": 3}])`, `{"a":3,"b":2}`},
			{`[$type(1), $type("a"), $type(null), $type([]), $type({}), $type($sum), $type(true)]`, `["number","string","null","array","object","function","boolean"]`},
			{`$type(missing)`, `undefined`},
			{`$type(0/0)`, `"object"`},
			{`$type(1/0)`, `D1001`},
			{`$count(lines) + $count(missing) + $count("a")`, `4`},
			{`$exists(missing)`, `false`},
			{`$shuffle([1, 2, 3, 4])`, `[3,4,2,1]`},
			{`$clone({"a": [0.12345678901234567]})`, `{"a":[0.123456789012346]}`},
			{`$clone([0/0])[0] = null`, `true`},
			{`$clone([1/0])`, `D1001`},
		}},
		{"dates", [][2]string{
			{`$now()`, `"2017-11-07T15:12:37.121Z"`},
			{`$millis()`, `1510067557121`},
			{`$fromMillis(0)`, `"1970-01-01T00:00:00.000Z"`},
			{`$fromMillis(1510067557121, "[D] [MNn] [Y]", "+0100")`, `"7 November 2017"`},
			{`$toMillis("2017-11-07T15:12:37.121Z")`, `1510067557121`},
			{`$toMillis("07/11/2017", "[D01]/[M01]/[Y0001]")`, `1510012800000`},
			{`$fromMillis(0, "") & $now("")`, `""`}, // a picture of nothing
			{`$toMillis("2017-11-07", "")`, `undefined`},
			{`$fromMillis(0, "[Y]", "")`, `"NaN"`}, // a time zone that is no number
		}},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, tc := range group.cases {
				if got := evalText(t, tc[0], order); got != tc[1] {
					t.Errorf("%s\n gives %s\n want  %s", tc[0], got, tc[1])
				}
			}
		})
	}
}

func TestArrayInput(t *testing.T) {
	for expr, want := range map[string]string{
		`$`: `[{"a": 1}, {"a": 2}]`, `a`: `[1,2]`, `$[0].a`: `1`, `$count($)`: `2`, `[0]`: `[0]`, `$$[1]`: `{"a": 2}`, `*.a`: `[1,2]`,
	} {
		if got := evalText(t, expr, `[{"a": 1}, {"a": 2}]`); got != want {
			t.Errorf("%s gives %s, want %s", expr, got, want)
		}
	}
}

func TestExpressionsAreShared(t *testing.T) {
	x, err := Compile(`($f := function($x){ $x.qty * 2 }; $sum($map(lines, $f))) & $replace(id, /(o)/, "[$1]") & $string(lines^(sku).sku)`)
	if err != nil {
		t.Fatal(err)
	}
	input := value.MustParse(order)
	var wait sync.WaitGroup
	for range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for range 50 {
				v, err := x.Eval(context.Background(), input, nil)
				if err != nil || v != value.String(`24[o]-1["a","b","c"]`) {
					t.Errorf("got %v, %v", v, err)
					return
				}
			}
		}()
	}
	wait.Wait()
}
