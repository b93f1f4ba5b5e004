package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/documents"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

type costOptions struct {
	models   []string
	password string
	output   string
	limit    string
	daily    string
	jobs     int
	batch    bool
}

func newCost(s *streams) *cobra.Command {
	o := &costOptions{}
	c := &cobra.Command{
		Use:   "cost FILE|DIR…",
		Short: "Forecast what the models cost for documents, before anything is called",
		Long: `Forecast what the models cost for documents, before anything is called.

Every document is turned into text and cut into chunks as the pipeline does, and the requests that it would send are made and
measured, on this machine. What comes of their answers, the merges and the questions about the whole, is calculated.

EXPECTED takes answers of a quarter of the length that they may have. WORST is what the deployed pipeline reserves before the first
call and compares with MaxDocumentDollars and MaxDailyDollars: answers as long as they may be, and half as many tokens in again as
estimated. Answers that cannot be used are asked for again, twice at most; that is in neither, and reserved when it comes to it.
Optical character recognition, Lambda, Step Functions and S3 are not in it.

--batch is for document-batch: EXPECTED is at the price of batch inference. WORST stays at the price on demand, since a call can come
to that (too few for a job, asked again), and the same is reserved.

--max-daily-dollars tells how many documents like these MaxDailyDollars lets in: at the same time as many as it has the worst case
for, since that is what a document under way reserves, and in a day more, since what was not spent is free again when a document ends.

Models are those of the template unless --model names others: for all steps, or for one (analysis, which is that of merges too,
summary, sentiment, keywords). Prices are those of the day that the output tells.

The exit code is 1 when a document could not be read, or one costs more than --max-dollars at worst.`,
		Example: `  docflow cost report.pdf
  docflow cost --output json contracts/ | jq .total.worst.dollars
  docflow cost --batch contracts/
  docflow cost --model analysis=jp.anthropic.claude-haiku-4-5-20251001-v1:0 report.pdf
  docflow cost --model global.anthropic.claude-haiku-5-5 --max-dollars 0.10 report.pdf`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), s, args) },
	}
	f := c.Flags()
	f.StringArrayVar(&o.models, "model", nil, "MODEL or STEP=MODEL: an inference profile or a model's id; repeatable")
	f.StringVar(&o.password, "password", "", "opens encrypted documents")
	f.StringVar(&o.output, "output", "text", "text or json")
	f.BoolVar(&o.batch, "batch", false, "expect the price of batch inference")
	f.StringVar(&o.limit, "max-dollars", "", "DOLLARS that no document may cost at worst")
	f.StringVar(&o.daily, "max-daily-dollars", "", "DOLLARS of a day's cap: how many documents like these it lets in")
	f.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), "how many documents are read at the same time")
	return c
}

// forecast is what calls take and cost.
type forecast struct {
	Calls        int     `json:"calls"`
	InputTokens  int     `json:"inputTokens"`
	OutputTokens int     `json:"outputTokens"`
	Dollars      float64 `json:"dollars"`
}

func (f *forecast) add(g forecast) {
	f.Calls += g.Calls
	f.InputTokens += g.InputTokens
	f.OutputTokens += g.OutputTokens
	f.Dollars += g.Dollars
}

// documentCost is the forecast of one document.
type documentCost struct {
	File     string   `json:"file,omitempty"`
	Pages    int      `json:"pages"`
	Chunks   int      `json:"chunks"`
	Expected forecast `json:"expected"`
	Worst    forecast `json:"worst"`
	TooDear  bool     `json:"tooDear,omitempty"` // costs more than --max-dollars at worst
	Error    string   `json:"error,omitempty"`
}

// costReport is what --output json prints.
type costReport struct {
	PricedAsOf string          `json:"pricedAsOf"`
	BatchShare float64         `json:"batchShare,omitempty"` // of the price on demand that is expected, with --batch
	Models     spend.Models    `json:"models"`
	Documents  []*documentCost `json:"documents"`
	Total      documentCost    `json:"total"`
	Day        *dayCost        `json:"day,omitempty"`
}

// dayCost is what a day's cap lets in of documents like those of the forecast.
type dayCost struct {
	Dollars  float64 `json:"dollars"`
	AtOnce   int     `json:"atOnce"`
	OneByOne int     `json:"oneByOne"` // each when the one before has ended
}

func (o *costOptions) run(ctx context.Context, s *streams, args []string) error {
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	if o.jobs < 1 {
		return usagef("--jobs is %d; it takes a number above zero", o.jobs)
	}
	limit, err := spend.ParseDollars(o.limit)
	if err != nil {
		return usagef("--max-dollars: %w", err)
	}
	daily, err := spend.ParseDollars(o.daily)
	if err != nil {
		return usagef("--max-daily-dollars: %w", err)
	}
	models, err := o.which()
	if err != nil {
		return err
	}
	files, err := documents.Find(args)
	if err != nil {
		return usageError{err}
	}
	defer text.ReleasePDF()
	total := costReport{PricedAsOf: bedrock.PricesAsOf(), Models: models, Documents: make([]*documentCost, len(files))}
	if o.batch {
		total.BatchShare = bedrock.BatchShare()
	}
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(o.jobs)
	for i, file := range files {
		group.Go(func() error {
			total.Documents[i] = &documentCost{File: file.Path}
			if err := o.forecast(groupContext, file, models, total.Documents[i]); err != nil {
				total.Documents[i].Error = err.Error()
			}
			return groupContext.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	failed, read := false, 0
	for _, d := range total.Documents {
		d.TooDear = limit > 0 && spend.RoundUp(d.Worst.Dollars) > limit
		failed = failed || d.TooDear || d.Error != ""
		total.Total.Pages += d.Pages
		total.Total.Chunks += d.Chunks
		total.Total.Expected.add(d.Expected)
		total.Total.Worst.add(d.Worst)
		switch {
		case d.Error != "":
			fmt.Fprintf(s.err, "%s: %s\n", report.Clean(d.File), report.Clean(d.Error))
		default:
			read++
		}
		if d.TooDear {
			fmt.Fprintf(s.err, "%s: may cost %s, more than the %v of --max-dollars\n", report.Clean(d.File), dollars(d.Worst.Dollars), limit)
		}
	}
	if daily > 0 && read > 0 {
		total.Day = admitted(daily, total.Total, read)
	}
	if o.output == "json" {
		err = writeJSON(s.out, total)
	} else {
		err = total.print(s.out)
	}
	if err == nil && failed {
		err = errFailed
	}
	return err
}

// admitted tells how many documents a day's cap lets in, of those that cost in all what total says.
func admitted(daily spend.Micros, total documentCost, documents int) *dayCost {
	worst, expected := total.Worst.Dollars/float64(documents), total.Expected.Dollars/float64(documents)
	day := &dayCost{Dollars: daily.Dollars(), AtOnce: int(daily.Dollars() / worst)}
	if day.AtOnce > 0 { // the last one has to find its worst case free
		day.OneByOne = 1 + int((daily.Dollars()-worst)/expected)
	}
	return day
}

// which returns the models to forecast for.
func (o *costOptions) which() (spend.Models, error) {
	profile := func(id string) string { return bedrock.DefaultGeography + "." + id }
	summary := profile(bedrock.DefaultSummaryModel)
	models := spend.Models{Analysis: profile(bedrock.DefaultAnalysisModel), Summary: summary, Sentiment: summary, Keywords: summary}
	steps := map[string]*string{"analysis": &models.Analysis, "summary": &models.Summary, "sentiment": &models.Sentiment, "keywords": &models.Keywords}
	for _, given := range o.models {
		step, id, one := strings.Cut(given, "=")
		if !one {
			id = given
		}
		if _, _, err := bedrock.Lookup(id); err != nil {
			return models, usagef("--model %s: %w, so its price is not known", given, err)
		}
		if !one {
			models = spend.Models{Analysis: id, Summary: id, Sentiment: id, Keywords: id}
			continue
		}
		model, ok := steps[step]
		if !ok {
			return models, usagef("--model %s: there is no step %q; there are analysis, keywords, sentiment and summary", given, step)
		}
		*model = id
	}
	return models, nil
}

// forecast makes the forecast of one document.
func (o *costOptions) forecast(ctx context.Context, file documents.File, models spend.Models, d *documentCost) error {
	data, err := readDocument(file.Path)
	if err != nil {
		return err
	}
	doc, err := text.Extract(ctx, data, file.Name, text.Options{Password: o.password})
	var fault *text.Error
	if errors.As(err, &fault) {
		return fmt.Errorf("%s: %s", fault.Code, fault.Message)
	}
	if err != nil {
		return err
	}
	doc = doc.Flat()
	chunks := text.Split(doc, text.ChunkOptions{})
	if len(chunks) > prompt.MaxChunks {
		return fmt.Errorf("the text has %d chunks; the pipeline takes %d", len(chunks), prompt.MaxChunks)
	}
	messages := make([]int, len(chunks))
	for i, chunk := range chunks {
		messages[i] = prompt.MessageTokens(prompt.AnalysisRequest(doc.Metadata.Title, chunk.Text, "", i, len(chunks)))
	}
	d.Pages, d.Chunks = doc.Metadata.PageCount, len(chunks)
	plan := func(calls []spend.Call, factor float64) (forecast, bool) {
		p, known := spend.PlanOf(models, calls, factor)
		return forecast{p.Calls, p.InputTokens, p.OutputTokens, spend.RoundUp(p.Dollars).Dollars()}, known
	}
	var known, also bool
	d.Expected, known = plan(prompt.ExpectedCalls(messages), 1)
	if o.batch {
		d.Expected.Dollars = spend.RoundUp(d.Expected.Dollars * bedrock.BatchShare()).Dollars()
	}
	d.Worst, also = plan(prompt.WorstCalls(messages), spend.Margin)
	if !known || !also {
		return errors.New("the price of a model is not known") // which has been looked for
	}
	return nil
}

func dollars(d float64) string { return fmt.Sprintf("$%.4f", d) }

// print writes a table: the figures of every document and their sum.
func (r *costReport) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, d *documentCost) {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t  %s\n", dollars(d.Expected.Dollars), dollars(d.Worst.Dollars),
			d.Pages, d.Chunks, d.Expected.Calls, d.Expected.InputTokens, d.Worst.OutputTokens, name)
	}
	fmt.Fprintln(table, "EXPECTED\tWORST\tPAGES\tCHUNKS\tCALLS\tTOKENS IN\tOUT AT WORST\t  DOCUMENT")
	read := 0
	for _, d := range r.Documents {
		if d.Error == "" {
			row(report.Clean(d.File), d)
			read++
		}
	}
	if read > 1 {
		row(fmt.Sprintf("%d documents", read), &r.Total)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nPrices of %s, by %s.\n", r.PricedAsOf, r.named())
	if err == nil && r.BatchShare > 0 {
		_, err = fmt.Fprintf(w, "EXPECTED is at %g of the price on demand, that of batch inference (%s).\n", r.BatchShare, bedrock.Prices().Batch.Date)
	}
	if err == nil && r.Day != nil {
		_, err = fmt.Fprintf(w, "A cap of $%.2f a day lets in %d documents like these at the same time, and up to %d in the day, one after the other.\n",
			r.Day.Dollars, r.Day.AtOnce, r.Day.OneByOne)
	}
	return err
}

// named lists the models, each once, with what it is asked.
func (r *costReport) named() string {
	var parts []string
	steps := map[string][]string{}
	var order []string
	for _, step := range bedrock.Steps() {
		id := r.Models.Of(step)
		if steps[id] == nil {
			order = append(order, id)
		}
		steps[id] = append(steps[id], string(step))
	}
	for _, id := range order {
		parts = append(parts, fmt.Sprintf("%s (%s)", id, strings.Join(steps[id], ", ")))
	}
	return strings.Join(parts, " and ")
}
