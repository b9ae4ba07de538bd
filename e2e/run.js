// Builds the server with the race detector into bin/e2e, unless ZIKR_TEST_BINARY names one, and runs the
// tests against it. What is built already is not linked again. `npm test -- hatm crash` runs only those files, and
// `npm test -- web/` those of the web app in a browser, which run only when they are asked for.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname
const wanted = process.argv.slice(2)
const files = [...readdirSync(here), ...readdirSync(join(here, 'web')).map((name) => `web/${name}`)]
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => (wanted.length === 0 ? !name.startsWith('web/') : wanted.some((w) => name.startsWith(w))))
if (files.length === 0) {
  console.error(`no test file begins with ${wanted.join(' or ')}`)
  process.exit(2)
}

const { ZIKR_TEST_BINARY: named, ZIKR_TEST_LEAN_BINARY: namedLean } = process.env
const binary = named ? resolve(named) : built('zikr', ...raceFlags())
// what is measured by its memory runs without the race detector
const lean = namedLean || named ? resolve(namedLean || named) : built('zikr-lean')
process.exit(run(process.execPath, ['--test', '--test-reporter=spec', `--test-concurrency=${Math.max(2, availableParallelism())}`, ...files],
  { cwd: here, env: { ...process.env, ZIKR_TEST_BINARY: binary, ZIKR_TEST_LEAN_BINARY: lean } }))

function raceFlags() {
  return spawnSync(resolve(here, '..', 'scripts', 'race'), { encoding: 'utf8' }).stdout.split(/\s+/).filter(Boolean)
}

function built(name, ...flags) {
  const path = resolve(here, '..', 'bin', 'e2e', name)
  const failed = run('go', ['build', ...flags, '-o', path, './cmd/zikr'], { cwd: resolve(here, '..') })
  if (failed) process.exit(failed)
  return path
}

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (error) console.error(`${command}: ${error.message}`)
  return status ?? 1
}
