// Computes with the reference implementation, the npm package `jsonata`, what the expressions of corpus.mjs give.
//
//   node reference.mjs PACKAGE          writes expected.json
//   node reference.mjs PACKAGE --check  fails if expected.json is not what the package gives
//
// PACKAGE is the folder of the installed package, such as node_modules/jsonata.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { cases, variables } from "./corpus.mjs";

const [folder, check] = process.argv.slice(2);
if (!folder) throw new Error("name the folder of the package jsonata");
const require = createRequire(import.meta.url);
const jsonata = require(resolve(folder));
const { version } = require(join(resolve(folder), "package.json"));

function hasFunction(value) {
  if (typeof value === "function" || value?._jsonata_lambda || value?._jsonata_function) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasFunction);
}

async function outcome(expression, input) {
  try {
    const value = await jsonata(expression).evaluate(undefined, { states: { input }, ...variables });
    if (value === undefined) return { undefined: true };
    if (hasFunction(value)) return { function: true };
    // Infinity is no JSON; it stands as it is named.
    return { value: JSON.parse(JSON.stringify(value, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v))) };
  } catch (error) {
    return error.code ? { error: error.code, message: error.message } : { error: String(error.message) };
  }
}

const answers = [];
for (const { expression, input } of cases) answers.push({ expression, ...(await outcome(expression, input)) });
const input = cases[0].input;
const text =
  `{"version":${JSON.stringify(version)},\n"input":${JSON.stringify(input)},\n"variables":${JSON.stringify(variables)},\n"cases":[\n` +
  answers.map((answer) => JSON.stringify(answer)).join(",\n") +
  "\n]}\n";
const file = join(import.meta.dirname, "expected.json");
if (check === "--check") {
  if (readFileSync(file, "utf8") !== text) throw new Error(`expected.json is not what jsonata ${version} gives`);
} else {
  writeFileSync(file, text);
}
