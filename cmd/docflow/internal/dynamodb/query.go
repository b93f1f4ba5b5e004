package dynamodb

import (
	"cmp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Schema describes a table: what its keys are.
type Schema struct {
	Name string
	Key
	Indexes map[string]Key // global secondary indexes, which hold all attributes
}

// Key names the attributes of a key. They hold text.
type Key struct {
	Hash, Range string // Range is empty when there is none
}

func (k Key) names() []string {
	if k.Range == "" {
		return []string{k.Hash}
	}
	return []string{k.Hash, k.Range}
}

// schema is that of the table that a request names, or nil.
func (t *Tables) schema(request *value.Object) *Schema {
	table := textOf(request, "TableName")
	for i := range t.Schemas {
		if t.Schemas[i].Name == table {
			return &t.Schemas[i]
		}
	}
	return nil
}

// checkItem refuses an item that an index cannot hold. One without a key of an index is not in it.
func (s *Schema) checkItem(item map[string]attribute) error {
	for name, index := range s.Indexes {
		for _, key := range index.names() {
			v, there := item[key]
			switch {
			case there && v.kind != "S":
				return invalid("One or more parameter values were invalid: Type mismatch for Index Key %s Expected: S Actual: %s IndexName: %s", key, v.kind, name)
			case there && v.text == "":
				return invalid("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "+
					"The AttributeValue for a key attribute cannot contain an empty string value. IndexName: %s, IndexKey: %s", name, key)
			}
		}
	}
	return nil
}

// expressions are the members of a request that hold expressions.
var expressions = []string{"ConditionExpression", "UpdateExpression", "KeyConditionExpression", "FilterExpression", "ProjectionExpression"}

// checkUsed refuses names and values that no expression uses, as DynamoDB does.
func (t *Tables) checkUsed(request *value.Object) error {
	var used []string
	for _, member := range expressions {
		text := textOf(request, member)
		list, ok := t.tokens[text]
		if !ok {
			p, err := newParser(text)
			if err != nil {
				return err
			}
			list = p.list
			t.tokens[text] = list
		}
		used = append(used, list...)
	}
	for _, member := range []string{"ExpressionAttributeNames", "ExpressionAttributeValues"} {
		v, _ := request.Get(member)
		object, _ := v.(*value.Object)
		if object == nil {
			continue
		}
		for _, m := range object.Members() {
			if !slices.Contains(used, m.Name) {
				return invalid("Value provided in %s unused in expressions: keys: {%s}", member, m.Name)
			}
		}
	}
	return nil
}

// maxQuery is how many bytes a query reads at most before it answers.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
const maxQuery = 1 << 20

// size is that of an item: its names and values.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func size(item map[string]attribute) int {
	n := 0
	for name, v := range item {
		n += len(name)
		switch v.kind {
		case "N":
			n += len(v.text)/2 + 1
		default:
			n += len(v.text)
		}
	}
	return n
}

// query reads the items of one hash key of an index, or of the table.
func (t *Tables) query(request *value.Object) (value.Value, error) {
	schema := t.schema(request)
	if schema == nil {
		return nil, invalid("of a table without a schema nothing is known to query")
	}
	key := schema.Key
	if name := textOf(request, "IndexName"); name != "" {
		var ok bool
		if key, ok = schema.Indexes[name]; !ok {
			return nil, invalid("The table does not have the specified index: %s", name)
		}
		if consistent, _ := request.Get("ConsistentRead"); consistent == value.Bool(true) {
			return nil, invalid("Consistent reads are not supported on global secondary indexes")
		}
	}
	for _, member := range []string{"ProjectionExpression", "Select", "KeyConditions", "QueryFilter", "AttributesToGet"} {
		if _, there := request.Get(member); there {
			return nil, invalid("%s is not simulated", member)
		}
	}
	hash, within, err := keyCondition(request, key)
	if err != nil {
		return nil, err
	}
	filter, err := filterOf(request, key)
	if err != nil {
		return nil, err
	}
	q := &querying{schema: schema, key: key, request: request, backward: isFalse(request, "ScanIndexForward")}
	if err := q.read(t, hash, within); err != nil {
		return nil, err
	}
	return q.answer(filter)
}

func isFalse(request *value.Object, member string) bool {
	v, _ := request.Get(member)
	return v == value.Bool(false)
}

// keyCondition reads a KeyConditionExpression: the hash key equals a value, and the range key is in one range, which may be all.
func keyCondition(request *value.Object, key Key) (hash attribute, within condition, err error) {
	p, err := newParser(textOf(request, "KeyConditionExpression"))
	if err != nil {
		return hash, nil, err
	}
	e := &env{request: request}
	within = func(*env) (bool, error) { return true, nil }
	seen := map[string]bool{}
	missed := invalid("Query condition missed key schema element: %s", key.Hash)
	for first := true; first || p.accept("AND"); first = false {
		begins := p.accept("begins_with")
		at := p.at
		if begins {
			at++ // behind the parenthesis
		}
		if at >= len(p.list) {
			return hash, nil, missed
		}
		name, err := e.name(p.list[at])
		switch {
		case err != nil:
			return hash, nil, err
		case seen[name]:
			return hash, nil, invalid("KeyConditionExpressions must only contain one condition per key")
		case name == key.Hash && !begins:
			hash, err = p.equal(e)
		case name == key.Range && begins:
			within, err = p.beginsWith()
		case name == key.Range:
			within, err = p.interval()
		default:
			return hash, nil, missed
		}
		if err != nil {
			return hash, nil, err
		}
		seen[name] = true
	}
	if p.at < len(p.list) {
		return hash, nil, p.fail()
	}
	if !seen[key.Hash] {
		return hash, nil, missed
	}
	return hash, within, nil
}

// equal reads path = operand, and returns the operand's value.
func (p *parser) equal(e *env) (attribute, error) {
	if _, err := p.path(); err != nil {
		return attribute{}, err
	}
	if !p.accept("=") {
		return attribute{}, invalid("Query key condition not supported")
	}
	o, err := p.operand()
	if err != nil {
		return attribute{}, err
	}
	return o(e)
}

// interval reads a comparison, or a BETWEEN b AND c.
func (p *parser) interval() (condition, error) {
	start := p.at
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.accept("BETWEEN") {
		p.at = start
		return p.test()
	}
	low, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.accept("AND") {
		return nil, p.fail()
	}
	high, err := p.operand()
	if err != nil {
		return nil, err
	}
	from, to := compared(left, ">=", low), compared(left, "<=", high)
	return func(e *env) (bool, error) {
		if holds, err := from(e); !holds || err != nil {
			return false, err
		}
		return to(e)
	}, nil
}

// filterOf reads a FilterExpression, which cannot be about the key.
func filterOf(request *value.Object, key Key) (condition, error) {
	text := textOf(request, "FilterExpression")
	if text == "" {
		return func(*env) (bool, error) { return true, nil }, nil
	}
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	e := &env{request: request}
	for _, token := range p.list {
		if name, err := e.name(token); err == nil && slices.Contains(key.names(), name) {
			return nil, invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
	}
	return parseCondition(text)
}

// querying is one query.
type querying struct {
	schema   *Schema
	key      Key
	request  *value.Object
	backward bool
	items    []placed // in order
}

// placed is an item and what tells its place among those of the same range key.
type placed struct {
	item map[string]attribute
	id   string
}

func (q *querying) compare(a, b placed) int {
	order := cmp.Or(a.item[q.key.Range].compare(b.item[q.key.Range]), strings.Compare(a.id, b.id))
	if q.backward {
		return -order
	}
	return order
}

// read finds the items that are asked for.
func (q *querying) read(t *Tables, hash attribute, within condition) error {
	var after *placed
	if start, there := q.request.Get("ExclusiveStartKey"); there {
		object, _ := start.(*value.Object)
		if object == nil {
			return invalid("ExclusiveStartKey is no object")
		}
		item, err := attributesOf(object)
		if err != nil {
			return err
		}
		for _, name := range slices.Concat(q.schema.names(), q.key.names()) {
			if _, there := item[name]; !there {
				return invalid("The provided starting key is invalid")
			}
		}
		after = &placed{item: item, id: q.id(item)}
	}
	for id, item := range t.items {
		if v, there := item[q.key.Hash]; !there || v.kind != hash.kind || v.compare(hash) != 0 || !strings.HasPrefix(id, q.schema.Name+"\x00") {
			continue
		}
		holds, err := within(&env{request: q.request, item: item})
		if err != nil {
			return err
		}
		if _, sorted := item[q.key.Range]; !holds || q.key.Range != "" && !sorted {
			continue
		}
		p := placed{item: item, id: q.id(item)}
		if after == nil || q.compare(p, *after) > 0 {
			q.items = append(q.items, p)
		}
	}
	slices.SortFunc(q.items, q.compare)
	return nil
}

// id is the primary key of an item as text.
func (q *querying) id(item map[string]attribute) string {
	return value.Compact(q.keyOf(item, q.schema.names()))
}

func (q *querying) keyOf(item map[string]attribute, names []string) *value.Object {
	part := map[string]attribute{}
	for _, name := range names {
		part[name] = item[name]
	}
	return itemValue(part).(*value.Object)
}

// answer gives one page: what is filtered out has been read, too.
func (q *querying) answer(filter condition) (value.Value, error) {
	limit := len(q.items) + 1
	if v, there := q.request.Get("Limit"); there {
		n, _ := v.(value.Number)
		whole, ok := n.Int()
		if limit = int(whole); !ok || limit < 1 {
			return nil, invalid("1 validation error detected: Value '%s' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", value.Text(v))
		}
	}
	var (
		matching []value.Value
		last     *placed
		bytes    int
		scanned  int
	)
	for i := range q.items {
		p := &q.items[i]
		scanned++
		bytes += size(p.item)
		holds, err := filter(&env{request: q.request, item: p.item})
		if err != nil {
			return nil, err
		}
		if holds {
			matching = append(matching, itemValue(p.item))
		}
		if scanned == limit || bytes >= maxQuery {
			last = p
			break
		}
	}
	members := []value.Member{
		{Name: "Items", Value: value.NewArray(matching...)},
		{Name: "Count", Value: value.Int(len(matching))},
		{Name: "ScannedCount", Value: value.Int(scanned)},
	}
	if last != nil {
		members = append(members, value.Member{Name: "LastEvaluatedKey", Value: q.keyOf(last.item, slices.Concat(q.schema.names(), q.key.names()))})
	}
	return value.NewObject(members...), nil
}
