package mapdata

// Limits bounds what is read and written. A zero field means the default; Limits{} is what AWS documents, but for Held.
type Limits struct {
	// File is the size of one object in storage, and also of what it holds when it is compressed: 10 GB, by the documentation
	// of the ItemReader (for an inventory's files, after decompression).
	File int64
	// Item is the size of one item's text: 8 MB ("reading an item of up to 8 MB … if you then apply ItemSelector"). What a child
	// execution gets is bounded by MaxInputBytes.
	Item int64
	// Header is the size of a CSV file's header: 10 KiB.
	Header int64
	// PointerStart is how far into a JSON file the value may begin that ItemsPointer names: 16 MB.
	PointerStart int64
	// Manifest is the size of an S3 inventory's manifest.json, which is read as a whole. AWS documents none; the default is 64 MB.
	Manifest int64
	// Held is how much ReadAll keeps: the JSON text of all items, and 256 bytes for each. The default is 1 GB. It is no limit
	// of AWS's, which holds no more than a page of items at a time, but what stops a small compressed file from becoming
	// more items than a computer has room for.
	Held int64
	// ResultFile is the size from which results go to a further file: 5 GB.
	ResultFile int64
}

const (
	megabyte = 1 << 20
	gigabyte = 1 << 30

	// MaxItems is the most items that a Map reads, whatever MaxItems says: AWS was recorded to accept a greater number from a
	// path, and documents that the Map stops reading there.
	MaxItems = 100_000_000

	// MaxInputBytes is the most that a child execution, as any execution, takes as input.
	MaxInputBytes = 262_144

	// MaxPointerLength is the length that an ItemsPointer must stay below.
	MaxPointerLength = 2000
)

func (l Limits) withDefaults() Limits {
	def := func(field *int64, otherwise int64) {
		if *field <= 0 {
			*field = otherwise
		}
	}
	def(&l.File, 10*gigabyte)
	def(&l.Item, 8*megabyte)
	def(&l.Header, 10<<10)
	def(&l.PointerStart, 16*megabyte)
	def(&l.Manifest, 64*megabyte)
	def(&l.Held, 1*gigabyte)
	def(&l.ResultFile, 5*gigabyte)
	return l
}
