// Package mapdata is the data side of a distributed Map as AWS Step Functions does it: where the items come from (ItemReader),
// how they are grouped (ItemBatcher) and where the results go (ResultWriter). It knows no AWS client and no engine: the storage
// is an interface, Objects, which Memory and the package folder implement.
//
// # Reading
//
// Read gives the items of a Source one by one; what it holds in memory at any time is one item and a buffer. Each item has what
// the context object shows of it (https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html):
// Map.Item.Value, Map.Item.Source, and Map.Item.Key where the items are the members of an object.
//
//	resource              config                          an item
//	s3:getObject          CSV                             {"header": "cell", …}, members in the order of a java.util.HashMap
//	                      JSON                            an item of the array; a member of an object as Key and Value
//	                      JSONL                           a line
//	                      MANIFEST, or S3_INVENTORY       a row of the inventory, as of CSV, with the manifest's fileSchema as header
//	                      ATHENA_DATA with CSV, JSONL     what the files hold that the manifest lists
//	s3:listObjectsV2                                      {"Etag", "Key", "LastModified", "Size", "StorageClass"}
//	                      LOAD_AND_FLATTEN with CSV, …    what the listed objects hold
//
// Objects whose key ends in .gz are decompressed. PARQUET and ZSTD, which AWS reads, are refused with an error that says what
// to convert to, and that errors.Is(err, errors.ErrUnsupported) tells from AWS's own failures.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
//
// # In an execution
//
// AWS was recorded to go in this order: MapStateStarted, with length 0 when there is an ItemReader; then the fields that are
// numbers (a MaxItemsPath that leads to 1.5 is a States.Runtime, and nothing follows it); MapRunStarted; and only then the reading,
// a negative MaxItems included. What Read, Batches and CheckInput fail with is the error and cause of MapRunFailed, which
// MapStateFailed follows, so that retriers and catchers see it. With an ItemReader, ItemsPath is not looked at. ItemSelector is
// applied to single items, before they are batched. Results are written when a Map Run has failed, too.
//
// # Sources of what is not documented
//
// The texts of errors, the order of members and the bytes of result files are what AWS was recorded to write, where it was:
// LocalStack's recordings (2023 to 2025), and captures of September 2026 in github.com/radkawar/stackd and floci-io/floci.
// Each place says so. Everything else that no document states is marked as an assumption.
//
// The grammar of CSV files is that of opencsv's CSVParser, of which AWS's page describes the visible part, down to a backslash
// that vanishes before an ordinary character: see csvReader.
package mapdata
