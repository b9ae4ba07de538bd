// Lists that are longer than a page: what is not shown at first is one button away.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, useServer } from '../harness/index.js'
import { Page, reader, useBrowser } from './harness.js'

const server = useServer({})
const holder = useBrowser()

// more presses a button of the list, which is as large as a finger.
async function more(app, name) {
  const button = app.button(name)
  await button.waitFor()
  const { height } = await button.boundingBox()
  assert.ok(height >= 44, `the button is ${height} px high`)
  await button.click()
}

test('all public groups are found', async () => {
  const ali = await reader(server, 'Ali')
  for (let i = 0; i < 60; i++) await ali.post('/groups', { name: `Ochiq ${i}`, type: 'quran', isPublic: true }, 201)
  const app = await Page.signedIn(holder.browser, server, ali, { path: 'find' })
  const search = app.page.getByLabel('Search by name')
  // Nothing is found first: the groups that are shown then are those of the next search, not of the screen's own.
  await search.fill('Yopiq')
  await app.page.getByText('No group was found').waitFor()
  await search.fill('Ochiq')
  const items = app.page.locator('main ul > li')
  await until(async () => (await items.count()) === 50, 'the first page')
  await more(app, 'Show more')
  await until(async () => (await items.count()) === 60, 'all of them')
  assert.equal(new Set(await items.locator('strong').allTextContents()).size, 60, 'each is there once')
  assert.equal(await app.button('Show more').count(), 0)
  await search.fill('Ochiq 59')
  await until(async () => (await items.count()) === 1, 'one to be found')
  await app.close()
})

test('my groups tell how far each hatm is, also without a line', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const [one, many, fresh] = [await ali.quranGroup(zarina), await ali.quranGroup(zarina), await ali.quranGroup()]
  await ali.patch(`/groups/${many.id}`, { openHatms: 2 })
  const read = async (group, pora, done) => {
    const { bookingId } = await zarina.post(`/groups/${group.id}/bookings`, { poraId: String(pora) }, 201)
    if (done) await zarina.post(`/bookings/${bookingId}/complete`)
  }
  for (const pora of [1, 2, 3]) await read(one, pora, pora !== 3)
  for (let pora = 1; pora <= 30; pora++) await read(many, pora, pora <= 12) // the second hatm opens
  await ali.zikrGroup()
  const app = await Page.signedIn(holder.browser, server, ali)
  const item = (group) => app.page.locator(`main ul > li:has(a[href$="${group.id}"])`)
  await item(one).getByText('2 of 30 read, 1 being read', { exact: true }).waitFor()
  await item(many).getByText('12 of 60 read, 18 being read', { exact: true }).waitFor()
  await item(fresh).getByText('0 of 30 read', { exact: true }).waitFor()
  assert.equal(await app.page.getByText(/of \d+ read/).count(), 3, 'who counts a zikr reads no hatm')
  await until(async () => (await app.kept(ali, 'seen', 'groups'))?.value.some((g) => g.hatms?.[0].totalFinished === 2), 'it to be kept')
  await app.page.evaluate(() => navigator.serviceWorker.ready)
  await app.context.setOffline(true)
  await app.anew('')
  await item(one).getByText('2 of 30 read, 1 being read', { exact: true }).waitFor()
  await app.close()
})

test('all news is in the inbox', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  for (let i = 0; i < 60; i++) {
    const { bookingId } = await ali.post(`/groups/${group.id}/bookings`, { poraId: '1', forUserId: zarina.id }, 201)
    await ali.delete(`/bookings/${bookingId}`, 200)
  }
  const app = await Page.signedIn(holder.browser, server, zarina, { path: 'inbox' })
  const items = app.page.locator('main ul > li')
  await until(async () => (await items.count()) === 100, 'the first page')
  await more(app, 'Show more')
  await until(async () => (await items.count()) === 120, 'all of it')
  assert.equal(await app.button('Show more').count(), 0)
  await until(async () => (await zarina.get('/notifications?unread=true')).items.length === 0, 'all of it to be read')
  // What is new comes on top, and takes nothing away.
  await ali.post(`/groups/${group.id}/bookings`, { poraId: '1', forUserId: zarina.id }, 201)
  await until(async () => (await items.count()) === 121, 'what is new')
  await app.close()
})

test('a pora is taken for any of many members', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  for (let i = 0; i < 30; i++) await ali.post(`/groups/${group.id}/members`, { name: `Buvi ${i}` }, 201)
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/board` })
  await app.page.locator('main ol button').first().click()
  await app.button('For somebody else').click()
  const people = app.page.locator('dialog ul.people button')
  await until(async () => (await people.count()) === 20, 'the first twenty')
  await more(app, '11 more')
  await until(async () => (await people.count()) === 31, 'all of them')
  await app.close()
})
