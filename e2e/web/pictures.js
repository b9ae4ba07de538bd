// Makes pictures of the app, to look at and for the documentation:
//   node web/pictures.js docs             the few that docs/ shows
//   node web/pictures.js all FOLDER       the main screens in six languages, three widths, two themes
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { Server } from '../harness/index.js'
import { executable, Page, reader } from './harness.js'

const languages = ['uz', 'uz-Cyrl', 'ru', 'en', 'ar', 'tr']
const [what, folder] = process.argv.slice(2)
const docs = resolve(import.meta.dirname, '../../docs/pictures')

// The same street in each language's own words.
const streets = {
  en: ['Navoiy street hatm', 'For the parents of our street', 'Salawat', ['Malika', 'Anvar', 'Zarina', 'Otabek', 'Dilnoza']],
  ru: ['Хатм улицы Навои', 'За родителей нашей улицы', 'Салават', ['Малика', 'Анвар', 'Зарина', 'Отабек', 'Дилноза']],
  uz: ['Navoiy ko‘chasi xatmi', 'Ko‘chamiz ota-onalari haqiga', 'Salavot', ['Malika', 'Anvar', 'Zarina', 'Otabek', 'Dilnoza']],
  'uz-Cyrl': ['Навоий кўчаси хатми', 'Кўчамиз ота-оналари ҳақига', 'Салавот', ['Малика', 'Анвар', 'Зарина', 'Отабек', 'Дилноза']],
  ar: ['ختمة حي السلام', 'لآباء حيّنا وأمهاته', 'الصلاة على النبي', ['مليكة', 'أنور', 'زرينة', 'عمر', 'دلنواز']],
  tr: ['Yunus Emre Sokağı hatmi', 'Sokağımızın anne babaları için', 'Salavat', ['Melike', 'Enver', 'Zerrin', 'Bekir', 'Dilara']],
}

async function street(server, language) {
  const [name, dedication, zikr, names] = streets[language]
  const people = []
  for (const n of names) people.push(await reader(server, n, ''.padEnd(1, n[0])))
  const [me, ...others] = people
  const hatm = await me.quranGroup()
  await me.patch(`/groups/${hatm.id}`, { name, dedication })
  const circle = await me.zikrGroup({ name: zikr, body: 'اللَّهُمَّ صَلِّ عَلَىٰ مُحَمَّدٍ وَعَلَىٰ آلِ مُحَمَّدٍ', goal: 100_000 })
  await me.patch(`/groups/${circle.id}`, { name: zikr })
  for (const other of others) {
    await other.post(`/groups/${hatm.id}/join`)
    await other.post(`/groups/${circle.id}/join`)
  }
  for (let pora = 1; pora <= 22; pora++) {
    const who = people[pora % people.length]
    const { bookingId } = await who.post(`/groups/${hatm.id}/bookings`, { poraId: String(pora) })
    if (pora < 14 && pora !== 7 && pora !== 9) await who.post(`/bookings/${bookingId}/complete`)
  }
  for (const other of others) await other.post(`/groups/${circle.id}/zikrs/${circle.zikrId}/counts`, { count: 15_460 })
  const invited = await others[0].quranGroup()
  await others[0].post(`/groups/${invited.id}/invitations`, { receiverId: me.id })
  return { me, hatm, circle }
}

async function take(browser, server, { me }, { path, language, theme, width, file, act, whole = false }) {
  const height = width < 600 ? 740 : 800
  const options = { path, width, height, colorScheme: theme, device: { language, theme }, reducedMotion: 'reduce' }
  const app = await Page.signedIn(browser, server, me, options)
  await app.page.locator('main :is(ol, ul, form, dl, .card)').first().waitFor()
  await app.page.waitForTimeout(700)
  await act?.(app)
  await app.page.evaluate(() => document.fonts.ready)
  await app.page.screenshot({ path: file, fullPage: whole })
  await app.context.close()
}

async function taps(app) {
  for (let i = 0; i < 33; i++) await app.page.locator('[data-tap]').click()
  await app.page.waitForTimeout(1500)
}
const openPora = (n) => async (app) => {
  await app.page.locator('main ol button').nth(n - 1).click()
  await app.page.waitForTimeout(300)
}

const server = new Server()
await server.start()
const browser = await chromium.launch({ executablePath: executable(), args: ['--no-sandbox'] })
try {
  if (what === 'docs') await forDocs()
  else await everything(folder)
} finally {
  await browser.close()
  await server.stop()
}

async function forDocs() {
  mkdirSync(docs, { recursive: true })
  const place = await street(server, 'en')
  const one = (name, path, options) => take(browser, server, place, { path, language: 'en', theme: 'light', width: 360, file: join(docs, `${name}.png`), ...options })
  await one('board', `groups/${place.hatm.id}/board`, { width: 1280 })
  await one('board-phone', `groups/${place.hatm.id}/board`)
  await one('pora', `groups/${place.hatm.id}/board`, { act: openPora(23) })
  await one('counter', `groups/${place.circle.id}/counter`, { act: taps })
  await one('circle', `groups/${place.hatm.id}/circle`)
}

async function everything(into) {
  mkdirSync(into, { recursive: true })
  for (const language of languages) {
    const place = await street(server, language)
    const screens = { groups: '', board: `groups/${place.hatm.id}/board`, counter: `groups/${place.circle.id}/counter`, circle: `groups/${place.hatm.id}/circle`, inbox: 'inbox', account: 'account', settings: `groups/${place.hatm.id}/settings`, new: 'new' }
    for (const [name, path] of Object.entries(screens)) {
      for (const [width, theme] of [[320, 'light'], [360, 'dark'], [1280, 'light']]) {
        const file = join(into, `${name}-${language}-${theme}-${width}.png`)
        await take(browser, server, place, { path, language, theme, width, file, whole: width !== 1280 })
      }
    }
    await take(browser, server, place, { path: screens.board, language, theme: 'light', width: 360, file: join(into, `pora-${language}.png`), act: openPora(9) })
  }
}
