// A street that reads and counts together, in each of the six languages: what pictures show.
import { reader } from './harness.js'

export const languages = ['uz', 'uz-Cyrl', 'ru', 'en', 'ar', 'tr']

// The same street in each language's own words.
const streets = {
  en: ['Navoiy street hatm', 'For the parents of our street', 'Salawat', ['Malika', 'Anvar', 'Zarina', 'Otabek', 'Dilnoza']],
  ru: ['Хатм улицы Навои', 'За родителей нашей улицы', 'Салават', ['Малика', 'Анвар', 'Зарина', 'Отабек', 'Дилноза']],
  uz: ['Navoiy ko‘chasi xatmi', 'Ko‘chamiz ota-onalari haqiga', 'Salavot', ['Malika', 'Anvar', 'Zarina', 'Otabek', 'Dilnoza']],
  'uz-Cyrl': ['Навоий кўчаси хатми', 'Кўчамиз ота-оналари ҳақига', 'Салавот', ['Малика', 'Анвар', 'Зарина', 'Отабек', 'Дилноза']],
  ar: ['ختمة حي السلام', 'لآباء حيّنا وأمهاته', 'الصلاة على النبي', ['مليكة', 'أنور', 'زرينة', 'عمر', 'دلنواز']],
  tr: ['Yunus Emre Sokağı hatmi', 'Sokağımızın anne babaları için', 'Salavat', ['Melike', 'Enver', 'Zerrin', 'Bekir', 'Dilara']],
}

export async function street(server, language) {
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

// screens are the main ones, and where each is.
export function screens({ hatm, circle }) {
  return {
    groups: '',
    board: `groups/${hatm.id}/board`,
    counter: `groups/${circle.id}/counter`,
    circle: `groups/${hatm.id}/circle`,
    inbox: 'inbox',
    account: 'account',
    settings: `groups/${hatm.id}/settings`,
    new: 'new',
  }
}

// shown waits until a screen has what it shows.
export async function shown(app) {
  await app.page.locator('main :is(ol, ul, form, dl, .card)').first().waitFor()
  await app.live()
  await app.page.waitForLoadState('networkidle') // lists that are asked for beside the group
  await app.page.waitForFunction(() => document.getAnimations().length === 0)
  await app.page.evaluate(() => document.fonts.ready)
}
