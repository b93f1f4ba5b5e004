package spend

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// Micros are millionths of a US dollar: whole numbers add up exactly.
type Micros int64

const microsInDollar = 1_000_000

// RoundUp returns dollars in Micros, rounded up.
func RoundUp(dollars float64) Micros { return Micros(math.Ceil(dollars*microsInDollar - 1e-6)) }

// ParseDollars reads an amount such as "2.50". Empty and 0 are no amount.
func ParseDollars(text string) (Micros, error) {
	if text == "" {
		return 0, nil
	}
	dollars, err := strconv.ParseFloat(text, 64)
	const most = 1e9
	if err != nil || !(dollars >= 0 && dollars <= most) {
		return 0, fmt.Errorf("%q is no amount of dollars; it should be a number from 0, which is no cap", text)
	}
	return RoundUp(dollars), nil
}

// Dollars returns m in dollars.
func (m Micros) Dollars() float64 { return float64(m) / microsInDollar }

// String returns m as "$1.25", with as many digits as it needs.
func (m Micros) String() string {
	text := strconv.FormatFloat(m.Dollars(), 'f', 6, 64)
	for strings.HasSuffix(text, "0") && !strings.HasSuffix(text[:len(text)-1], ".") && len(text)-strings.IndexByte(text, '.') > 3 {
		text = text[:len(text)-1]
	}
	return "$" + text
}

// Margin is by how much the input of a call may be longer than it is estimated to be: the
// estimate counts characters, not what a tokenizer makes of them.
const Margin = 1.5

// Call is a call to a model that is planned.
type Call struct {
	Step         bedrock.Step
	InputTokens  int // as estimated
	OutputTokens int
}

// Plan is what calls take and cost together.
type Plan struct {
	Calls                     int
	InputTokens, OutputTokens int
	Dollars                   float64
}

func (p Plan) String() string {
	return fmt.Sprintf("%d calls with %d tokens in and %d out", p.Calls, p.InputTokens, p.OutputTokens)
}

// PlanOf adds up what calls cost when their input is longer by a factor. It is false, and
// gives no dollars, when the price of a model is not known.
func PlanOf(models Models, calls []Call, factor float64) (Plan, bool) {
	var plan Plan
	known := true
	for _, c := range calls {
		in := int(math.Ceil(float64(c.InputTokens) * factor))
		dollars, ok := bedrock.CallCost(models.Of(c.Step), in, c.OutputTokens)
		known = known && ok
		plan.Calls++
		plan.InputTokens += in
		plan.OutputTokens += c.OutputTokens
		plan.Dollars += dollars
	}
	if !known {
		plan.Dollars = 0
	}
	return plan, known
}
