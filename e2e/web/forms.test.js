// Forms say that they saved only what they saved, and what is wrong in a field in the reader's language.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, useServer } from '../harness/index.js'
import { accessible, fits, Page, PASSWORD, reader, useBrowser } from './harness.js'

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

// said is the line below a field, which who listens hears with it; '' if nothing is wrong with it.
const said = (field) => field.evaluate((f) => document.getElementById(f.getAttribute('aria-describedby') ?? '')?.textContent ?? '')

test('what is wrong in a field is said below it, in the language of the app, until it is mended', async () => {
  const app = await Page.opened(holder.browser, server, { path: 'sign-up', locale: 'en', width: 320 })
  const choose = (language) => app.page.locator('label', { has: app.page.locator('option[value="uz-Cyrl"]') }).locator('select').selectOption(language)
  const fields = app.page.locator('form input')
  const [name, surname, email, password] = [0, 1, 2, 3].map((n) => fields.nth(n))
  const lines = () => Promise.all([name, surname, email, password].map(said))
  await choose('uz')
  await app.page.getByText('Iltimos').waitFor({ state: 'detached' })
  await app.page.locator('form button').click()
  const missing = 'Iltimos, shu yerni to‘ldiring.'
  assert.deepEqual(await lines(), [missing, missing, missing, missing])
  assert.ok(await name.evaluate((f) => f === document.activeElement), 'the first has the focus')
  await app.page.getByText(missing).first().waitFor()
  await accessible(app.page, 'a form with lines below its fields')
  await fits(app.page, 'a form with lines below its fields')
  await name.pressSequentially('Zaynab')
  await email.pressSequentially('zaynab')
  await password.pressSequentially('short')
  assert.deepEqual(await lines(), ['', missing, 'E-pochta shunday yoziladi: ism@example.org.', 'Kamida 8 ta belgi bo‘lsin.'])
  await choose('tr')
  await app.page.getByText('Lütfen burayı doldurun.').waitFor()
  assert.deepEqual(await lines(), ['', 'Lütfen burayı doldurun.', 'E-posta şöyle yazılır: ad@example.org.', 'En az 8 karakter olsun.'])
  await surname.pressSequentially('K')
  await app.page.locator('form button').click()
  assert.ok(await email.evaluate((f) => f === document.activeElement), 'the first of those that are left has the focus')
  await email.pressSequentially('@example.org')
  await password.pressSequentially(' no more')
  assert.deepEqual(await lines(), ['', '', '', ''])
  assert.equal(await app.page.locator('[aria-invalid]').count(), 0)
  await app.close()
})

test('a number that is too large is told even where it is folded away', async () => {
  const ali = await reader(server, 'Ali')
  const app = await Page.signedIn(holder.browser, server, ali, { path: 'new', device: { language: 'ru' } })
  await app.page.locator('form input[maxlength="100"]').fill('Хатм')
  const limit = app.page.locator('input[max="30"]')
  await app.page.locator('summary').click()
  await limit.fill('31')
  await app.page.locator('summary').click()
  assert.ok(!(await limit.isVisible()))
  await app.page.locator('form button.main').click()
  await app.page.getByText('Не больше 30, пожалуйста.').waitFor()
  assert.ok(await limit.evaluate((f) => f === document.activeElement))
  await limit.fill('30')
  assert.equal(await said(limit), '')
  await app.page.locator('form button.main').click()
  await app.page.waitForURL(/circle$/)
  await app.close()
})

// spoiled makes every field wrong that can be, in all forms of a page, asks the browser whether it would send
// them, and returns what is said of each: '' where that is left to the browser.
function spoiled(page) {
  return page.evaluate(() => {
    const bad = { email: 'x', number: '-5', date: '0001-01-01' }
    return [...document.forms].map((form) => {
      const left = new Set()
      for (const field of form.elements) {
        if (!field.willValidate || ['checkbox', 'radio', 'select-one'].includes(field.type)) continue
        field.addEventListener('invalid', (event) => event.defaultPrevented || left.add(field), { once: true })
        field.value = field.required ? '' : (bad[field.type] ?? '')
      }
      if (form.checkValidity()) return []
      const wrong = [...form.elements].filter((field) => field.willValidate && !field.validity.valid)
      return wrong.map((field) => (left.has(field) ? '' : (document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent ?? '')))
    })
  })
}

test('no form leaves its fields to the browser and its language', async () => {
  const ali = await reader(server, 'Ali')
  const hatm = await ali.quranGroup()
  const circle = await ali.zikrGroup()
  const { code } = await ali.post(`/groups/${hatm.id}/links`, { guests: true }, 201)
  // look looks at a screen, and then at the dialog of one of its buttons.
  const look = async (app, path, there, open) => {
    await app.go(path)
    await app.page.locator(there).first().waitFor({ state: 'attached' }) // some are folded away
    if (open) {
      await app.page.getByRole('button', { name: open }).first().click()
      await app.page.locator('dialog form').waitFor()
    }
    const lines = (await spoiled(app.page)).flat()
    assert.ok(lines.length > 0, `${path}: nothing in it could be made wrong`)
    for (const line of lines) assert.match(line, /bo‘lsin|to‘ldiring|yoziladi/, `${path}: what is said of a field`)
  }
  const out = await Page.opened(holder.browser, server, { locale: 'en', path: 'sign-in' })
  await out.page.evaluate(() => localStorage.setItem('zikr-device', JSON.stringify({ language: 'uz' })))
  for (const path of ['sign-in', 'sign-up', `j/${code}`]) await look(out, path, 'form')
  await out.close()
  const app = await Page.signedIn(holder.browser, server, ali, { device: { language: 'uz' } })
  await look(app, 'new', 'form')
  await look(app, 'account', 'form')
  await look(app, `groups/${hatm.id}/board`, 'main ol', 'Bu xatm muddati')
  await look(app, `groups/${hatm.id}/circle`, 'main form')
  await look(app, `groups/${hatm.id}/settings`, 'main form')
  await look(app, `groups/${circle.id}/settings`, 'main form', 'Zikr qo‘shish')
  await app.close()
})
