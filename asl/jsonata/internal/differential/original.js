// Reads lines of [{expr, data}, …] and answers each with a line of outcomes.
const jsonata = require(process.argv[2]);
const lines = require('readline').createInterface({input: process.stdin});

const isFunction = v => typeof v === 'function' || v && (v._jsonata_function === true || v._jsonata_lambda === true);

async function outcome({expr, data}) {
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
  for await (const line of lines) {
    const outcomes = [];
    for (const r of JSON.parse(line)) {
      outcomes.push(await outcome(r));
    }
    process.stdout.write(JSON.stringify(outcomes) + '\n');
  }
})();
