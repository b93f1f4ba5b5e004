package picture_test

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl/jsonata/picture"
)

func ExampleFormatNumber() {
	text, err := picture.FormatNumber(-1234.5, "#,##0.00;(#,##0.00)", nil)
	fmt.Println(text, err)
	text, err = picture.FormatNumber(1234.5, "#.##0,00 €", map[string]string{"decimal-separator": ",", "grouping-separator": "."})
	fmt.Println(text, err)
	// Output:
	// (1,234.50) <nil>
	// 1.234,50 € <nil>
}

func ExampleFromMillis() {
	text, err := picture.FromMillis(1709210096789, "[FNn], [D1o] [MNn] [Y], [H01]:[m01] [z]", "+0900")
	fmt.Println(text, err)
	// Output:
	// Thursday, 29th February 2024, 21:34 GMT+09:00 <nil>
}

func ExampleToMillis() {
	millis, ok, err := picture.ToMillis("29th February 2024", "[D1o] [MNn] [Y]")
	fmt.Printf("%.0f %v %v\n", millis, ok, err)
	// Output:
	// 1709164800000 true <nil>
}
