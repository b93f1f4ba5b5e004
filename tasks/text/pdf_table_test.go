package text

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// textAt places a text on a page, in points.
func textAt(x, y float64, text string) string {
	return fmt.Sprintf("BT /F1 12 Tf 1 0 0 1 %g %g Tm (%s) Tj ET\n", x, y, text)
}

// rowAt places texts beside one another, 120 points apart.
func rowAt(y float64, texts ...string) string {
	var out strings.Builder
	for i, text := range texts {
		if text != "" {
			out.WriteString(textAt(72+120*float64(i), y, text))
		}
	}
	return out.String()
}

func TestPDFTables(t *testing.T) {
	tests := []struct {
		name    string
		content string
		want    string
	}{
		{
			"rows and a paragraph",
			textAt(72, 740, "Something is said before the table comes.") + rowAt(700, "Name", "Sum", "Change") + rowAt(680, "North", "12", "+3") + rowAt(660, "South", "9", "-1") + textAt(72, 620, "And something after it has gone."),
			"Something is said before the table comes.\n\nName\tSum\tChange\nNorth\t12\t+3\nSouth\t9\t-1\n\nAnd something after it has gone.",
		},
		{"hole", rowAt(700, "Name", "Sum", "Change") + rowAt(680, "North", "", "+3") + rowAt(660, "South", "9", "-1"), "Name\tSum\tChange\nNorth\t\t+3\nSouth\t9\t-1"},
		{"one row is none", rowAt(700, "Name", "Sum"), "Name Sum"},
		{"list with far marks", textAt(72, 700, "1.") + textAt(110, 700, "First item") + textAt(72, 684, "2.") + textAt(110, 684, "Second item"), "1. First item\n2. Second item"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), pdfOf(t, pdfPage{content: test.content}), "a.pdf", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, doc.Text()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPDFHeadingsAndParagraphs(t *testing.T) {
	content := "BT /F1 24 Tf 1 0 0 1 72 740 Tm (A title of) Tj ET\nBT /F1 24 Tf 1 0 0 1 72 712 Tm (two lines) Tj ET\n" +
		textAt(72, 660, "The first paragraph has more than") + textAt(72, 646, "one line of text and then") + textAt(72, 632, "a third one to end with.") +
		textAt(72, 600, "The second stands below it.") + textAt(72, 586, "It has two.") +
		"BT /F1 15 Tf 1 0 0 1 72 550 Tm (A smaller heading) Tj ET\n" + textAt(72, 520, "The end.")
	doc, err := Extract(t.Context(), pdfOf(t, pdfPage{content: content}), "a.pdf", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "# A title of two lines\n\nThe first paragraph has more than\none line of text and then\na third one to end with.\n\n" +
		"The second stands below it.\nIt has two.\n\n### A smaller heading\n\nThe end.\n"
	if diff := cmp.Diff(want, doc.Markdown()); diff != "" {
		t.Errorf("Markdown (-want +got):\n%s", diff)
	}
}
