// The peer to measure beside: the reference Socket.IO server on Node, as its documentation
// sets it up. It knows the events that `zikr load --bare` sends, asks for no token and
// stores nothing, which makes its work less than a zikr server's.
//
//   npm ci && node server.js [port [ping interval in ms]]
//   zikr load fanout --bare --url http://127.0.0.1:PORT --pid PID
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const [port = 3000, pingInterval = 25000] = process.argv.slice(2).map(Number)
const http = createServer()
const io = new Server(http, { pingInterval, pingTimeout: 60000, allowEIO3: true, perMessageDeflate: false })
const app = io.of('/zikr-app')

// Payloads have the fields of a zikr server's.
const id = '01a20555-e125-75a0-8a3a-f7e438675f6e'
const goal = 1_000_000
let total = 0
let seq = 0

function counted(count) {
  total += count
  seq += 1
  const progress = (((total % goal) * 100) / goal).toFixed(2)
  return { count, totalCount: total, goalReached: false, goal, cycleCount: Math.floor(total / goal), progress }
}

app.on('connection', (socket) => {
  socket.on('join_group', ({ groupId }) => {
    socket.join(groupId)
    socket.emit('joined_group', { groupId, message: 'You are in the group.', timestamp: new Date().toISOString() })
  })

  socket.on('leave_group', ({ groupId }, ack) => {
    socket.leave(groupId)
    const data = { groupId, message: 'You have left the group.', timestamp: new Date().toISOString() }
    socket.emit('left_group', data)
    ack?.({ ok: true, data })
  })

  socket.on('update_zikr_count', ({ groupId, zikrId, count }, ack) => {
    const state = counted(count)
    const timestamp = new Date().toISOString()
    const data = { id, ...state, timestamp }
    socket.emit('zikr_update_confirmed', data)
    ack?.({ ok: true, data })
    app.to(groupId).emit('zikr_count_updated', {
      groupId, zikrId, zikrName: 'Subhanalloh', userId: id, userName: 'Abdulloh Karimov', ...state, id, seq, timestamp,
    })
  })

  socket.on('echo', (payload, ack) => ack?.(payload))
})

http.listen(port, '127.0.0.1', 4096, () => console.log(`http://127.0.0.1:${http.address().port}`))
process.on('SIGTERM', () => process.exit(0))
