package assist

// intrinsicDocs says what the intrinsic functions do (AWS's page "Intrinsic functions for JSONPath states").
var intrinsicDocs = map[string]string{
	"States.Array":          "An array of the arguments.",
	"States.ArrayContains":  "Whether the array has the value.",
	"States.ArrayGetItem":   "The item of the array at an index, from 0.",
	"States.ArrayLength":    "How many items the array has.",
	"States.ArrayPartition": "The array in chunks of at most so many items.",
	"States.ArrayRange":     "The numbers from the first to the last by a step, at most 1000.",
	"States.ArrayUnique":    "The array without repeated values.",
	"States.Base64Decode":   "The text that Base64 text stands for, up to 10,000 characters.",
	"States.Base64Encode":   "The text in Base64, up to 10,000 characters.",
	"States.Format":         "The template with each {} exchanged for an argument.",
	"States.Hash":           "The hash of the data by MD5, SHA-1, SHA-256, SHA-384 or SHA-512, in hexadecimal.",
	"States.JsonMerge":      "Both objects in one; of members with one name, the second's. The third argument must be false.",
	"States.JsonToString":   "The value as JSON text.",
	"States.MathAdd":        "The sum of two integers.",
	"States.MathRandom":     "A random integer from the start on and below the end.",
	"States.StringSplit":    "The parts of the text between separators; each character of the second argument is one.",
	"States.StringToJson":   "The value that JSON text stands for.",
	"States.UUID":           "A random UUID, version 4.",
}

// jsonataForms shows how JSONata's functions are called. Arguments in brackets may be left out.
var jsonataForms = map[string]string{
	"abs": "$abs(number)", "append": "$append(array1, array2)", "assert": "$assert(condition, [message])", "average": "$average(numbers)", "base64decode": "$base64decode(text)", "base64encode": "$base64encode(text)",
	"boolean": "$boolean(value)", "ceil": "$ceil(number)", "clone": "$clone(value)", "contains": "$contains(text, pattern)", "count": "$count(array)", "decodeUrl": "$decodeUrl(text)",
	"decodeUrlComponent": "$decodeUrlComponent(text)", "distinct": "$distinct(array)", "each": "$each(object, function)", "encodeUrl": "$encodeUrl(text)", "encodeUrlComponent": "$encodeUrlComponent(text)",
	"error": "$error([message])", "exists": "$exists(value)", "filter": "$filter(array, function)", "floor": "$floor(number)", "formatBase": "$formatBase(number, [radix])",
	"formatInteger": "$formatInteger(number, picture)", "formatNumber": "$formatNumber(number, picture, [options])", "fromMillis": "$fromMillis(number, [picture], [timezone])", "hash": "$hash(text, [algorithm])", "join": "$join(texts, [separator])",
	"keys": "$keys(object)", "length": "$length(text)", "lookup": "$lookup(object, name)", "lowercase": "$lowercase(text)", "map": "$map(array, function)", "match": "$match(text, pattern, [limit])",
	"max": "$max(numbers)", "merge": "$merge(objects)", "millis": "$millis()", "min": "$min(numbers)", "not": "$not(value)", "now": "$now([picture], [timezone])", "number": "$number(value)",
	"pad": "$pad(text, width, [char])", "parse": "$parse(json)", "parseInteger": "$parseInteger(text, picture)", "partition": "$partition(array, size)", "power": "$power(base, exponent)", "random": "$random([seed])",
	"range": "$range(start, end, step)", "reduce": "$reduce(array, function, [init])", "replace": "$replace(text, pattern, replacement, [limit])", "reverse": "$reverse(array)", "round": "$round(number, [precision])",
	"shuffle": "$shuffle(array)", "sift": "$sift(object, function)", "single": "$single(array, [function])", "sort": "$sort(array, [function])", "split": "$split(text, separator, [limit])",
	"spread": "$spread(object)", "sqrt": "$sqrt(number)", "string": "$string(value, [prettify])", "substring": "$substring(text, start, [length])", "substringAfter": "$substringAfter(text, chars)",
	"substringBefore": "$substringBefore(text, chars)", "sum": "$sum(numbers)", "toMillis": "$toMillis(timestamp, [picture])", "trim": "$trim(text)", "type": "$type(value)", "uppercase": "$uppercase(text)",
	"uuid": "$uuid()", "zip": "$zip(array1, …)",
}

// jsonataDocs says what JSONata's functions do (https://docs.jsonata.org), and those that Step Functions adds.
var jsonataDocs = map[string]string{
	"abs": "The number without its sign.", "append": "Both arrays in one.", "assert": "Fails unless the condition holds.", "average": "The mean of the numbers.", "base64decode": "The text that Base64 text stands for.", "base64encode": "The text in Base64.",
	"boolean": "The value as true or false: empty and zero ones are false.", "ceil": "The least integer that is not below the number.", "clone": "A copy of the value.", "contains": "Whether the text has the pattern, a string or /regex/.", "count": "How many items there are.", "decodeUrl": "Undoes $encodeUrl.",
	"decodeUrlComponent": "Undoes $encodeUrlComponent.", "distinct": "The array without repeated values.", "each": "What the function gives for each value and name of the object.", "encodeUrl": "The text with what a URL cannot hold escaped.", "encodeUrlComponent": "The text with what a part of a URL cannot hold escaped.",
	"error": "Fails with the message.", "exists": "Whether the expression gives a value.", "filter": "The items for which the function gives true.", "floor": "The greatest integer that is not above the number.", "formatBase": "The number as text to a radix, 10 by default.",
	"formatInteger": "The integer as text in the picture's form, such as words or Roman numerals.", "formatNumber": "The number as text in the picture's form: #,##0.00.", "fromMillis": "Milliseconds since 1970 as an ISO 8601 time, or in the picture's form.", "hash": "The hash of the text by MD5, SHA-1, SHA-256 (the default), SHA-384 or SHA-512. Added by Step Functions.", "join": "The texts in one, with the separator between them.",
	"keys": "The names of the object's members.", "length": "How many characters the text has.", "lookup": "The value of the member of that name.", "lowercase": "The text in lower case.", "map": "What the function gives for each item.", "match": "What of the text matches the /regex/.",
	"max": "The greatest of the numbers.", "merge": "The objects in one; of members with one name, the last one's.", "millis": "The present time in milliseconds since 1970.", "min": "The least of the numbers.", "not": "true for what is false as a boolean.", "now": "The present time as an ISO 8601 time, or in the picture's form.", "number": "The value as a number.",
	"pad": "The text made so wide: at its right, or at its left when the width is negative.", "parse": "The value that JSON text stands for. Added by Step Functions.", "parseInteger": "The integer that the text writes in the picture's form.", "partition": "The array in chunks of at most so many items. Added by Step Functions.", "power": "The base to the exponent.", "random": "A random number from 0 on and below 1; with a seed, the same for the same seed.",
	"range": "The numbers from the start to the end by a step. Added by Step Functions.", "reduce": "One value of all items: the function gets the value so far and the next item.", "replace": "The text with what matches the pattern replaced.", "reverse": "The array from its end.", "round": "The number rounded to so many digits; halves go to the even neighbour.",
	"shuffle": "The array in random order.", "sift": "The members for which the function gives true.", "single": "The one item for which the function gives true; fails when there are none or more.", "sort": "The array in order; the function tells whether its first argument comes after its second.", "split": "The parts of the text between separators.",
	"spread": "An array of objects with one member each.", "sqrt": "The square root.", "string": "The value as text; objects and arrays as JSON.", "substring": "The part of the text from a place on, the first being 0.", "substringAfter": "What follows the first occurrence of the characters.",
	"substringBefore": "What stands before the first occurrence of the characters.", "sum": "The sum of the numbers.", "toMillis": "An ISO 8601 time, or one in the picture's form, in milliseconds since 1970.", "trim": "The text with runs of white space made one blank each, and none at its ends.", "type": "The name of the value's type.", "uppercase": "The text in upper case.",
	"uuid": "A random UUID, version 4. Added by Step Functions.", "zip": "Arrays of the items with the same index.",
}
