// Builds the app into internal/web/dist, from where the Go build takes it: the types of
// the wire, the app, the service worker with the list of its files, and every text
// compressed, since the server compresses nothing.
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build, transformWithOxc } from 'vite'

const web = resolve(import.meta.dirname, '..')
const dist = join(web, 'dist')
const target = resolve(web, '../internal/web/dist')

execFileSync(process.execPath, [join(web, 'scripts/types.js')], { stdio: 'inherit' })
await build({ root: web, logLevel: 'warn' })
licences()
await worker()
publish()

function licences() {
  mkdirSync(join(dist, 'licences'), { recursive: true })
  for (const [font, file] of [
    ['@fontsource/amiri', 'amiri'],
    ['@fontsource-variable/noto-naskh-arabic', 'noto-naskh-arabic'],
  ]) {
    cpSync(join(web, 'node_modules', font, 'LICENSE'), join(dist, 'licences', `${file}-OFL.txt`))
  }
}

// worker writes sw.js with what it keeps: the files that every screen may need. Fonts are
// kept when they are first used, for who reads in another script needs none of them.
async function worker() {
  const list = files(dist).filter((name) => /\.(js|css|svg|webmanifest)$/.test(name))
  const version = createHash('sha256')
  for (const name of [...list, 'index.html']) version.update(name).update(readFileSync(join(dist, name)))
  const source = readFileSync(join(web, 'src/worker/sw.ts'), 'utf8')
  const { code } = await transformWithOxc(source, 'sw.ts', { lang: 'ts' })
  const filled = code.replaceAll('__VERSION__', JSON.stringify(version.digest('hex').slice(0, 16))).replaceAll('__FILES__', JSON.stringify(list))
  writeFileSync(join(dist, 'sw.js'), filled)
}

// publish replaces the app of before, and leaves the page that is there without an app.
function publish() {
  for (const name of readdirSync(target)) {
    if (name !== 'placeholder.html') rmSync(join(target, name), { recursive: true })
  }
  cpSync(dist, target, { recursive: true })
  for (const name of files(target)) {
    if (!/\.(js|css|svg|json|webmanifest|txt)$/.test(name)) continue
    const data = readFileSync(join(target, name))
    writeFileSync(join(target, `${name}.br`), brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
    writeFileSync(join(target, `${name}.gz`), gzipSync(data, { level: 9 }))
  }
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}
