package dynamodb

import "github.com/docflow-asl/docflow/tasks/index"

// IndexSchema is that of a table that package index writes and reads, as template.yaml has it.
func IndexSchema(name string) Schema {
	return Schema{Name: name, Key: Key{Hash: index.ID}, Indexes: map[string]Key{
		index.TimesIndex:    {Hash: index.Shard, Range: index.Sort},
		index.DocumentIndex: {Hash: index.Key, Range: index.Sort},
	}}
}
