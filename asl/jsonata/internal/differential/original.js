// Reads lines of [{expr, data}, …] and answers each with a line of outcomes.
const jsonata = require(process.argv[2]);
const lines = require('readline').createInterface({input: process.stdin});

const isFunction = v => typeof v === 'function' || v && (v._jsonata_function === true || v._jsonata_lambda === true);

// The original notes in a function where it was called last, and keeps that beyond the evaluation.
const names = ('sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match ' +
  'contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power random ' +
  'boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle ' +
  'distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl eval toMillis fromMillis clone').split(' ');
let functions = [];

function forget() {
  for (const f of functions) {
    delete f.token;
    delete f.position;
  }
}

async function outcome({expr, data}) {
  forget();
  try {
    const result = await jsonata(expr).evaluate(data);
    if (result === undefined) {
      return {};
    }
    return {result: isFunction(result) ? '' : JSON.parse(JSON.stringify(result, (_, v) => isFunction(v) ? '' : v))};
  } catch (e) {
    const token = e.token === undefined ? undefined : String(e.token);
    return {error: true, code: e.code, token, message: e.message, position: e.position};
  }
}

(async () => {
  functions = await Promise.all(names.map(n => jsonata('$' + n).evaluate({})));
  for await (const line of lines) {
    const outcomes = [];
    for (const r of JSON.parse(line)) {
      outcomes.push(await outcome(r));
    }
    process.stdout.write(JSON.stringify(outcomes) + '\n');
  }
})();
