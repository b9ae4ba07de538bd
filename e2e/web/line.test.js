// Lines that are there, and yet not as they should be: proxies that let no WebSocket through or
// no socket at all, a snapshot that cannot be read, and who is taken out of a group.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, useServer } from '../harness/index.js'
import { fronted } from './front.js'
import { Page, reader, useBrowser } from './harness.js'

const server = useServer({})
const holder = useBrowser()
const cell = (app, n) => app.page.locator('main ol button').nth(n - 1)
const shows = (app, n, want) => until(async () => (await cell(app, n).getAttribute('data-state')) === want, `juz ${n} to be ${want}`)

test('where no WebSocket comes through, what others do is seen all the same', async (t) => {
  const front = await fronted(server, { webSocket: false })
  t.after(() => front.close())
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  const app = await Page.signedIn(holder.browser, front, ali, { path: `groups/${group.id}/board` })
  await cell(app, 1).waitFor() // the snapshot is read: the rest comes by the line
  await zarina.post(`/groups/${group.id}/bookings`, { poraId: '2' })
  await shows(app, 2, 'taken')
  await app.context.close()
})

test('where no socket comes through at all, a link leads into the group', async (t) => {
  const change = (path) => (path.startsWith('/socket.io/') ? { status: 403, body: '' } : undefined)
  const front = await fronted(server, { webSocket: false, change })
  t.after(() => front.close())
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup()
  const { code } = await ali.post(`/groups/${group.id}/links`, {}, 201)
  const app = await Page.signedIn(holder.browser, front, zarina, { path: `j/${code}` })
  await app.button('Join').click()
  await cell(app, 1).waitFor()
  await app.context.close()
})

test('a snapshot that cannot be read is read a little later, although nothing else happens', async (t) => {
  let failed = 0
  let failing = false
  const front = await fronted(server, {
    change: (path) => {
      if (!failing || !/^\/api\/v1\/groups\/[^/?]+$/.test(path)) return undefined
      failed++
      return { status: 503, body: '' }
    },
  })
  t.after(() => front.close())
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  const app = await Page.signedIn(holder.browser, front, zarina, { path: `groups/${group.id}/board` })
  await app.live()
  failing = true
  await ali.patch(`/groups/${group.id}`, { name: 'Yangi nom' })
  await until(() => failed > 0, 'the snapshot to be asked for')
  failing = false
  await app.page.getByRole('heading', { name: 'Yangi nom' }).waitFor()
  await app.context.close()
})

test('who is taken out of a group of its own does not see it any more', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.post('/groups', { name: 'Oila xatmi', type: 'quran', isPublic: false }, 201)
  const { code } = await ali.post(`/groups/${group.id}/links`, {}, 201)
  await zarina.post(`/links/${code}/join`)
  const app = await Page.signedIn(holder.browser, server, zarina, { path: `groups/${group.id}/board` })
  await app.live()
  await app.remembers(zarina, group)
  await ali.delete(`/groups/${group.id}/members/${zarina.id}`)
  await app.page.getByText('This group is not there, or you are not in it.').waitFor()
  assert.equal(await cell(app, 1).count(), 0)
  await until(async () => (await app.kept(zarina, 'seen', `group-${group.id}`)) === undefined, 'the device to forget it')
  await app.close()
})
