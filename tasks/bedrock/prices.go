package bedrock

import (
	"bytes"
	_ "embed" // the prices
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

//go:embed prices.json
var pricesFile []byte

// PriceList is what prices.json holds: the prices of the models, the day they were read
// and where.
type PriceList struct {
	Date   string           `json:"date"`
	Source string           `json:"source"`
	Models map[string]Price `json:"models"` // by the id of the model
	Batch  BatchPrice       `json:"batch"`
}

// BatchPrice is what batch inference costs, as a share of the price on demand. It is one for
// all models: Bedrock lists half for each that it takes in batches.
type BatchPrice struct {
	Date   string  `json:"date"`
	Source string  `json:"source"`
	Share  float64 `json:"share"`
}

// Prices returns the prices. The caller owns the copy.
func Prices() PriceList {
	var list PriceList
	decoder := json.NewDecoder(bytes.NewReader(pricesFile))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		panic("bedrock: prices.json: " + err.Error()) // part of the program: every test reads it
	}
	return list
}

// PricesAsOf is the day, as 2006-01-02, on which the prices were read.
func PricesAsOf() string { return pricesAsOf }

var pricesAsOf = Prices().Date

// priced puts the prices into the table of models.
func priced(table []Model) []Model {
	list := Prices()
	asOf, err := time.Parse(time.DateOnly, list.Date)
	if err != nil {
		panic("bedrock: prices.json: " + err.Error())
	}
	for i := range table {
		price, ok := list.Models[table[i].ID]
		if !ok {
			panic("bedrock: prices.json has no price of " + table[i].ID)
		}
		price.AsOf = asOf
		table[i].Price = price
	}
	return table
}

// CallCost is the price in US dollars of one call to id: a model, or the inference
// profile of one. It is false when the price is not known.
func CallCost(id string, inputTokens, outputTokens int) (float64, bool) {
	m, geography, err := Lookup(id)
	if err != nil {
		return 0, false
	}
	return m.Cost(geography, inputTokens, outputTokens), true
}

// BatchShare is the share of CallCost that a call of a batch inference job costs.
func BatchShare() float64 { return batchShare }

var batchShare = Prices().Batch.Share

// idDate is the date that ends a model's own name, and idVersion what Bedrock puts behind.
var (
	idVersion = regexp.MustCompile(`-v\d+(:\d+)?$`)
	idDate    = regexp.MustCompile(`-\d{8}$`)
)

// Answers tells whether a response whose model names itself so can be one of the model
// that id names. A response that gives no name can.
func Answers(id, named string) bool {
	if named == "" {
		return true
	}
	m, _, err := Lookup(id)
	if err != nil {
		return false
	}
	bare := func(name string) string {
		name = idVersion.ReplaceAllString(strings.TrimPrefix(name, "anthropic."), "")
		return idDate.ReplaceAllString(name, "")
	}
	return bare(m.ID) == bare(named)
}
