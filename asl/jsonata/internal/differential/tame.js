// The accidents of the original that ours does not have, each as the text of its source and what to put there instead.
const accidents = [
  // The items of an array constructor are evaluated concurrently: of several faults another one may be reported first, and a
  // variable that one item binds may be seen by those before it.
  ['await Promise.all(expr.expressions\n                    .map(', 'await inTurn(expr.expressions, ('],
  // So are the values of an object.
  ['await Promise.all(Object.keys(groups).map(', 'await inTurn(Object.keys(groups), ('],
  // Grouping an empty array adds an item to that array, even to the input of the expression.
  ['input.push(undefined)', 'input = [undefined]'],
  // Wildcards look into functions, which are objects with members such as _jsonata_lambda and the whole environment.
  ["        if (input !== null && typeof input === 'object') {\n            Object.keys(input).forEach(function (key) {\n                var value",
    "        if (input !== null && typeof input === 'object' && !isFunction(input)) {\n            Object.keys(input).forEach(function (key) {\n                var value"],
  ["} else if (input !== null && typeof input === 'object') {\n            Object.keys(input).forEach(function (key) {\n                recurse",
    "} else if (input !== null && typeof input === 'object' && !isFunction(input)) {\n            Object.keys(input).forEach(function (key) {\n                recurse"],
  // A function may be the update of a transform, since it is an object.
  ["updateType !== 'object' || update === null", "updateType !== 'object' || isFunction(update) || update === null"],
  // A transform whose pattern finds objects of the expression's input ($$) changes that input.
  ["exec_env.bind('$', input);", "exec_env.bind('$', input); keep(input);"],
  ['match[prop] = update[prop];', 'kept.has(match) || (match[prop] = update[prop]);'],
  ["if(typeof match === 'object' && match !== null) {\n                                    delete", "if(typeof match === 'object' && match !== null && !kept.has(match)) {\n                                    delete"],
  // A function takes the place of a text as the text of its source.
  ['result += replacement;', 'result += textOnly(replacement);'],
  // Powers are off by one in the last place now and then.
  ['result = Math.pow(arg, exp);', 'result = pow(arg, exp);'],
  // A function of the language that is applied partially takes arguments of any type, and makes of wrong ones what JavaScript makes
  // of them.
  ['partialApplyNativeFunction(proc.implementation, evaluatedArgs);', 'partialApplyNativeFunction(typed(proc), evaluatedArgs);'],
  // What goes wrong in a composition of functions is placed in a text that the original makes up.
  ["var chainAST = parser('function($f, $g) { function($x){ $g($f($x)) } }');",
    "var chainAST = placeless(parser('function($f, $g) { function($x){ $g($f($x)) } }'));"],
  // $string(?) fails at a position in a text that the original makes up.
  ['result = partialApplyNativeFunction(typed(proc), evaluatedArgs);',
    'try { result = partialApplyNativeFunction(typed(proc), evaluatedArgs); } catch (e) { e.position = expr.position; throw e; }'],
  // Messages show functions as what they are made of, or as null.
  ['return JSON.stringify(err[arguments[1]]);', "return isFunction(err[arguments[1]]) ? undefined : JSON.stringify(err[arguments[1]], (_, v) => isFunction(v) ? '' : v);"],
  // Messages show regular expressions as {}.
  ['return new RegExp(pattern, flags);', 'return asText(new RegExp(pattern, flags), pattern);'],
];

const prelude = require('fs').readFileSync(`${__dirname}/pow.js`, 'utf8') + `
async function inTurn(list, f) { const all = []; for (const [i, item] of list.entries()) all.push(await f(item, i)); return all; }
function letter(v) {
  if (v && (v._jsonata_function || v._jsonata_lambda) || typeof v === 'function') return 'f';
  return v === undefined ? 'm' : v === null ? 'l' : Array.isArray(v) ? 'a' : (typeof v)[0];
}
function fits(v, [, , choice, type, subtype]) {
  const found = letter(v), wanted = choice || {x: 'asnblfo', j: 'asnblo'}[type] || type;
  return found === 'm' || wanted.includes(found) && !(found === 'a' && subtype && v.some(item => letter(item) !== subtype[0]));
}
function typed(proc) {
  const params = [...proc.signature.definition.slice(1).split(/:(?![^<]*>[^:]*:)/)[0].matchAll(/(\\(([a-z]+)\\)|[a-z])(?:<([^>]*)>)?[-?+]*/g)]
    .map(([all, one, choice, subtype]) => [all, one, choice, choice ? '' : one, subtype]);
  const checked = function (...args) {
    args.forEach((v, i) => { if (params[i] && !fits(v, params[i])) throw new TypeError('argument ' + (i + 1)); });
    return proc.implementation.apply(this, args);
  };
  checked.toString = () => proc.implementation.toString();
  return checked;
}
function placeless(tree) {
  if (tree !== null && typeof tree === 'object') {
    delete tree.position;
    Object.values(tree).forEach(placeless);
  }
  return tree;
}
let kept = new WeakSet();
function keep(input) {
  if (input !== null && typeof input === 'object') {
    kept.add(input);
    Object.values(input).forEach(keep);
  }
}
function textOnly(v) { if (typeof v === 'function') throw {code: 'D3012'}; return v; }
function asText(regex, pattern) { regex.toString = regex.toJSON = () => pattern; return regex; }
`;

exports.tame = source => prelude + accidents.reduce((text, [accident, instead]) => {
  if (text.split(accident).length !== 2) {
    throw new Error('not once in the original: ' + accident);
  }
  return text.replace(accident, () => instead);
}, source);
