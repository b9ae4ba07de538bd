// What the second part of the contract adds: links and guests, several hatms, dates, sharing
// out, undo, people without a phone, groups in which nobody is named.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, Person, until, useServer } from '../harness/index.js'
import { Page, PASSWORD, reader, useBrowser } from './harness.js'

const server = useServer({})
const holder = useBrowser()
const cell = (app, n) => app.page.locator('main ol button').nth(n - 1)
const shows = (app, n, want) => until(async () => (await cell(app, n).getAttribute('data-state')) === want, `juz ${n} to be ${want}`)

test('an admin makes a link; whoever has it is in by name alone, and becomes a full account later', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/circle` })
  await app.button('New link').click()
  const address = await app.page.locator('dialog p.code').textContent()
  assert.match(address, new RegExp(`^${server.url}/j/\\w+$`))
  await app.page.locator('dialog svg[role=img]').waitFor()

  const guest = await Page.opened(holder.browser, server, { path: address.slice(server.url.length + 1) })
  await guest.page.getByText('You are invited to take part.').waitFor()
  await guest.page.getByLabel('Language').selectOption('ru')
  await guest.page.getByText('Вас приглашают участвовать.').waitFor()
  await guest.page.getByLabel('Язык').selectOption('en')
  await guest.page.getByText('Your place is kept in this browser, on this device.').waitFor()
  await guest.page.getByLabel('Name', { exact: true }).fill('Nodira')
  await guest.button('Join by name').click()
  await guest.page.getByText('Touch a free juz to take it.').waitFor()
  await cell(guest, 3).click()
  await guest.button('I will read it').click()
  await shows(guest, 3, 'mine')
  await guest.page.getByText('You are reading juz 3. Touch it when you have read it.').waitFor()
  await app.go(`groups/${group.id}/board`)
  await shows(app, 3, 'taken')
  assert.match(await cell(app, 3).textContent(), /Nodira/)

  await guest.go('')
  await guest.page.getByRole('link', { name: 'Keep your place: add an e-mail' }).click()
  await guest.page.getByText('You are a guest: your place is kept in this browser alone.').waitFor()
  await guest.page.getByLabel('E-mail').fill('nodira@example.org')
  await guest.page.getByLabel('New password, at least 8 characters').first().fill(PASSWORD)
  await guest.button('Save').first().click()
  await guest.page.getByText('Saved.').waitFor()
  const { status } = await call(server, 'POST', '/api/v1/auth/login', { body: { login: 'nodira@example.org', password: PASSWORD } })
  assert.equal(status, 200)
  assert.equal(await guest.page.getByText('You are a guest').count(), 0)
  await guest.go('')
  await guest.page.locator('ul.items').waitFor()
  assert.equal(await guest.page.getByText('Keep your place').count(), 0, 'it is kept')
  await Promise.all([app.close(), guest.close()])
})

test('a link is copied from a page that is not secure, too', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const app = await Page.signedIn(holder.browser, server, ali)
  await app.page.addInitScript(() => {
    for (const name of ['clipboard', 'share']) Object.defineProperty(Navigator.prototype, name, { value: undefined })
    document.addEventListener('copy', () => (window.copied = String(getSelection())))
  })
  await app.go(`groups/${group.id}/circle`)
  await app.button('New link').click()
  const address = await app.page.locator('dialog p.code').textContent()
  await app.button('Copy').click()
  await app.page.getByRole('dialog').getByRole('status').waitFor()
  assert.equal(await app.page.evaluate(() => window.copied), address)
  await app.close()
})

test('who opens a link into a group of their own is in it', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const { code } = await ali.post(`/groups/${group.id}/links`, {}, 201)
  const app = await Page.signedIn(holder.browser, server, ali, { path: `j/${code}` })
  await cell(app, 1).waitFor()
  assert.equal(await app.button('Join').count(), 0)
  await app.close()
})

test('who joins a group that counts by a link is at its counter', async () => {
  const [ali, vali] = await Promise.all([reader(server, 'Ali'), reader(server, 'Vali')])
  const { code } = await ali.post(`/groups/${(await ali.zikrGroup()).id}/links`, {}, 201)
  const app = await Page.signedIn(holder.browser, server, vali, { path: `j/${code}` })
  await app.button('Join').click()
  await app.page.locator('[data-tap]').waitFor()
  await app.close()
})

test('who is in already is never asked to join, however slow their groups come', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const { code } = await ali.post(`/groups/${group.id}/links`, {}, 201)
  const app = await Page.signedIn(holder.browser, server, ali, { path: 'find' })
  let free = () => {}
  const held = new Promise((resolve) => (free = resolve))
  await app.page.route(/\/api\/v1\/groups\?/, async (route) => {
    await held
    await route.continue()
  })
  await app.page.evaluate(async (user) => {
    await new Promise((resolve) => (indexedDB.deleteDatabase(`zikr-${user}`).onsuccess = resolve) && setTimeout(resolve, 500))
  }, ali.id)
  await app.go(`j/${code}`)
  await app.page.getByText('You are invited to take part.').waitFor()
  assert.equal(await app.button('Join').count(), 0)
  free()
  await cell(app, 1).waitFor()
  await app.close()
})

test('a link that has ended says what to do', async () => {
  const app = await Page.opened(holder.browser, server, { path: 'j/ABCDEFGHJKLMNPQRST' })
  await app.page.getByText('There is no such link. Ask for a new one.').waitFor()
  await app.context.close()
})

describe('several hatms', { skip: !(await secondPart()) && 'this server has one hatm at a time' }, () => {
  test('are boards of their own, shared out in one go, and a mistake is mended', async () => {
    const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
    const group = await ali.post('/groups', { name: 'Uch xatm', type: 'quran', isPublic: true, openHatms: 2, readingDays: 7 }, 201)
    await zarina.post(`/groups/${group.id}/join`)
    const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/board` })
    await cell(app, 1).click()
    await app.button('I will read it').click()
    await shows(app, 1, 'mine')
    await cell(app, 1).click()
    await app.page.getByText(/You are reading it\.\s+Until/).waitFor()
    await app.button('I have read it').click()
    await app.button('Yes, it is read').click()
    await shows(app, 1, 'done')
    await cell(app, 1).click()
    await app.button('It is not read yet').click()
    await shows(app, 1, 'mine')
    await cell(app, 1).click()
    await app.page.getByText(/You are reading it\.\s+Until/).waitFor() // it has a date again
    await app.page.keyboard.press('Escape')

    await app.button('Share out').click()
    await app.button('Share them out').click()
    await until(async () => (await app.page.getByRole('button', { name: /^Hatm 2/ }).count()) === 1, 'the second hatm to open')
    await app.page.getByRole('button', { name: /^Hatm 2/ }).click()
    await app.page.getByRole('heading', { name: 'Hatm 2' }).waitFor()
    await until(async () => (await cell(app, 30).getAttribute('data-state')) === null, 'it to be free')
    await cell(app, 30).click()
    await app.button('I will read it').click()
    await shows(app, 30, 'mine')
    await app.close()
  })

  test('are shared out among those who are chosen', async () => {
    const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
    const group = await ali.post('/groups', { name: 'Ikki kishi', type: 'quran', isPublic: true }, 201)
    await zarina.post(`/groups/${group.id}/join`)
    for (let i = 0; i < 12; i++) await ali.post(`/groups/${group.id}/members`, { name: `Buvi ${i}` }, 201)
    const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/board` })
    await app.button('Share out').click()
    const dialog = app.page.getByRole('dialog')
    await dialog.getByText('Among 14 members').click()
    await app.button('Nobody').click()
    assert.ok(await app.button('Share them out').isDisabled(), 'there is nobody to share among')
    await dialog.getByLabel('Find a name').fill('zarin')
    await until(async () => (await dialog.getByRole('checkbox').count()) === 1, 'one to be found')
    await dialog.getByRole('checkbox', { name: /Zarina/ }).check()
    await app.button('Share them out').click()
    await shows(app, 30, 'taken')
    const { poras } = await ali.get(`/groups/${group.id}`)
    assert.deepEqual([...new Set(poras.map((p) => p.userId))], [zarina.id], 'all are hers')
    await app.close()
  })

  test('a link is made for so many people, and for so long', async () => {
    const ali = await reader(server, 'Ali')
    const group = await ali.quranGroup()
    const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/circle` })
    await app.page.getByLabel('How many can join by it').selectOption('10')
    await app.page.getByLabel('How long it is good').selectOption('7 days')
    await app.button('New link').click()
    await app.button('Close').click()
    await app.page.getByText(/0 of 10 joined by it · Until .* · guests too/).waitFor()
    const [made] = (await ali.get(`/groups/${group.id}/links`)).items
    assert.equal(made.maxUses, 10)
    const days = (Date.parse(made.expiresAt) - Date.now()) / 86_400_000
    assert.ok(days > 6.9 && days <= 7, `it ends in ${days} days`)
    await app.close()
  })

  test('days of before are looked at', async () => {
    const ali = await reader(server, 'Ali')
    const group = await ali.quranGroup()
    const app = await Page.signedIn(holder.browser, server, ali)
    const asked = app.page.waitForRequest((request) => /\/days\?/.test(request.url()))
    await app.go(`groups/${group.id}/circle`)
    const range = (request) => ['from', 'to'].map((name) => new URL(request.url()).searchParams.get(name))
    await app.page.getByRole('heading', { name: 'The last 30 days' }).waitFor()
    const [from] = range(await asked)
    const again = app.page.waitForRequest((request) => /\/days\?/.test(request.url()))
    await app.button('Earlier').click()
    const [, to] = range(await again)
    assert.equal(Date.parse(from) - Date.parse(to), 86_400_000, 'the days before are those right before')
    await app.page.getByRole('heading', { name: 'The last 30 days' }).waitFor({ state: 'detached' })
    await app.button('Later').click()
    await app.page.getByRole('heading', { name: 'The last 30 days' }).waitFor()
    await app.close()
  })

  test('the admin takes a pora for somebody without a phone', async () => {
    const ali = await reader(server, 'Ali')
    const group = await ali.quranGroup()
    const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/circle` })
    await app.page.getByText('Somebody without a phone').click()
    await app.page.getByLabel('Name', { exact: true }).fill('Buvi')
    await app.button('Add').click()
    await app.page.getByText(/Buvi.* is in the group/).waitFor()
    await app.go(`groups/${group.id}/board`)
    await cell(app, 2).click()
    await app.button('For somebody else').click()
    await app.page.getByRole('dialog').getByRole('button', { name: 'Buvi' }).click()
    await shows(app, 2, 'taken')
    assert.match(await cell(app, 2).textContent(), /Buvi/)
    await app.close()
  })

  test('in a group that names nobody one sees one’s own, and that the others are taken', async () => {
    const [ali, zarina, otabek] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina'), reader(server, 'Otabek')])
    const made = await Page.signedIn(holder.browser, server, ali, { path: 'new' })
    await made.page.getByLabel('Name of the group').fill('Sokin xatm')
    await made.page.getByLabel('Anybody may find and join it').check()
    await made.page.getByText('More choices').click()
    await made.page.getByLabel(/Nobody but the admin is told who did what/).check()
    await made.button('Begin').click()
    await until(() => /\/groups\/[^/]+\/circle$/.test(made.page.url()), 'the group to be made')
    const group = { id: made.page.url().split('/').at(-2) }
    await made.go(`groups/${group.id}/settings`)
    assert.ok(await made.page.getByLabel(/Nobody but the admin is told who did what/).isDisabled(), 'it cannot be taken back')

    const { zikrId } = await ali.post(`/groups/${group.id}/zikrs`, { name: 'Salovat' }, 201)
    for (const person of [zarina, otabek]) await person.post(`/groups/${group.id}/join`)
    const app = await Page.signedIn(holder.browser, server, zarina, { path: `groups/${group.id}/board` })
    await otabek.post(`/groups/${group.id}/bookings`, { poraId: '1' }, 201)
    await otabek.post(`/groups/${group.id}/zikrs/${zikrId}/counts`, { count: 40 })
    await shows(app, 1, 'taken')
    await cell(app, 2).click()
    await app.button('I will read it').click()
    await shows(app, 2, 'mine')
    assert.doesNotMatch(await app.page.locator('main ol').textContent(), /Otabek/)
    await zarina.post(`/groups/${group.id}/zikrs/${zikrId}/counts`, { count: 2 })
    await app.go(`groups/${group.id}/circle`)
    await app.page.getByText('Yours: 2. What others did is not shown here.').waitFor()
    await made.go(`groups/${group.id}/board`)
    await until(async () => /Otabek/.test(await cell(made, 1).textContent()), 'the admin to be told')
    await Promise.all([app.close(), made.close()])
  })
})

describe('where an account is made only with a link', () => {
  const invited = useServer({ env: { ZIKR_REGISTRATION: 'invited' } })

  test('whoever opens one and makes an account is in the group', async () => {
    const email = 'ali@example.org'
    const { text } = await invited.run('user', 'add', 'Ali', 'Valiyev', email)
    const password = text.match(/^password\t(\S+)$/m)[1]
    const { body } = await call(invited, 'POST', '/api/v1/auth/login', { body: { login: email, password } })
    const ali = new Person(invited, { ...body.user, token: body.token })
    const group = await ali.quranGroup()
    const { code } = await ali.post(`/groups/${group.id}/links`, {}, 201)

    const app = await Page.opened(holder.browser, invited, { path: `j/${code}` })
    await app.button('Make an account').click()
    await app.page.getByLabel('Name', { exact: true }).fill('Maryam')
    await app.page.getByLabel('Surname').fill('Yusupova')
    await app.page.getByLabel('E-mail').fill('maryam@example.org')
    await app.page.getByLabel('New password').fill(PASSWORD)
    await app.button('Make an account').click()
    await cell(app, 1).waitFor() // the link has let them in
    assert.deepEqual((await ali.snapshot(group)).members.map((m) => m.userName).sort(), ['Ali Valiyev', 'Maryam Yusupova'])
    await app.close()
  })
})

// secondPart asks the binary itself: its document names the fields that it takes.
async function secondPart() {
  const { execFileSync } = await import('node:child_process')
  return execFileSync(process.env.ZIKR_TEST_BINARY, ['openapi'], { maxBuffer: 64 << 20 }).includes('"openHatms"')
}
