// What a screen reader is told of what happens on a screen: never more than a sentence
// every few seconds, one's own doings first, and the rest as a number.

const EVERY = 3000 // ms
const OWN = 3 // doings that wait at most: who does more in that time knows what they did

export class Announcer {
  #say: (sentence: string) => void
  #more: (n: number) => string
  #own: string[] = []
  /** others are what the first of them did, and how many more there are. */
  #others: { first: string; more: number } | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(say: (sentence: string) => void, more: (n: number) => string) {
    this.#say = say
    this.#more = more
  }

  own(sentence: string): void {
    this.#own = [...this.#own, sentence].slice(-OWN)
    this.#plan(0)
  }

  others(sentence: string): void {
    if (this.#others) this.#others.more++
    else this.#others = { first: sentence, more: 0 }
    this.#plan(EVERY)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #plan(first: number): void {
    this.#timer ??= setTimeout(() => this.#next(), first)
  }

  #next(): void {
    this.#timer = undefined
    const sentence = this.#own.shift() ?? this.#together()
    if (sentence === undefined) return
    this.#say(sentence)
    this.#timer = setTimeout(() => this.#next(), EVERY)
  }

  #together(): string | undefined {
    const others = this.#others
    this.#others = undefined
    return others?.more ? `${others.first} ${this.#more(others.more)}` : others?.first
  }
}
