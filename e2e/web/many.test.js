// A group of a thousand members with twenty open hatms, on a phone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, useServer } from '../harness/index.js'
import { accessible, crowd, fits, Page, reader, useBrowser } from './harness.js'

const MEMBERS = 1000
const HATMS = 20
const server = useServer({})
const holder = useBrowser()

test('it is opened, a juz is taken in the hatm that has one, and what others do arrives', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.post('/groups', { name: 'Katta davra', type: 'quran', isPublic: true, openHatms: HATMS }, 201)
  const others = await crowd(server, group, MEMBERS - 1)
  // All but the last are given to the others, so that Ali holds nothing yet.
  const userIds = others.map((o) => o.id)
  for (let hatm = 1; hatm < HATMS; hatm++) await ali.post(`/groups/${group.id}/hatms/${hatm}/share`, { userIds })
  const { hatms, members } = await ali.snapshot(group)
  assert.deepEqual([hatms.length, members.length], [HATMS, MEMBERS])

  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/board`, width: 320, height: 640 })
  const cell = (n) => app.page.locator('main ol button').nth(n - 1)
  const state = (n, want) => until(async () => (await cell(n).getAttribute('data-state')) === want, `juz ${n} to be ${want}`)
  // Somebody of seventy looks for a free one: the board of the hatm that has them comes first.
  await app.page.getByRole('heading', { name: `Hatm ${HATMS}` }).waitFor()
  const top = await cell(1).evaluate((e) => e.getBoundingClientRect().top)
  assert.ok(top < 640, `the first juz is in sight, and not below ${top} px of hatms`)
  await fits(app.page, 'a board of twenty hatms')
  await accessible(app.page, 'a board of twenty hatms')
  await cell(30).click()
  await app.button('I will read it').click()
  await state(30, 'mine')
  await others[7].post(`/groups/${group.id}/bookings`, { poraId: '4', hatmNumber: HATMS })
  await state(4, 'taken')

  await app.page.getByLabel('Open hatms').selectOption({ index: 0 })
  await app.page.getByRole('heading', { name: 'Hatm 1', exact: true }).waitFor()
  await state(1, 'taken')
  await app.page.evaluate(() => scrollTo(0, document.body.scrollHeight))
  await fits(app.page, 'its end')

  await app.go(`groups/${group.id}/circle`)
  const people = app.page.locator('[class*=items] li[class*=item]')
  await app.button(`${MEMBERS - 50} more`).click()
  await until(async () => (await people.count()) >= 250, 'more people to be shown')
  await fits(app.page, 'a circle of a thousand')
  await app.page.getByLabel('Find a name').fill('oquvchi 99') // however its apostrophe is written
  await until(async () => (await people.count()) === 11, 'those who are looked for')
  await app.close()
})
