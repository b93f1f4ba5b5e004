// Reads lines of [{expr, data}, …] and answers each with a line of outcomes:
//
//	node original.js NODE_MODULES/jsonata [tame]
//
// The original runs in a context whose promises are settled before a script returns, so that the script's time limit holds for
// whole evaluations: some expressions make the original run endlessly.
const fs = require('fs');
const vm = require('vm');
const lines = require('readline').createInterface({input: process.stdin});

const patience = 1000; // milliseconds an expression
const [, , modules, accidents] = process.argv;
const untamed = fs.readFileSync(require.resolve(modules), 'utf8');
const source = accidents === 'tame' ? require('./tame.js').tame(untamed) : untamed;

// inContext is the program that runs beside the original.
function inContext(jsonata) {
  const isFunction = v => typeof v === 'function' || v && (v._jsonata_function === true || v._jsonata_lambda === true);

  // The original notes in a function where it was called last, and keeps that beyond the evaluation.
  const names = ('sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match ' +
    'contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power random ' +
    'boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle ' +
    'distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl eval toMillis fromMillis clone').split(' ');
  let functions = [];
  Promise.all(names.map(n => jsonata('$' + n).evaluate({}))).then(f => { functions = f; });

  async function outcome({expr, data}) {
    for (const f of functions) {
      delete f.token;
      delete f.position;
    }
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

  return request => {
    const answer = {};
    outcome(JSON.parse(request)).then(o => { answer.text = JSON.stringify(o); });
    return answer;
  };
}

// start gives a new context: what an endless expression has left behind stays in the old one.
function start() {
  const context = vm.createContext({request: '', global: {Buffer}}, {microtaskMode: 'afterEvaluate'});
  vm.runInContext(`var module = {exports: {}}, exports = module.exports;\n${source}\nvar begin = (${inContext})(module.exports);`, context);
  return context;
}

const step = new vm.Script('begin(request)');
let context = start();

function answer(request) {
  context.request = JSON.stringify(request);
  try {
    const {text} = step.runInContext(context, {timeout: patience});
    if (text !== undefined) {
      return text;
    }
  } catch (e) {
    if (e.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw e;
    }
  }
  context = start();
  return '{"stuck":true}';
}

lines.on('line', line => {
  process.stdout.write('[' + JSON.parse(line).map(answer).join(',') + ']\n');
});
