// Everything that a test needs.
export { Server, freePort, useServer } from './server.js'
export { Person, call, sign } from './people.js'
export { Client, connect, connectError, dial, namespaces, settled, transports } from './client.js'
export { Follower, Gone } from './follower.js'
export { RawPolling, RawSocket, exchange } from './raw.js'
export { DEADLINE, Recorder, pause, until, within } from './recorder.js'
export { clientEvents, codes, confirmations, notificationItem, problem, serverEvents, shapes } from './contract.js'
