// Runs what the page runs, on what comes as JSON on the standard input; its address is the first argument.
// Programs: every step of every case. Networks: unfolded once, and again after a change.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const source = (name) => import(pathToFileURL(`${process.argv[2]}/${name}.ts`).href);
const { run } = await source("machine");
const { unfoldNetwork } = await source("network");
const { erf } = await source("functions");

const numbers = (values) => Float64Array.from(values, Number);
const plain = (values) => Array.from(values, (x) => (Number.isFinite(x) ? x : String(x)));

function steps({ program, inputs, state }) {
  let states = state.map(numbers);
  return inputs.map((input) => {
    const { output, states: after, values } = run(program, numbers(input), states);
    const taps = program.taps.map(({ at }) => plain(run(program, numbers(input), states).values(at)));
    const lines = program.lines.map(({ at }) => plain(run(program, numbers(input), states).values(at)));
    const result = { output: plain(output), states: after.map(plain), taps, lines };
    states = after.map((part) => part.slice());
    return result;
  });
}

function network({ network, given, changed }) {
  const prepared = ({ steps, input, initial, edits }) => ({ steps, input: Float32Array.from(input), initial, edits });
  const shown = ({ output, said, values }) => ({
    output: plain(output),
    said: said && plain(said),
    values: Object.fromEntries([...values].map(([name, array]) => [name, plain(array)])),
  });
  const before = unfoldNetwork(network, prepared(given));
  const first = shown(before);
  const { from, to, ...other } = changed;
  const again = shown(unfoldNetwork(network, prepared({ ...given, ...other }), { before, from, to }));
  return { first, again, kept: JSON.stringify(shown(before)) === JSON.stringify(first) };
}

const asked = JSON.parse(readFileSync(0, "utf8"));
const answer = {
  programs: (asked.programs ?? []).map(steps),
  networks: (asked.networks ?? []).map(network),
  erf: plain((asked.erf ?? []).map(erf)),
};
process.stdout.write(JSON.stringify(answer));
