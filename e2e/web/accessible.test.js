// Every screen, in both themes, in three languages: axe finds nothing, and nothing is
// wider than the narrowest phone. In all six languages no screen is left in English.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { useServer } from '../harness/index.js'
import { accessible, fits, Page, reader, useBrowser } from './harness.js'

let ali
let screens
const server = useServer({}, setUp)
const holder = useBrowser()

async function setUp(server) {
  const people = await Promise.all(['Abdulloh', 'Zarina', 'Otabek'].map((name) => reader(server, name)))
  ali = people[0]
  const [, zarina, otabek] = people
  const hatm = await ali.post('/groups', { name: 'Navoiy ko‘chasi xatmi', type: 'quran', isPublic: true, dedication: 'Ota-onalarimiz haqiga' }, 201)
  const circle = await ali.zikrGroup({ name: 'Salavot', body: 'اللَّهُمَّ صَلِّ عَلَىٰ مُحَمَّدٍ', goal: 1000 }, zarina, otabek)
  for (const who of [zarina, otabek]) await who.post(`/groups/${hatm.id}/join`)
  for (const [who, pora, done] of [[zarina, 1, true], [otabek, 7, false], [ali, 9, false], [ali, 12, true]]) {
    const { bookingId } = await who.post(`/groups/${hatm.id}/bookings`, { poraId: String(pora) })
    if (done) await who.post(`/bookings/${bookingId}/complete`)
  }
  await zarina.post(`/groups/${circle.id}/zikrs/${circle.zikrId}/counts`, { count: 324 })
  const invited = await zarina.quranGroup()
  await zarina.post(`/groups/${invited.id}/invitations`, { receiverId: ali.id })
  const { code } = await ali.post(`/groups/${hatm.id}/links`, { guests: true }, 201)
  screens = {
    '': 'ul.items', 'find': 'ul.items', 'new': 'form', 'inbox': '.card', 'account': 'form',
    [`groups/${hatm.id}/board`]: 'main ol', [`groups/${hatm.id}/circle`]: '.items', [`groups/${hatm.id}/settings`]: 'form',
    [`groups/${circle.id}/counter`]: '[data-tap]', [`groups/${circle.id}/circle`]: '.items', 'no/such/place/here': 'main p',
    [`groups/${hatm.id}/hatms`]: 'section.card', [`j/${code}`]: 'section.card',
  }
}

for (const language of ['en', 'ar', 'uz']) {
  for (const theme of ['light', 'dark']) {
    test(`axe: ${language}, ${theme}`, async () => {
      const app = await Page.signedIn(holder.browser, server, ali, { device: { language, theme }, width: 320, height: 640 })
      for (const [path, there] of Object.entries(screens)) {
        await app.go(path)
        await app.page.locator(there).first().waitFor()
        await accessible(app.page, `${path} in ${language}, ${theme}`)
        await fits(app.page, `${path} in ${language}, 320 px`)
        if (path.endsWith('board')) {
          await app.page.locator('main ol button').nth(8).click()
          await app.page.getByRole('dialog').waitFor()
          await accessible(app.page, `a pora in ${language}, ${theme}`)
          await fits(app.page, `a pora in ${language}, 320 px`)
        }
      }
      await app.close()
      const out = await Page.opened(holder.browser, server, { path: 'sign-up', width: 320, locale: language, colorScheme: theme })
      for (const path of ['sign-up', 'sign-in', Object.keys(screens).find((p) => p.startsWith('j/'))]) {
        await out.go(path)
        await out.page.locator('form').waitFor()
        await accessible(out.page, `${path}, signed out, ${language}, ${theme}`)
        await fits(out.page, `${path}, signed out, ${language}`)
      }
      await out.close()
    })
  }
}

describe('in every language', () => {
  let app
  before(async () => {
    app = await Page.signedIn(holder.browser, server, ali, { width: 320, height: 640 })
  })
  after(() => app.close())
  for (const language of ['uz', 'uz-Cyrl', 'ru', 'ar', 'tr']) {
    test(`${language}: nothing is left in English, nothing is too wide`, async () => {
      await app.page.evaluate((l) => localStorage.setItem('zikr-device', JSON.stringify({ language: l, theme: 'system' })), language)
      for (const [path, there] of Object.entries(screens)) {
        await app.go(path)
        await app.page.locator(there).first().waitFor()
        assert.equal(await app.page.evaluate(() => document.documentElement.lang), language)
        assert.equal(await app.page.evaluate(() => document.documentElement.dir), language === 'ar' ? 'rtl' : 'ltr')
        const said = await app.page.evaluate(() => document.body.innerText)
        assert.doesNotMatch(said, /\b(the|and|you|group|save|free|with|your|members?|read|today)\b/i, path)
        await fits(app.page, `${path} in ${language}`)
      }
    })
  }
})

test('letters of twice the size fit, and so does a wide screen', async () => {
  for (const [width, size] of [[360, 32], [1280, 16], [2560, 16]]) {
    const app = await Page.signedIn(holder.browser, server, ali, { width, height: 800 })
    for (const [path, there] of Object.entries(screens)) {
      await app.go(path)
      await app.page.locator(there).first().waitFor()
      await app.page.evaluate((px) => document.documentElement.style.setProperty('font-size', `${px}px`), size)
      await fits(app.page, `${path}: ${width} px, letters of ${size} px`)
      assert.deepEqual(await columns(app.page), [], `${path}: columns of letters at ${width} px, letters of ${size} px`)
    }
    await app.close()
  }
})

// columns are texts that have room for a few letters in each line, and need many lines.
function columns(page) {
  return page.evaluate(() => {
    const block = (e) => (getComputedStyle(e).display.startsWith('inline') ? block(e.parentElement) : e)
    const texts = [...document.querySelectorAll('main *')].filter((e) => [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim().length > 3))
    return [...new Set(texts.filter((e) => !e.closest('.unseen, svg')).map(block))]
      .filter((e) => e.clientWidth > 0 && e.clientWidth < 4 * parseFloat(getComputedStyle(e).fontSize) && e.clientHeight > 4 * parseFloat(getComputedStyle(e).fontSize))
      .map((e) => `${e.textContent.trim().slice(0, 30)}: ${e.clientWidth} x ${e.clientHeight} px`)
  })
}

test('what is touched is large enough', async () => {
  const app = await Page.signedIn(holder.browser, server, ali, { width: 360, height: 740 })
  for (const [path, there] of Object.entries(screens)) {
    await app.go(path)
    await app.page.locator(there).first().waitFor()
    const small = await app.page.evaluate(() =>
      [...document.querySelectorAll('button, .button, nav a, select, input:not([type=checkbox], [type=radio])')]
        .map((e) => ({ e, box: e.getBoundingClientRect() }))
        .filter(({ box, e }) => box.height > 1 && !e.classList.contains('unseen') && (box.height < 44 || box.width < 44))
        .map(({ e, box }) => `${e.outerHTML.slice(0, 80)} ${box.width}x${box.height}`),
    )
    assert.deepEqual(small, [], path)
  }
  await app.close()
})

test('what has the focus is not hidden by the tabs', async () => {
  const app = await Page.signedIn(holder.browser, server, ali, { width: 360, height: 640, path: Object.keys(screens).find((path) => path.endsWith('/board')) })
  const cells = app.page.locator('main ol button')
  await cells.last().waitFor()
  await cells.first().focus()
  for (let n = 2; n <= 30; n++) {
    await app.page.keyboard.press('Tab')
    const { hidden, focused } = await app.page.evaluate(() => ({
      hidden: document.activeElement.getBoundingClientRect().bottom - document.querySelector('.app > nav').getBoundingClientRect().top,
      focused: document.activeElement.textContent,
    }))
    assert.match(focused, new RegExp(`^${n}\\D`), 'the next cell has it')
    assert.ok(hidden <= 0, `juz ${n} is ${hidden} px below the tabs`)
  }
  await app.close()
})
