/** focused takes the focus as it appears: a question in the place of the button that asked it. */
export function focused(element: HTMLElement): void {
  element.focus()
}
