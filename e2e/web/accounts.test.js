// Accounts in the browser: made, left, and two in turn on one phone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, Server, until, useServer } from '../harness/index.js'
import { Page, PASSWORD, reader, useBrowser } from './harness.js'

const server = useServer({})
const holder = useBrowser()

async function signIn(app, who) {
  await app.page.getByLabel('E-mail or phone', { exact: true }).fill(who.email)
  await app.page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await app.page.getByRole('main').getByRole('button', { name: 'Sign in' }).click()
}

test('a new person makes an account, a hatm, and takes a pora', async () => {
  const app = await Page.opened(holder.browser, server)
  await app.page.getByRole('link', { name: 'Make an account' }).click()
  await app.page.getByLabel('Name', { exact: true }).fill('Maryam')
  await app.page.getByLabel('Surname').fill('Yusupova')
  await app.page.getByLabel('E-mail').fill('maryam@example.org')
  await app.page.getByLabel('New password').fill(PASSWORD)
  await app.button('Make an account').click()
  await app.page.getByText('You are in no group yet').waitFor()
  await app.page.getByRole('link', { name: 'New group' }).click()
  await app.page.getByLabel('Name of the group').fill('Oila xatmi')
  await app.button('Begin').click()
  await app.page.getByRole('heading', { name: 'Oila xatmi' }).waitFor()
  await app.page.getByRole('link', { name: 'Board' }).click()
  await app.page.locator('main ol button').first().click()
  await app.button('I will read it').click()
  await until(async () => (await app.page.locator('main ol button').first().getAttribute('data-state')) === 'mine', 'the pora to be hers')
  await app.page.reload()
  await app.page.locator('[data-state=mine]').waitFor()
  await app.close()
})

test('a wrong password is told in a sentence of the reader’s language', async () => {
  const ali = await reader(server, 'Ali')
  const app = await Page.opened(holder.browser, server, { locale: 'ru' })
  await app.page.locator('form input').nth(0).fill(ali.email)
  await app.page.locator('form input').nth(1).fill('not the password')
  await app.page.keyboard.press('Enter')
  await app.page.getByText('Логин или пароль не подошли.').waitFor()
  await app.context.close()
})

test('two accounts in turn on one phone: nothing of one is seen by, or sent for, the other', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const circle = await ali.zikrGroup({ goal: 1000 })
  const own = await zarina.zikrGroup({ goal: 1000 })
  const app = await Page.opened(holder.browser, server)
  await signIn(app, ali)
  await app.page.getByText(circle.name).first().waitFor()
  await app.page.evaluate(() => navigator.serviceWorker.ready) // without a line it has the screens
  await app.go(`groups/${circle.id}/counter`)
  const shown = () => app.page.locator('[data-tap] [data-count]').getAttribute('data-count')
  await app.page.locator('[data-tap]').waitFor()
  await app.context.setOffline(true)
  for (let i = 0; i < 3; i++) await app.page.locator('[data-tap]').click()
  await until(async () => (await shown()) === '3', 'three taps to be kept')
  // The line comes back for the sign-out only after the taps were asked about.
  await app.page.getByRole('link', { name: /Inbox/ }).click()
  await app.page.getByRole('link', { name: 'Account' }).click()
  await app.button('Sign out').click()
  await app.page.getByText('3 counts were not sent yet.').waitFor()
  await app.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
  await app.page.getByLabel('Password', { exact: true }).waitFor()
  await until(async () => (await app.kept(ali, 'seen')).length === 0, 'what he saw to be forgotten')
  await app.context.setOffline(false)

  await signIn(app, zarina)
  await app.page.getByRole('heading', { name: 'My groups' }).waitFor()
  await app.go(`groups/${own.id}/counter`)
  await app.page.locator('[data-tap]').waitFor()
  assert.equal(await app.page.getByText('Ali').count(), 0)
  await app.page.locator('[data-tap]').click()
  await until(async () => (await shown()) === '1', 'her tap alone to be shown')
  await until(async () => (await zarina.snapshot(own)).zikrs[0].totalCount === 1, 'her tap to arrive')
  assert.equal((await ali.snapshot(circle)).zikrs[0].totalCount, 0, 'his were not sent for her')

  await app.go('account')
  await app.button('Sign out').click()
  await app.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
  await signIn(app, ali)
  await until(async () => (await ali.snapshot(circle)).zikrs[0].totalCount === 3, 'his to be sent when he is back')
  await app.close()
})

test('who signs out is not told to sign in again, even where the line ends before the answer comes', async () => {
  const ali = await reader(server, 'Ali')
  const app = await Page.opened(holder.browser, server)
  await signIn(app, ali)
  await app.page.getByRole('link', { name: 'Account', exact: true }).click()
  let answer = () => {}
  const held = new Promise((resolve) => (answer = resolve))
  await app.page.route('**/auth/logout', async (route) => {
    const response = await route.fetch()
    await held
    await route.fulfill({ response })
  })
  await app.button('Sign out').click()
  await app.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
  await app.page.getByLabel('Password', { exact: true }).waitFor() // the line has told of the end
  assert.equal(await app.page.getByText('Please sign in again.').count(), 0)
  answer()
  await until(() => new URL(app.page.url()).pathname === '/sign-in', 'the answer to be heard')
  await signIn(app, ali)
  await app.page.getByRole('heading', { name: 'My groups' }).waitFor()
  await app.close()
})

test('a token that ends asks to sign in again, and goes on where one was', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const short = server.token({ id: ali.id, sub: ali.id, exp: Math.floor(Date.now() / 1000) + 4 })
  const app = await Page.signedIn(holder.browser, server, Object.assign(ali.with(short), { name: 'Ali', surname: 'K' }), { path: `groups/${group.id}/board` })
  await app.page.getByText('Please sign in again.').waitFor({ timeout: 15_000 })
  await signIn(app, ali)
  await app.page.locator('main ol button').first().waitFor()
  assert.match(app.page.url(), new RegExp(group.id))
  await app.context.close()
})

test('who opens the address of a group and signs in is there', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const app = await Page.opened(holder.browser, server, { path: `groups/${group.id}/board` })
  await signIn(app, ali)
  await app.page.locator('main ol button').first().waitFor()
  await app.close()
})

test('an invitation is seen as it comes, with a badge, and accepted', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await zarina.post('/groups', { name: 'Yakshanba', type: 'quran', isPublic: false }, 201)
  const app = await Page.signedIn(holder.browser, server, ali)
  await app.live()
  await zarina.post(`/groups/${group.id}/invitations`, { receiverId: ali.id })
  await until(async () => (await app.page.title()).startsWith('(1)'), 'the title to tell')
  await app.page.getByRole('link', { name: /Inbox 1 new/ }).click()
  await app.button('Accept').click()
  await app.page.getByRole('heading', { name: 'Yakshanba' }).waitFor()
  await app.close()
})

test('e-mail and phone are changed with the password of now', async () => {
  const ali = await reader(server, 'Ali')
  const app = await Page.signedIn(holder.browser, server, ali, { path: 'account' })
  const form = app.page.locator('form', { has: app.page.getByRole('heading', { name: 'E-mail and phone' }) })
  const email = `new-${Date.now()}@example.org`
  await form.getByLabel('E-mail').fill(email)
  await form.getByLabel('Phone').fill('+998 90 123-45-67')
  await form.getByLabel('Current password').fill(PASSWORD)
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByText('Saved.').waitFor()
  assert.equal(await form.getByLabel('Phone').inputValue(), '+998901234567')
  const me = await ali.get('/me')
  assert.deepEqual([me.email, me.phone], [email, '+998901234567'])
  await form.getByLabel('E-mail').fill('another@example.org')
  await form.getByText('Saved.').waitFor({ state: 'hidden' }) // what is typed now is not saved
  await app.close()
})

test('the account is deleted, and nothing of it is left on the device', async () => {
  const ali = await reader(server, 'Ali')
  const app = await Page.signedIn(holder.browser, server, ali, { path: 'account' })
  await app.button('Delete the account').click()
  await app.page.getByRole('dialog').getByLabel('Current password').fill(PASSWORD)
  await app.page.getByRole('dialog').getByRole('button', { name: 'Delete the account' }).click()
  await app.page.getByLabel('E-mail or phone', { exact: true }).waitFor()
  assert.equal(await app.page.evaluate(() => localStorage.getItem('zikr-session')), null)
  await until(async () => (await app.page.evaluate(async () => (await indexedDB.databases()).length)) === 0, 'what was kept to be gone')
  await app.close()
})

test('who guesses somebody’s password does not keep their own phone out', async () => {
  const guarded = new Server({ env: { ZIKR_RATE_LIMIT: 'on', ZIKR_LOGIN_FAILURES: '3' } })
  await guarded.start()
  try {
    const ali = await reader(guarded, 'Ali')
    const app = await Page.opened(holder.browser, guarded)
    await signIn(app, ali)
    await app.page.getByRole('heading', { name: 'My groups' }).waitFor()
    await app.go('account')
    await app.button('Sign out').click()
    await app.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
    const guess = () => call(guarded, 'POST', '/api/v1/auth/login', { body: { login: ali.email, password: 'a guess of somebody' } })
    await until(async () => (await guess()).status === 429, 'the guesses to be stopped')
    await signIn(app, ali)
    await app.page.getByRole('link', { name: /Inbox/ }).waitFor()
    await app.close()
  } finally {
    await guarded.stop()
  }
})
