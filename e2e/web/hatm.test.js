// A hatm, in two browsers at once: from the first pora to the thirtieth, and into the next.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, useServer } from '../harness/index.js'
import { Page, reader, useBrowser } from './harness.js'

const server = useServer({})
const holder = useBrowser()

function cell(app, number) {
  return app.page.locator('main ol > li').nth(number - 1).locator('button')
}
const state = (app, number) => cell(app, number).getAttribute('data-state')
const closed = (app) => until(async () => (await app.page.getByRole('dialog').count()) === 0, 'the dialog to close')
const shows = (app, number, want) => until(async () => (await state(app, number)) === want, `juz ${number} to be ${want}`)

async function take(app, number) {
  await cell(app, number).click()
  await app.button('I will read it').click()
  await shows(app, number, 'mine')
}

async function read(app, number) {
  await cell(app, number).click()
  await app.button('I have read it').click()
  await app.button('Yes, it is read').click()
}

test('two people read a hatm from the first pora to the thirtieth, and go on', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  const path = `groups/${group.id}/board`
  const [a, z] = await Promise.all([ali, zarina].map((who) => Page.signedIn(holder.browser, server, who, { path })))

  await take(a, 1)
  await shows(z, 1, 'taken')
  await until(async () => (await cell(z, 1).textContent()).includes('Ali'), 'Zarina to see whose it is')
  await read(a, 1)
  await Promise.all([shows(a, 1, 'done'), shows(z, 1, 'done')])
  for (let number = 2; number <= 30; number++) {
    const [reads, sees] = number % 2 === 0 ? [z, a] : [a, z]
    await take(reads, number)
    await read(reads, number)
    if (number < 30) await Promise.all([shows(reads, number, 'done'), shows(sees, number, 'done')])
  }
  for (const app of [a, z]) {
    await app.page.getByRole('heading', { name: 'The hatm is complete' }).waitFor()
    await app.button('Amen').click()
    await until(async () => (await state(app, 1)) === null, 'the next hatm to be free')
    assert.equal(await app.page.getByRole('heading', { name: 'Hatm 2' }).count(), 1)
  }
  assert.equal((await ali.snapshot(group)).hatmCount, 1)
  await Promise.all([a.close(), z.close()])
})

test('a pora is given back, and taken by the other', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  const path = `groups/${group.id}/board`
  const [a, z] = await Promise.all([ali, zarina].map((who) => Page.signedIn(holder.browser, server, who, { path })))
  await take(a, 5)
  await shows(z, 5, 'taken')
  await cell(a, 5).click()
  await a.button('Give it back').click()
  await until(async () => (await state(z, 5)) === null, 'the pora to be free')
  await take(z, 5)
  await shows(a, 5, 'taken')
  await Promise.all([a.close(), z.close()])
})

test('of two who take one pora at one moment, one is told kindly', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/board` })
  await cell(app, 9).click()
  await app.button('I will read it').waitFor()
  await zarina.post(`/groups/${group.id}/bookings`, { poraId: '9' })
  // The sheet follows what happens: it offers no more what is taken.
  await app.page.getByText(/Zarina .*is reading it/).waitFor()
  assert.equal(await app.button('I will read it').count(), 0)
  await app.close()
})

test('a hatm that was completed by mistake is opened again, and is the one that is looked at then', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  for (let number = 1; number <= 30; number++) {
    const { bookingId } = await ali.post(`/groups/${group.id}/bookings`, { poraId: String(number) }, 201)
    await ali.post(`/bookings/${bookingId}/complete`)
  }
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/hatms` })
  await app.page.getByText('Completed on').waitFor()
  assert.equal(await app.page.getByText('Who read what').count(), 1, 'nobody has read of the second')
  await app.button('Open it again').click()
  await app.page.getByRole('dialog').getByRole('button', { name: 'Open it again' }).click()
  await closed(app)
  await cell(app, 7).waitFor()
  await app.page.getByRole('heading', { name: 'Hatm 1', exact: true }).waitFor()
  await cell(app, 7).click()
  await app.button('It is not read yet').click()
  await shows(app, 7, 'mine')
  await app.page.getByRole('link', { name: 'Circle' }).click()
  await app.page.getByRole('link', { name: 'Board' }).click()
  await app.page.getByRole('heading', { name: 'Hatm 1', exact: true }).waitFor()
  await app.close()
})

// Walk is somebody who has no mouse and no screen to touch.
class Walk {
  constructor(page) {
    this.keys = page.keyboard
    this.page = page
  }
  // to presses Tab until what has the focus says this.
  async to(pattern, key = 'Tab') {
    for (let i = 0; i < 60; i++) {
      if (pattern.test(await this.here())) return
      await this.keys.press(key)
    }
    assert.fail(`the keyboard does not come to ${pattern}`)
  }
  here() {
    return this.page.evaluate(() => {
      const e = document.activeElement
      if (e === document.body) return ''
      return (e?.labels?.[0]?.textContent ?? e?.textContent ?? '').replace(/\s+/g, ' ').trim()
    })
  }
  async press(pattern) {
    await this.to(pattern)
    await this.keys.press('Enter')
  }
}

test('with the keyboard alone: from the door to the thirtieth, and what it says', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const app = await Page.opened(holder.browser, server, {})
  const walk = new Walk(app.page)
  await app.page.locator('form').waitFor()
  await walk.to(/^E-mail or phone/)
  await walk.keys.type(ali.email)
  await walk.to(/^Password/)
  await walk.keys.type(ali.password)
  await walk.keys.press('Enter')
  await app.page.getByRole('link', { name: group.name }).waitFor()
  await walk.press(new RegExp(group.name))
  await cell(app, 1).waitFor()
  for (let n = 1; n <= 30; n++) {
    await walk.press(new RegExp(`^${n} ?free`))
    await walk.press(/^I will read it/)
    await shows(app, n, 'mine')
    await closed(app)
    await walk.press(new RegExp(`^${n} ?you`)) // the focus is where it was
    await walk.press(/^I have read it/)
    await until(async () => /^Have you read juz/.test(await walk.here()), 'the question to be heard')
    await walk.press(/^Yes, it is read/)
    if (n < 30) await Promise.all([shows(app, n, 'done'), closed(app)])
  }
  await app.page.getByRole('dialog', { name: 'The hatm is complete' }).waitFor()
  await walk.press(/^Amen/)
  await app.page.getByRole('heading', { name: 'Hatm 2' }).waitFor()
  await closed(app)
  await app.close()
})

test('a sheet is left with Escape, and the focus is where it was', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/board` })
  await cell(app, 3).focus()
  await app.page.keyboard.press('Enter')
  await app.page.getByRole('dialog').waitFor()
  await app.button('I will read it').focus()
  await app.page.keyboard.press('Enter')
  await shows(app, 3, 'mine')
  await closed(app)
  await until(() => cell(app, 3).evaluate((e) => e === document.activeElement), 'the focus to be back where it was')
  await app.page.keyboard.press(' ')
  await app.page.getByRole('dialog').waitFor()
  await app.page.keyboard.press('Escape')
  await closed(app)
  assert.equal(await state(app, 3), 'mine')
  await app.close()
})
