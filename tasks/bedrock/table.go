package bedrock

import "time"

// The table of models. Sources, read in November 2026: the model cards, the page
// "Model lifecycle" and the page "Supported Regions and models for inference profiles"
// of the Bedrock user guide; Anthropic's model overview pages. Prices are in prices.json.
// Launch days of Sonnet 4.5 and later Sonnet and Opus models are those
// of Anthropic's pages, the end of Claude 3.7 Sonnet that of a report on it; a day that no
// page gave is left out, not guessed. RejectsSampling is set where a source says so; the
// other 5-series models may refuse as well.
//
// Anthropic models after Claude 4.5 have ids without a date and a version.

var readOn = day(2026, time.November, 23)

var models = priced([]Model{
	{
		ID: ArticleAnalysisModel, Family: Sonnet, DisplayName: "Claude 3 Sonnet",
		Geographies:   []string{"us", "eu", "apac"},
		ContextWindow: 200_000, MaxOutputTokens: 4_096,
		// AWS no longer lists it; the pages read do not give the day.
		Lifecycle: Lifecycle{Ended: true, AsOf: readOn},
	},
	{
		ID: ArticleSummaryModel, Family: Haiku, DisplayName: "Claude 3 Haiku",
		Geographies:   []string{"us", "eu", "apac"},
		ContextWindow: 200_000, MaxOutputTokens: 4_096,
		Lifecycle: Lifecycle{
			Launched:  day(2024, time.March, 13),
			EndOfLife: day(2026, time.September, 10),
			AsOf:      readOn,
		},
	},
	{
		ID: "anthropic.claude-3-5-haiku-20241022-v1:0", Family: Haiku, DisplayName: "Claude 3.5 Haiku",
		NeedsProfile:  true,
		Geographies:   []string{"us"},
		ContextWindow: 200_000, MaxOutputTokens: 8_192,
		Lifecycle: Lifecycle{
			Launched:  day(2024, time.November, 4),
			EndOfLife: day(2026, time.June, 19),
			AsOf:      readOn,
		},
	},
	{
		ID: "anthropic.claude-3-7-sonnet-20250219-v1:0", Family: Sonnet, DisplayName: "Claude 3.7 Sonnet",
		NeedsProfile:  true,
		Geographies:   []string{"us", "eu", "apac"},
		ContextWindow: 200_000, MaxOutputTokens: 64_000,
		Lifecycle: Lifecycle{EndOfLife: day(2026, time.April, 28), AsOf: readOn},
	},
	{
		ID: "anthropic.claude-sonnet-4-20250514-v1:0", Family: Sonnet, DisplayName: "Claude Sonnet 4",
		NeedsProfile:  true,
		Geographies:   []string{"us", "eu", "apac", "global"},
		ContextWindow: 200_000, MaxOutputTokens: 64_000,
		Lifecycle: Lifecycle{
			Launched:  day(2025, time.May, 23),
			EndOfLife: day(2026, time.October, 14),
			AsOf:      readOn,
		},
	},
	{
		ID: "anthropic.claude-sonnet-4-5-20250929-v1:0", Family: Sonnet, DisplayName: "Claude Sonnet 4.5",
		NeedsProfile:  true,
		Geographies:   []string{"us", "eu", "jp", "au", "global"},
		ContextWindow: 200_000, MaxOutputTokens: 64_000,
		// Anthropic retires it on 2026-11-30 on its own API; AWS's day is not known.
		Lifecycle: Lifecycle{Launched: day(2025, time.September, 29), AsOf: readOn},
	},
	{
		ID: DefaultSummaryModel, Family: Haiku, DisplayName: "Claude Haiku 4.5",
		NeedsProfile:  true,
		Geographies:   []string{"us", "eu", "jp", "au", "in", "global"},
		ContextWindow: 200_000, MaxOutputTokens: 64_000,
		Lifecycle: Lifecycle{
			Launched:  day(2025, time.October, 16),
			NotBefore: day(2026, time.October, 1),
			AsOf:      readOn,
		},
	},
	{
		ID: DefaultAnalysisModel, Family: Sonnet, DisplayName: "Claude Sonnet 4.6",
		NeedsProfile:  true,
		Geographies:   []string{"us", "eu", "jp", "au", "global"},
		ContextWindow: 1_000_000, MaxOutputTokens: 128_000,
		Lifecycle: Lifecycle{Launched: day(2026, time.February, 17), AsOf: readOn},
	},
	{
		ID: "anthropic.claude-sonnet-5", Family: Sonnet, DisplayName: "Claude Sonnet 5",
		NeedsProfile: true, RejectsSampling: true,
		Geographies:   []string{"us", "eu", "jp", "au", "in", "global"},
		ContextWindow: 1_000_000, MaxOutputTokens: 128_000,
		Lifecycle: Lifecycle{Launched: day(2026, time.June, 30), AsOf: readOn},
	},
	{
		ID: "anthropic.claude-opus-5", Family: Opus, DisplayName: "Claude Opus 5",
		NeedsProfile:  true,
		Geographies:   []string{"us", "eu", "jp", "au", "in", "global"},
		ContextWindow: 1_000_000, MaxOutputTokens: 128_000,
		Lifecycle: Lifecycle{Launched: day(2026, time.July, 24), AsOf: readOn},
	},
	{
		// Its migration guide tells of thinking blocks in every answer (see Sonnet 5.5).
		ID: "anthropic.claude-opus-5-5", Family: Opus, DisplayName: "Claude Opus 5.5",
		NeedsProfile:  true,
		Geographies:   []string{"us", "eu", "jp", "au", "global"},
		ContextWindow: 1_000_000, MaxOutputTokens: 128_000,
		Lifecycle: Lifecycle{AsOf: readOn},
	},
	{
		// It refuses to switch thinking off: an answer can begin with a thinking block,
		// so $.Body.content[0].text is not always there.
		ID: "anthropic.claude-sonnet-5-5", Family: Sonnet, DisplayName: "Claude Sonnet 5.5",
		NeedsProfile:  true,
		Geographies:   []string{"us", "eu", "global"},
		ContextWindow: 1_000_000, MaxOutputTokens: 128_000,
		Lifecycle: Lifecycle{Launched: day(2026, time.September, 28), AsOf: readOn},
	},
	{
		ID: "anthropic.claude-haiku-5-5", Family: Haiku, DisplayName: "Claude Haiku 5.5",
		NeedsProfile: true, RejectsSampling: true,
		Geographies:   []string{"us", "eu", "jp", "au", "global"},
		ContextWindow: 1_000_000, MaxOutputTokens: 128_000,
		Lifecycle: Lifecycle{
			Launched:  day(2026, time.October, 7),
			NotBefore: day(2027, time.October, 7),
			AsOf:      readOn,
		},
	},
})

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}
