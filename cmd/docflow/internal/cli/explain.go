package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl/check"
	"github.com/spf13/cobra"
)

func newExplain(s *streams) *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "explain [CODE…]",
		Short: "Say what a finding of docflow check means",
		Long: `Say what a code of docflow check means: why it is wrong, an example, what is reported for it, and the example put right.
Without a code, list all codes.`,
		Example: `  docflow explain
  docflow explain missing-target`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("output", output, "text", "json"); err != nil {
				return err
			}
			rules := check.Rules()
			if len(args) > 0 {
				rules = rules[:0]
				for _, code := range args {
					rule := check.RuleOf(code)
					if rule == nil {
						return usageError{fmt.Errorf("%s", unknownCode(code))}
					}
					rules = append(rules, rule)
				}
			}
			return explain(s, rules, len(args) == 0, output)
		},
	}
	c.Flags().StringVar(&output, "output", "text", "text or json")
	return c
}

// explain prints rules: all about them, or a line each.
func explain(s *streams, rules []*check.Rule, brief bool, output string) error {
	var list []check.Explanation
	for _, r := range rules {
		e, err := r.Explain()
		if err != nil {
			return err
		}
		list = append(list, e)
	}
	if output == "json" {
		encoder := json.NewEncoder(s.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(list)
	}
	var b strings.Builder
	for i, e := range list {
		if brief {
			fmt.Fprintf(&b, "%-28s %-8s %s\n", e.Code, e.Severity, e.Doc)
			continue
		}
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n%s.\n\n%s\n", e.Code, strings.ReplaceAll(e.Heading(), "`", ""), e.Doc)
		if e.Bad != "" {
			fmt.Fprintf(&b, "\nWrong:\n\n%s\nReported:\n\n%s\nRight:\n\n%s", indent(e.Bad), indent(e.Output), indent(e.Good))
		}
	}
	_, err := s.out.Write([]byte(b.String()))
	return err
}

// indent sets a text in by four blanks.
func indent(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) != "" {
			lines[i] = "    " + line
		}
	}
	return strings.Join(lines, "")
}
