// The main screens in six languages, held against the pictures that were looked at and stored.
// A screen that was changed on purpose: node web/pictures.js stored, look, commit.
import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { useServer } from '../harness/index.js'
import { fits, useBrowser } from './harness.js'
import { different, fonts, pictures, sameFonts, stored } from './stored.js'
import { languages } from './street.js'

const MOST = 0.03 // of a picture: times and what is here now differ in each run
const server = useServer({})
const holder = useBrowser()

for (const language of languages) {
  test(`the main screens in ${language}`, async (t) => {
    const page = await holder.browser.newPage()
    const known = sameFonts(await fonts(page))
    if (!known) t.diagnostic('this machine has other letters: only widths are looked at')
    const wrong = []
    for await (const { name, data, app } of pictures(holder.browser, server, language)) {
      await fits(app.page, name)
      const before = stored(name)
      assert.ok(before, `${name} is not stored: node web/pictures.js stored`)
      const share = known ? await different(page, before, data) : 0
      if (share > MOST) wrong.push(`${kept(name, data)}: ${(share * 100).toFixed(1)} % is not as in web/stored/${name}`)
    }
    assert.deepEqual(wrong, [])
    await page.close()
  })
}

test('another picture is told apart', async () => {
  const page = await holder.browser.newPage()
  assert.equal(await different(page, stored('board-en.webp'), stored('board-en.webp')), 0)
  for (const other of ['board-ar.webp', 'circle-en.webp', 'counter-en.webp']) {
    assert.ok((await different(page, stored('board-en.webp'), stored(other))) > MOST, other)
  }
  await page.close()
})

function kept(name, data) {
  const path = join(mkdtempSync(join(tmpdir(), 'zikr-picture-')), name)
  writeFileSync(path, data)
  return path
}
