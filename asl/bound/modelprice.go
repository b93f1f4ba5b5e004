package bound

// Model is the price of a model by its id or its inference profile's. One that is not known costs as the dearest that is; then the
// second result is false.
func (p *Prices) Model(id string) (ModelPrice, bool) { return p.model(id) }
