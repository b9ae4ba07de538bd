// Forms say that they saved only what they saved.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, useServer } from '../harness/index.js'
import { Page, PASSWORD, reader, useBrowser } from './harness.js'

const server = useServer({})
const holder = useBrowser()

const formOf = (app, heading) => app.page.locator('form', { has: app.page.getByRole('heading', { name: heading }) })
const saves = async (form) => {
  await form.getByRole('button').click()
  await form.getByText('Saved.').waitFor()
}

test('a surname that is emptied goes away', async () => {
  const ali = await reader(server, 'Ali', 'Valiyev')
  const app = await Page.signedIn(holder.browser, server, ali, { path: 'account' })
  const form = formOf(app, 'Who you are')
  await form.getByLabel('Surname').fill('')
  await saves(form)
  assert.deepEqual([(await ali.get('/me')).name, (await ali.get('/me')).surname], ['Ali', ''])
  await app.page.reload()
  assert.equal(await form.getByLabel('Surname').inputValue(), '')
  await app.close()
})

test('a phone that is emptied goes away; an e-mail cannot be emptied', async () => {
  const ali = await reader(server, 'Ali')
  await ali.patch('/me', { phone: '+998901234567', currentPassword: PASSWORD })
  const app = await Page.signedIn(holder.browser, server, Object.assign(ali, { phone: '+998901234567' }), { path: 'account' })
  const form = formOf(app, 'E-mail and phone')
  await form.getByLabel('Phone').fill('')
  await form.getByLabel('Current password').fill(PASSWORD)
  await saves(form)
  assert.equal((await ali.get('/me')).phone, null)
  assert.equal(await form.getByLabel('Phone').inputValue(), '')
  await form.getByLabel('E-mail').fill('')
  assert.equal(await form.getByText('Saved.').count(), 0)
  await form.getByRole('button').click()
  assert.equal(await form.getByLabel('E-mail').evaluate((field) => field.validity.valueMissing), true)
  assert.equal((await ali.get('/me')).email, ali.email)
  await app.close()
})

test('a password that was changed is said to be once, and not of the next try that fails', async () => {
  const ali = await reader(server, 'Ali')
  const app = await Page.signedIn(holder.browser, server, ali, { path: 'account' })
  const form = formOf(app, 'Password')
  const fill = async (now, next) => {
    await form.getByLabel('Current password').fill(now)
    await form.getByLabel('New password').fill(next)
  }
  await fill(PASSWORD, 'another long password')
  await saves(form)
  assert.deepEqual([await form.getByLabel('Current password').inputValue(), await form.getByLabel('New password').inputValue()], ['', ''])
  await fill(PASSWORD, 'a third long password')
  assert.equal(await form.getByText('Saved.').count(), 0, 'what is typed now is not saved')
  await form.getByRole('button').click()
  await form.getByRole('alert').waitFor()
  assert.equal(await form.getByText('Saved.').count(), 0)
  await app.close()
})

test('who has no phone is renamed by name and surname, and stays as they are where nothing was changed', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const { userId } = await ali.post(`/groups/${group.id}/members`, { name: 'Oyi', surname: 'Karimova' }, 201)
  const member = async () => (await ali.snapshot(group)).members.find((m) => m.userId === userId)
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/circle` })
  const dialog = app.page.getByRole('dialog')
  const rename = async (change) => {
    await app.page.getByRole('button', { name: /More.*Oyi/ }).click()
    await change()
    await dialog.getByRole('button', { name: 'Change the name' }).click()
    await dialog.waitFor({ state: 'detached' })
  }
  const name = dialog.getByLabel('Name', { exact: true })
  const surname = dialog.getByLabel('Surname')
  await rename(async () => assert.deepEqual([await name.inputValue(), await surname.inputValue()], ['Oyi', 'Karimova']))
  assert.deepEqual([(await member()).userName, (await member()).surname], ['Oyi Karimova', 'Karimova'])
  await rename(() => name.fill('Oyijon'))
  assert.deepEqual([(await member()).userName, (await member()).surname], ['Oyijon Karimova', 'Karimova'])
  await rename(() => surname.fill(''))
  assert.equal((await member()).userName, 'Oyijon')
  await until(async () => (await app.page.getByText('Oyijon Karimova').count()) === 0, 'it to be shown')
  await app.close()
})
