package jsonpath

import (
	"cmp"
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

// decimalText is the text that Jayway compares a number by: BigDecimal.toString of the number as Java prints it.
func decimalText(n value.Number) string {
	text := javalang.NumberText(n)
	mantissa, exponentText, found := strings.Cut(text, "E")
	if !found {
		return text
	}
	exponent, err := strconv.Atoi(exponentText)
	if err != nil {
		return text
	}
	// A double's text with an exponent has one digit before the point, so that the exponent is also BigDecimal's.
	_, fraction, _ := strings.Cut(mantissa, ".")
	if exponent <= len(fraction) && exponent >= -6 {
		return plainDecimal(mantissa, exponent)
	}
	if exponent < 0 {
		return mantissa + "E" + exponentText
	}
	return mantissa + "E+" + exponentText
}

// plainDecimal moves the point of mantissa, which has one digit before it, by exponent.
func plainDecimal(mantissa string, exponent int) string {
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	at := len(whole) + exponent
	switch {
	case at <= 0:
		return sign + "0." + strings.Repeat("0", -at) + digits
	case at == len(digits):
		return sign + digits
	}
	return sign + digits[:at] + "." + digits[at:]
}
