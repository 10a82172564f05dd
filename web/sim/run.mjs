// `node sim/run.mjs MODULE [ARGUMENT…]`: runs the `main` of a TypeScript module of this folder, by Vite's own loader.
import { runnerImport } from 'vite';

const [name, ...parameters] = process.argv.slice(2);
const { module } = await runnerImport(`./sim/${name}.ts`, { configFile: false, logLevel: 'error' });
await module.main(parameters);
