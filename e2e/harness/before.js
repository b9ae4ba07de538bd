// The binary of the release before, to show that it and this one work on the same data.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// BEFORE is the last commit of the release before.
const BEFORE = '704b0d668fa7927a86e0a5adde97cba47bbf7aa4'

// releaseBefore returns the path of that binary: the one that ZIKR_TEST_BEFORE_BINARY names, else one that is built
// from the history that is here. Without either it says what is missing.
export function releaseBefore() {
  const { ZIKR_TEST_BEFORE_BINARY: named } = process.env
  if (named) return { path: resolve(named) }
  const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..')
  const git = (...args) => spawnSync('git', ['-C', root, ...args], { maxBuffer: 1 << 28 })
  if (git('cat-file', '-e', `${BEFORE}^{commit}`).status !== 0) {
    return { missing: 'ZIKR_TEST_BEFORE_BINARY names no binary of the release before, and its commit is not in the history here' }
  }
  const dir = mkdtempSync(join(tmpdir(), 'zikr-before-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  const source = git('archive', BEFORE)
  const steps = [
    source,
    spawnSync('tar', ['-x', '-C', dir], { input: source.stdout }),
    // with the flags of the Makefile's BUILD, so that what both releases are made of is compiled once
    spawnSync('go', ['build', '-trimpath', '-buildvcs=false', '-o', join(dir, 'zikr.before'), './cmd/zikr'], { cwd: dir, env: { ...process.env, CGO_ENABLED: '0' } }),
  ]
  const failed = steps.find(({ status }) => status !== 0)
  if (failed) throw new Error(`the release before cannot be built: ${failed.error?.message ?? failed.stderr}`)
  return { path: join(dir, 'zikr.before') }
}
