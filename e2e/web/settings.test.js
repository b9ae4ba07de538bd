// What an admin sets of a group, and sets otherwise later.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { useServer } from '../harness/index.js'
import { Page, reader, useBrowser } from './harness.js'

const server = useServer({})
const holder = useBrowser()

async function settingsOf(ali, group, options = {}) {
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/settings`, ...options })
  await app.page.locator('main form').waitFor()
  return app
}
async function save(app) {
  await app.page.getByText('Saved.').waitFor({ state: 'hidden' }) // that of before
  await app.button('Save').first().click()
  await app.page.getByText('Saved.').waitFor()
}

test('the time zone of a group is changed, and the one of the browser stands first', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  assert.equal(group.timeZone, 'UTC')
  const app = await settingsOf(ali, group, { timezoneId: 'Asia/Tashkent' })
  const zone = app.page.getByLabel(/^Time zone/)
  const offered = await zone.locator('option').allTextContents()
  assert.deepEqual(offered.slice(0, 2), ['Asia/Tashkent', 'UTC'])
  assert.ok(offered.includes('America/New York') && offered.length > 300, `${offered.length} zones`)
  assert.equal(new Set(offered).size, offered.length, 'each is offered once')
  assert.equal(await zone.inputValue(), 'UTC', 'it is what it was')
  await zone.selectOption('America/New York')
  await save(app)
  assert.equal((await ali.snapshot(group)).timeZone, 'America/New_York')
  await zone.selectOption('Asia/Tashkent')
  await app.page.getByText('Saved.').waitFor({ state: 'hidden' }) // what is chosen anew is not saved yet
  await app.close()
})

test('a dedication keeps its lines', async () => {
  const ali = await reader(server, 'Ali')
  const dedication = 'Ota-onamizga.\nBarcha ustozlarimizga.'
  const group = await ali.post('/groups', { name: 'Juma hatmi', type: 'quran', isPublic: true, dedication }, 201)
  const app = await settingsOf(ali, group)
  await app.page.getByLabel('Name of the group').fill('Payshanba hatmi')
  await save(app)
  assert.equal((await ali.snapshot(group)).dedication, dedication, 'what was not changed')
  await app.page.getByLabel('For whom or what it is').fill(`${dedication}\nBizga ham.`)
  await save(app)
  assert.equal((await ali.snapshot(group)).dedication, `${dedication}\nBizga ham.`)

  const { code } = await ali.post(`/groups/${group.id}/links`, {}, 201)
  const stranger = await Page.opened(holder.browser, server, { path: `j/${code}` })
  const places = [[app, `groups/${group.id}/board`], [app, ''], [stranger, `j/${code}`]]
  for (const [who, path] of places) {
    await who.go(path)
    const shown = who.page.locator('bdi', { hasText: 'Ota-onamizga.' })
    await shown.waitFor()
    assert.equal((await shown.innerText()).split('\n').length, 3, `the lines at /${path}`)
  }
  await Promise.all([app.close(), stranger.close()])
})

test('a goal of hatms is set when a group is made, and taken away', async () => {
  const ali = await reader(server, 'Ali')
  const app = await Page.signedIn(holder.browser, server, ali, { path: 'new' })
  await app.page.getByLabel('Name of the group').fill('O‘n xatm')
  await app.page.getByText('More choices').click()
  await app.page.getByLabel('How many hatms you hope for').fill('10')
  await app.button('Begin').click()
  await app.page.waitForURL(/\/groups\/[^/]+\/circle$/)
  const group = { id: app.page.url().split('/').at(-2) }
  assert.equal((await ali.snapshot(group)).hatmGoal, 10)
  await app.go(`groups/${group.id}/board`)
  await app.page.getByText('0 of 10 hatms read').waitFor()
  await app.go('')
  await app.page.getByText('0 of 10 hatms read').waitFor()
  await app.go(`groups/${group.id}/settings`)
  const goal = app.page.getByLabel('How many hatms you hope for')
  assert.equal(await goal.inputValue(), '10')
  await goal.fill('')
  await save(app)
  assert.equal((await ali.snapshot(group)).hatmGoal, null)
  await app.go(`groups/${group.id}/board`)
  await app.page.getByText('0 of 30 read').waitFor()
  assert.equal(await app.page.getByText(/of 10 hatms/).count(), 0)
  await app.close()
})
