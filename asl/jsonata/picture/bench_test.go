package picture

import "testing"

func BenchmarkFormatNumber(b *testing.B) {
	for _, picture := range []string{"#,##0.00", "0.00e0", "01%;(01%)"} {
		b.Run(picture, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := FormatNumber(-1234567.891, picture, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFormatInteger(b *testing.B) {
	for _, picture := range []string{"#,##0", "1;o", "Ww;o", "I"} {
		b.Run(picture, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := FormatInteger(12345, picture); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseInteger(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseInteger("twelve thousand, three hundred and forty-fifth", "w;o"); err != nil {
			b.Fatal(err)
		}
	}
}

const datePictureInWords = "[FNn], [Dwo] [MNn] [YWw], [h]:[m01]:[s01].[f1] [PN] [z0000]"

func BenchmarkFromMillis(b *testing.B) {
	for name, picture := range map[string]string{"ISO": "", "words": datePictureInWords} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := FromMillis(leapDay, picture, "+0530"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkToMillis(b *testing.B) {
	for name, picture := range map[string]string{"ISO": "", "digits": "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]", "words": datePictureInWords} {
		text, err := FromMillis(leapDay, picture, "+0530")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok, err := ToMillisAt(text, picture, leapDay); err != nil || !ok {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
