// Package picture has the functions of JSONata that work with pictures: $formatNumber, $formatInteger, $parseInteger, $fromMillis and
// $toMillis, and $formatBase beside them.
//
// A picture is a text that describes a layout, such as "#,##0.00" for a number, "Ww;o" for an integer in words, or
// "[D1o] [MNn] [Y0001]" for a date. Pictures come from XPath and XQuery Functions and Operators 3.1 (sections 4.6.1, 4.7.2 to 4.7.5
// and 9.8.4). This package follows JSONata 2.0.6, which differs from that specification in many small points; where it does,
// JSONata wins, and a comment says so when it surprises. Numbers are float64 and behave as JavaScript's do.
//
// The package differs from JSONata 2.0.6 on purpose where that one hangs, runs out of stack or fails with a JavaScript error:
//
//   - An exponent picture such as "0.0e0" formats zero and negative numbers as XPath says; JSONata loops for ever.
//   - FormatNumber writes NaN and infinity as XPath says.
//   - Failures that are plain JavaScript errors there have no code here, except that a number picture without any digit is D3085.
//   - MaxPicture, MaxWidth, MaxTimestamp and MaxRoman bound time and output.
//   - A timestamp that only V8's own Date.parse understands, such as "2018.5", is NaN, and the years 1 to 99 are read as they are.
//   - ToMillis takes a character between the digits of a time zone, such as the dot of [Z00.00], as it stands, not as part of a
//     regular expression.
package picture

// Limits that JSONata 2.0.6 does not have; real pictures are far below them.
const (
	// MaxPicture is the greatest length of a picture, in characters.
	MaxPicture = 4096
	// MaxWidth is the greatest width in a date picture, such as the 4 of [Y,4].
	MaxWidth = 1000
	// MaxTimestamp is the greatest length of a text that ToMillis reads, in characters.
	MaxTimestamp = 1000
	// MaxRoman is the greatest integer that is written in Roman numerals: every thousand is one more M.
	MaxRoman = 10_000_000
)
