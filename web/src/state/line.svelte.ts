// The line to the server, as the screens speak of it.
import type { LineState } from '../core/live'

const PATIENCE = 1500 // ms: a line that is back sooner was never spoken of

export class Line {
  state = $state<LineState>('connecting')
  /** quiet: there is nothing to say. */
  quiet = $state(true)
  #timer: ReturnType<typeof setTimeout> | undefined

  set(state: LineState): void {
    this.state = state
    if (state === 'live') {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.quiet = true
      return
    }
    this.#timer ??= setTimeout(() => (this.quiet = false), PATIENCE)
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
