package jsonpath

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

// decimal is a number as ±0.digits × 10^exponent, without zeros at either end of the digits.
type decimal struct {
	negative bool
	digits   string // empty for zero
	exponent int
}

// maxExponent stands for every exponent that is larger; numbers so far from 1 need not be told apart.
const maxExponent = 1 << 40

func parseDecimal(n value.Number) decimal {
	text := string(n)
	var d decimal
	if strings.HasPrefix(text, "-") {
		d.negative, text = true, text[1:]
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		if err != nil {
			exponent = maxExponent
			if strings.HasPrefix(text[i+1:], "-") {
				exponent = -maxExponent
			}
		}
		d.exponent = max(-maxExponent, min(maxExponent, exponent))
		text = text[:i]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	d.exponent += len(whole) - (len(whole) + len(fraction) - len(digits))
	d.digits = strings.TrimRight(digits, "0")
	if d.digits == "" {
		return decimal{}
	}
	return d
}

// compareNumbers compares by value, however long the numbers are: negative, 0 or positive.
func compareNumbers(a, b value.Number) int {
	if i, err := strconv.ParseInt(string(a), 10, 64); err == nil {
		if j, err := strconv.ParseInt(string(b), 10, 64); err == nil {
			return cmp.Compare(i, j)
		}
	}
	x, y := parseDecimal(a), parseDecimal(b)
	if sx, sy := x.sign(), y.sign(); sx != sy || sx == 0 {
		return cmp.Compare(sx, sy)
	}
	order := cmp.Compare(x.exponent, y.exponent)
	if order == 0 {
		order = strings.Compare(x.digits, y.digits)
	}
	return order * x.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// decimalText is the text that Jayway compares a number by: that of a BigDecimal made from the number as the filter has it
// (literal), or as Java prints it.
func decimalText(n value.Number, literal bool) string {
	if literal {
		return bigDecimal(string(n))
	}
	return bigDecimal(javalang.NumberText(n))
}

// bigDecimal is java.math.BigDecimal's toString of the number that a text stands for: 1e3 is 1E+3, 1.50 stays 1.50.
func bigDecimal(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(text[i+1:]); err != nil {
			return sign + text
		}
		mantissa = text[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		digits, sign = "0", ""
	}
	scale := len(fraction) - exponent
	adjusted := len(digits) - 1 - scale
	if scale >= 0 && adjusted >= -6 {
		if missing := scale + 1 - len(digits); missing > 0 {
			digits = strings.Repeat("0", missing) + digits
		}
		if scale == 0 {
			return sign + digits
		}
		at := len(digits) - scale
		return sign + digits[:at] + "." + digits[at:]
	}
	if len(digits) > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	return fmt.Sprintf("%s%sE%+d", sign, digits, adjusted)
}
