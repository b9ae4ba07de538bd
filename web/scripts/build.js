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
const chunks = chunksOf()
licences()
await worker()
publish()
writeFileSync(join(target, 'first.json'), JSON.stringify(first()))

// chunksOf reads which file became of what, by the name of a chunk; it is told to nobody.
function chunksOf() {
  const manifest = join(dist, 'manifest.json')
  const all = Object.values(JSON.parse(readFileSync(manifest, 'utf8')))
  rmSync(manifest)
  return (name) => {
    const found = all.filter((chunk) => chunk.name === name && chunk.file.endsWith('.js'))
    if (found.length !== 1) throw new Error(`there are ${found.length} chunks with the name ${name}`)
    return found[0]
  }
}

// first is what the server names in a page beside the entry, since every first screen needs it:
// what screens are made of, and the words of the language that the browser asks for.
function first() {
  const { file, css } = chunks('page')
  const words = Object.fromEntries(['uz', 'uz-Cyrl', 'ru', 'en', 'ar', 'tr'].map((language) => [language, chunks(language).file]))
  return { scripts: [file], styles: css, words }
}

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
  const values = { __VERSION__: version.digest('hex').slice(0, 16), __FILES__: list, __EARLY__: [chunks('home').file, chunks('group').file] }
  const filled = code.replace(/__(?:VERSION|FILES|EARLY)__/g, (name) => JSON.stringify(values[name]))
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
