// The expressions that are compared with the reference implementation. Each stands with the input it is given as $states.input; $word is the text
// "word", $ten the number 10, $list the array [3, 1, 2].

const invoice = {
  id: "A-17",
  customer: { name: "Ada", tags: ["new", "vip"], "e mail": "ada@example.org" },
  lines: [
    { sku: "pen", price: 1.5, quantity: 10, tags: [] },
    { sku: "ink", price: 12, quantity: 1, tags: ["liquid"] },
    { sku: "pad", price: 3.25, quantity: 4 },
  ],
  paid: null,
  big: 9007199254740991,
  small: 0.000001,
};

const expressions = [
  // Paths
  "$states.input.id", "$states.input.customer.name", "$states.input.missing", "$states.input.lines.sku", "$states.input.lines[0].sku",
  "$states.input.lines[-1].sku", "$states.input.lines[5]", "$states.input.lines[price > 2].sku", "$states.input.lines[sku = 'ink']",
  "$states.input.lines[sku = 'ink'][]", "$states.input.lines[[0..1]].sku", "$states.input.customer.`e mail`", "$states.input.**.sku",
  "$states.input.customer.*", "$states.input.lines.tags", "$states.input.lines.tags[0]", "$states.input.paid", "$states.input.lines.(price * quantity)",
  "$states.input.lines{sku: price}", "$states.input.lines.{'sku': sku, 'total': price * quantity}", "$states.input.lines^(price).sku",
  "$states.input.lines^(>price).sku", "$states.input.lines^(>quantity, sku).sku", "$states.input.lines@$l.{'sku': $l.sku}", "$states.input.lines#$i.{'at': $i, 'sku': sku}",
  "$states.input.lines.%.id", "$states.input.customer.tags[0]", "$states.input.lines[tags].sku", "($states.input).lines[1].price",
  // Operators
  "1 + 2", "7 - 10", "6 * 7", "7 / 2", "7 % 3", "-7 % 3", "2 + 3 * 4", "(2 + 3) * 4", "-$ten", "0.1 + 0.2", "1 / 3", "1e3", "10 / 5", "$ten = 10", "$ten != 10",
  "$ten > 9", "$ten <= 10", "'a' < 'b'", "'b' < 'a'", "1 = '1'", "null = null", "[1, 2] = [1, 2]", "{'a': 1} = {'a': 1}", "true and false", "true or false", "$not(true)",
  "'a' & 'b'", "'a' & 1", "'a' & null", "'a' & true", "'a' & [1, 2]", "'a' & {'b': 1}", "'a' & $missing", "1 in [1, 2]", "'x' in $list", "3 in $list", "[1..5]", "[1..0]", "[1, 2, [3, 4]]",
  "[]", "{}", "[[]]", "[null]", "$ten > 5 ? 'more' : 'less'", "$ten > 50 ? 'more'", "$missing ? 1 : 2", "($a := 5; $b := $a * 2; $a + $b)", "($x := 1; ($x := 2); $x)",
  "$list[1]", "$list[$ > 1]", "$list[]", "'word' = $word", "$word & '!'", "1 + '1'", "'a' + 1", "'a' < 1", "-'a'", "$missing + 1", "1 / 0 = 1 / 0", "[1 / 0]", "null + 1",
  "$states.input ~> |customer|{'name': 'Bob'}, ['tags']|", "$list ~> $sum", "'  a ' ~> $trim ~> $uppercase",
  // Strings
  "$string(5)", "$string(5.5)", "$string(null)", "$string([1, 'a'])", "$string({'a': [true]})", "$string({'a': 1}, true)", "$string(1e21)", "$string(0.0000001)", "$string(100000000000000000000)",
  "$length('héllo')", "$length('😀')", "$length('')", "$substring('hello', 1)", "$substring('hello', 1, 3)", "$substring('hello', -3)", "$substring('hello', -3, 2)", "$substringBefore('a-b', '-')",
  "$substringAfter('a-b', '-')", "$substringBefore('ab', '-')", "$uppercase('aé')", "$lowercase('AÉ')", "$trim('  a \\n b ')", "$pad('a', 5)", "$pad('a', -5, '#')", "$pad('a', 5, 'xy')",
  "$contains('abc', 'b')", "$contains('abc', /B/)", "$contains('abc', /B/i)", "$split('a,b,c', ',')", "$split('a,b,c', ',', 2)", "$split('a1b2c', /[0-9]/)", "$split('', ',')",
  "$join(['a', 'b'], '-')", "$join('a', '-')", "$join(['a', 'b'])", "$join([1, 2])", "$match('abab', /a(b)/)", "$match('abab', /a(b)/, 1)", "$match('x', /y/)", "$replace('abab', 'a', 'c')",
  "$replace('abab', 'a', 'c', 1)", "$replace('abab', /a(b)/, '$1$1')", "$replace('John', /J/, function($m) { $m.match & '!' })", "$base64encode('duramen')", "$base64decode('ZHVyYW1lbg==')",
  "$encodeUrlComponent('a b&c')", "$encodeUrl('https://x/a b')", "$decodeUrlComponent('a%20b')", "$decodeUrl('https://x/a%20b')", "$length(5)", "$uppercase(1)", "$substring(1, 2)",
  // Numbers
  "$number('12.5')", "$number('0x1F')", "$number(true)", "$number('x')", "$abs(-3)", "$floor(2.7)", "$floor(-2.7)", "$ceil(2.1)", "$round(2.5)", "$round(3.5)", "$round(-2.5)", "$round(123.456, 2)", "$round(125, -1)",
  "$power(2, 10)", "$power(2, 0.5)", "$sqrt(16)", "$sqrt(-1)", "$formatNumber(12345.6, '#,###.00')", "$formatNumber(0.5, '0%')", "$formatNumber(-3, '0')", "$formatBase(255, 16)", "$formatBase(5, 2)",
  "$formatInteger(12, 'w')", "$formatInteger(12, 'I')", "$formatInteger(1234, '#,##0')", "$parseInteger('twelve', 'w')", "$parseInteger('XII', 'I')", "$states.input.big + 0", "$states.input.small",
  // Aggregation
  "$sum($list)", "$sum([])", "$sum($states.input.lines.(price * quantity))", "$max($list)", "$min($list)", "$average($list)", "$max([])", "$sum(['a'])", "$sum(5)",
  // Booleans
  "$boolean('')", "$boolean('a')", "$boolean(0)", "$boolean([])", "$boolean([0])", "$boolean([0, 1])", "$boolean({})", "$boolean({'a': 1})", "$boolean(null)", "$not($missing)", "$exists($states.input.id)", "$exists($missing)",
  // Arrays
  "$count($list)", "$count([])", "$count($missing)", "$count('a')", "$append([1], [2, 3])", "$append(1, 2)", "$append([], $missing)", "$sort($list)", "$sort(['b', 'a'])", "$sort($list, function($a, $b) { $a < $b })",
  "$sort([{'a': 1}])", "$reverse($list)", "$distinct([1, 2, 1, '1'])", "$distinct([{'a': 1}, {'a': 1}])", "$zip([1, 2], ['a', 'b', 'c'])", "$zip([1], [2])",
  // Objects
  "$keys($states.input.customer)", "$keys([{'a': 1}, {'b': 2}])", "$lookup($states.input, 'id')", "$lookup($states.input.lines, 'sku')", "$spread({'a': 1, 'b': 2})", "$merge([{'a': 1}, {'b': 2, 'a': 3}])",
  "$each({'a': 1, 'b': 2}, function($v, $k) { $k & $v })", "$sift({'a': 1, 'b': 2}, function($v) { $v > 1 })", "$type(1)", "$type('a')", "$type(null)", "$type([])", "$type({})", "$type(true)", "$type(function() { 1 })",
  "$type($missing)", "$error('no')", "$assert(false, 'no')", "$assert(true, 'no')",
  // Higher-order functions
  "$map($list, function($v) { $v * 2 })", "$map($list, function($v, $i, $a) { $v + $i + $count($a) })", "$map([5], function($v) { $v })", "$map([], function($v) { $v })", "$map($list, $string)",
  "$filter($list, function($v) { $v > 1 })", "$filter($list, function($v) { $v > 5 })", "$single($list, function($v) { $v = 1 })", "$single($list, function($v) { $v > 1 })", "$reduce($list, function($a, $v) { $a + $v })",
  "$reduce($list, function($a, $v) { $a & $v }, '')", "$reduce([], function($a, $v) { $a + $v })", "($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(10))", "($add := function($a, $b) { $a + $b }; $inc := $add(1, ?); $inc(5))",
  "($twice := function($f) { function($x) { $f($f($x)) } }; $twice(function($y) { $y + 3 })(4))", "function($x) { $x }", "($f := function($n, $t) { $n = 0 ? $t : $f($n - 1, $t + 1) }; $f(1000, 0))", "λ($x) { $x * 2 }(4)",
  "($f := function($x)<n:n> { $x }; $f('a'))", "$unknown(1)", "$ten(1)", "$map(1)",
  // Dates
  "$fromMillis(1510067557121)", "$fromMillis(1510067557121, '[Y0001]-[M01]-[D01]')", "$fromMillis(1510067557121, '[M01]/[D01]/[Y0001] [h#1]:[m01][P]', '-0500')", "$toMillis('2017-11-07T15:12:37.121Z')",
  "$toMillis('2017-11-07', '[Y0001]-[M01]-[D01]')", "$toMillis('x')", "$fromMillis(0, '[FNn], [D1o] [MNn] [Y]')", "$fromMillis(1510067557121, '[H01]:[m01]:[s01].[f001]')",
  // Grouping, comments, quoting
  "/* none */ 5", "'it\\'s'", "\"a\\u0041\"", "'\\n'", "$states.input.lines{sku: $sum(price)}", "$states.input.lines{`sku`: $}", "{'a': $missing}", "[$missing, 1]", "{'a': 1, 'b': {'c': [2]}}.b.c",
  "$states.input.lines.sku[0]", "$states.input.(lines.sku)[0]", "($states.input.lines.sku)[0]", "$states.input.customer.tags ~> $join(', ')", "$states.input.lines[price = $max($states.input.lines.price)].sku",
  // What is not an expression
  "1 +", "(", "$states.", "'a", "[1", "{'a' 1}", "a b", "1 2", "$f(", "@", "/(/", "?:", "$x := ", "^(a)",
];

// Every function and every operator meets values of every kind in every place: what is not there, what is empty, what is of
// another type, texts beyond ASCII, numbers beyond all that is whole.
const values = ["$missing", "null", "true", "''", "'ä😀'", "'12'", "0", "-1.5", "1e300", "[]", "[3, 1]", "['b', 'a']", "{}", "{'a': 1}", "$sum"];

// How each function is called, so that it gives something.
const calls = {
  abs: ["-1"], append: ["[1]", "[2]"], average: ["[1, 2]"], base64decode: ["'YQ=='"], base64encode: ["'a'"], boolean: ["1"], ceil: ["1.5"],
  contains: ["'abc'", "'b'"], count: ["[1, 2]"], decodeUrl: ["'a%20b'"], decodeUrlComponent: ["'a%20b'"], distinct: ["[1, 1, 2]"],
  each: ["{'a': 1}", "function($v, $k) { $k & $v }"], encodeUrl: ["'a b'"], encodeUrlComponent: ["'a b'"], error: ["'no'"], exists: ["1"],
  filter: ["[1, 2]", "function($v) { $v > 1 }"], floor: ["1.5"], formatBase: ["10", "2"], formatInteger: ["12", "'w'"], formatNumber: ["12.5", "'#0.0'"],
  fromMillis: ["0", "'[Y]'", "'+0100'"], assert: ["true", "'no'"], join: ["['a', 'b']", "'-'"], keys: ["{'a': 1}"], length: ["'abc'"], lookup: ["{'a': 1}", "'a'"],
  lowercase: ["'A'"], map: ["[1, 2]", "function($v) { $v + 1 }"], match: ["'abab'", "/a(b)/", "1"], max: ["[1, 2]"], merge: ["[{'a': 1}, {'b': 2}]"], min: ["[1, 2]"],
  not: ["true"], number: ["'12'"], pad: ["'a'", "3", "'-'"], parseInteger: ["'12'", "'0'"], power: ["2", "3"], reduce: ["[1, 2]", "function($a, $v) { $a + $v }", "5"],
  replace: ["'abab'", "'a'", "'c'", "1"], reverse: ["[1, 2]"], round: ["12.345", "2"], sift: ["{'a': 1, 'b': 2}", "function($v) { $v > 1 }"],
  single: ["[1, 2]", "function($v) { $v = 1 }"], sort: ["[2, 1]", "function($a, $b) { $a > $b }"], split: ["'a,b,c'", "','", "2"], spread: ["{'a': 1, 'b': 2}"], sqrt: ["4"],
  string: ["5", "true"], substring: ["'hello'", "1", "3"], substringAfter: ["'a-b'", "'-'"], substringBefore: ["'a-b'", "'-'"], sum: ["[1, 2]"],
  toMillis: ["'2017'", "'[Y0001]'"], trim: ["' a '"], type: ["1"], uppercase: ["'a'"], zip: ["[1, 2]", "[3, 4]"],
};

// What takes so long or is so large that it tells of nothing but limits.
const excessive = new Set(["$pad('a', 1e300, '-')"]);

for (const [name, good] of Object.entries(calls)) {
  expressions.push(`$${name}()`, `$${name}(${[...good, "1", "1"].join(", ")})`, `$${name}`);
  for (let given = 1; given <= good.length; given++) expressions.push(`$${name}(${good.slice(0, given).join(", ")})`);
  good.forEach((_, at) => {
    for (const value of values) expressions.push(`$${name}(${good.map((argument, place) => (place === at ? value : argument)).join(", ")})`);
  });
}

const operands = ["$missing", "null", "true", "'12'", "'ä'", "3", "-1.5", "1e300", "[]", "[3]", "[1, 3]", "{'a': 1}", "$sum"];
for (const operator of ["+", "-", "*", "/", "%", "=", "!=", "<", "<=", ">", ">=", "&", "and", "or", "in"])
  for (const left of operands) for (const right of operands) expressions.push(`${left} ${operator} ${right}`);
for (const operand of operands) {
  expressions.push(`-(${operand})`, `(${operand}) ? 'yes' : 'no'`, `(${operand}) ? 'yes'`, `[${operand}]`, `{'k': ${operand}}`, `[${operand}..2]`, `[1..${operand}]`);
  expressions.push(`(${operand}).a`, `(${operand})[0]`, `(${operand})[-1]`, `(${operand})[]`, `(${operand})[$ > 1]`, `(${operand}).*`, `(${operand}).**`, `(${operand})^($)`);
  expressions.push(`(${operand}){'k': $}`, `(${operand}).{'k': $}`, `(${operand}).($)`, `(${operand}).[$]`, `(${operand}) ~> $count`, `(${operand}) ~> |$|{'b': 2}|`);
  expressions.push(`($x := ${operand}; [$x, $x])`, `(${operand})@$v.$v`, `(${operand})#$i.$i`, `(${operand})(1)`, `{${operand}: 1}`, `(function($v) { $v })(${operand})`, `$append(${operand}, ?)(1)`);
}

export const variables = { word: "word", ten: 10, list: [3, 1, 2] };
export const cases = [...new Set(expressions)].filter((one) => !excessive.has(one)).map((expression) => ({ expression, input: invoice }));
