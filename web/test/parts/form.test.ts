// A form that is saved: what it sends, and how long it says so.
import { createRawSnippet } from 'svelte'
import { beforeEach, expect, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { render } from 'vitest-browser-svelte'
import { Refused } from '../../src/core/api'
import Form from '../../src/parts/form.svelte'
import { text } from '../../src/state/text.svelte'

beforeEach(() => text.use('en'))

const fields = createRawSnippet(() => ({ render: () => '<div><input aria-label="Name"><input aria-label="Surname"></div>' }))
const field = (name: string) => page.getByLabelText(name, { exact: true })
const typed = (name: string): string => (document.querySelector(`[aria-label="${name}"]`) as HTMLInputElement | null)?.value ?? ''
const value = () => ({ name: typed('Name'), surname: typed('Surname') })
const said = () => page.getByRole('status')
const save = () => page.getByRole('button', { name: 'Save' }).click()

test('sends what was changed since it was saved last, and nothing else', async () => {
  const sent = vi.fn((_changed: object) => Promise.resolve())
  await render(Form, { value, save: sent, children: fields })
  await field('Name').fill('Ali')
  await save()
  await field('Surname').fill('Valiyev')
  await save()
  await field('Surname').fill('')
  await save()
  await expect.poll(() => sent.mock.calls.map(([changed]) => changed)).toEqual([{ name: 'Ali' }, { surname: 'Valiyev' }, { surname: '' }])
})

test('says that it was saved until one goes on typing, and not after a try that failed', async () => {
  let works = true
  await render(Form, { value, save: () => (works ? Promise.resolve() : Promise.reject(new Refused('internal'))), children: fields })
  await expect.element(said()).toHaveTextContent('')
  await field('Name').fill('Ali')
  await save()
  await expect.element(said()).toHaveTextContent('Saved.')
  await field('Name').fill('Vali')
  await expect.element(said()).toHaveTextContent('')
  await save()
  await expect.element(said()).toHaveTextContent('Saved.')
  works = false
  await save()
  await expect.element(page.getByRole('alert')).toBeVisible()
  await expect.element(said()).toHaveTextContent('')
})

test('what was refused is sent again with the next try', async () => {
  const sent = vi.fn<(changed: object) => Promise<void>>().mockRejectedValueOnce(new Refused('offline')).mockResolvedValue()
  await render(Form, { value, save: sent, children: fields })
  await field('Name').fill('Ali')
  await save()
  await expect.element(page.getByRole('alert')).toBeVisible()
  await save()
  await expect.element(said()).toHaveTextContent('Saved.')
  expect(sent.mock.calls).toEqual([[{ name: 'Ali' }], [{ name: 'Ali' }]])
})

test('keeps the focus on its button', async () => {
  await render(Form, { value, save: () => new Promise((resolve) => setTimeout(resolve, 100)), children: fields })
  const button = page.getByRole('button', { name: 'Save' })
  ;(button.element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
  await expect.element(said()).toHaveTextContent('Saved.')
  await expect.element(button).toHaveFocus()
})

test('what is typed while it is being saved is not taken for saved', async () => {
  let answer = (): void => undefined
  const sent = vi.fn((_changed: object) => new Promise<void>((resolve) => (answer = resolve)))
  await render(Form, { value, save: sent, children: fields })
  await field('Name').fill('Ali')
  await save()
  await field('Name').fill('Ali Akbar')
  answer()
  await expect.element(page.getByRole('button', { name: 'Save' })).toBeEnabled()
  await expect.element(said()).toHaveTextContent('')
  await save()
  expect(sent.mock.calls).toEqual([[{ name: 'Ali' }], [{ name: 'Ali Akbar' }]])
  answer()
})
