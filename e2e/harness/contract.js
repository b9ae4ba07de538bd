// The wire contract as tables: every event by name, field and type, and every
// error code with the HTTP statuses that it may come with. Every event that any
// test receives is held against these tables.

// A type is a function that says what is wrong with a value, or nothing.
const is = (name, holds) => (value) => (holds(value) ? undefined : `is not ${name}: ${JSON.stringify(value)}`)

const id = is('an id', (v) => typeof v === 'string' && v.length >= 1 && v.length <= 128)
const text = is('a text', (v) => typeof v === 'string' && v.trim() !== '')
const bool = is('a boolean', (v) => typeof v === 'boolean')
const integer = (min) => is(`an integer from ${min}`, (v) => Number.isSafeInteger(v) && v >= min)
const oneOf = (...values) => is(`one of ${values.join(', ')}`, (v) => values.includes(v))
const orNull = (type) => (v) => (v === null ? undefined : type(v))
const matching = (name, pattern) => is(name, (v) => typeof v === 'string' && pattern.test(v))
const list = (type, max) => (v) => {
  if (!Array.isArray(v)) return `is not a list: ${JSON.stringify(v)}`
  if (v.length > max) return `has ${v.length} elements, more than ${max}`
  return v.map((e, i) => problem(type, e) && `[${i}] ${problem(type, e)}`).find(Boolean)
}

const date = is('a date with three decimals', (v) =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(v) && new Date(v).toISOString() === v)
const poraId = matching('a poraId', /^([1-9]|[12]\d|30)$/)
const poraName = matching('a poraName', /^([1-9]|[12]\d|30)-Juz$/)
const progress = matching('a progress', /^(100\.00|\d{1,2}\.\d\d)$/)
const seq = integer(1)

const booking = { bookingId: id, poraId, poraName }
const dated = { hatmNumber: integer(1), dueAt: orNull(date) }
const who = { userId: id, userName: text }
const orHidden = (type) => (v) => (v === '' ? undefined : type(v))
const actor = { userId: orHidden(id), userName: orHidden(text) } // '' in an anonymous group
const whole = is('an integer but 0', (v) => Number.isSafeInteger(v) && v !== 0) // less than 0 takes a counting back
const counted = { count: whole, 'undoes?': id, totalCount: integer(0), goalReached: bool, goal: orNull(integer(1)), cycleCount: integer(0), progress }
const sender = { senderId: id, senderName: text, groupId: id, groupName: text, time: date }
const clocks = { senderId: is('a string', (v) => typeof v === 'string'), senderName: is('a string', (v) => typeof v === 'string') } // '' is the clock
const told = ['hatm_completed', 'goal_reached', 'pora_released', 'removed_from_group', 'pora_assigned', 'pora_due_soon', 'pora_reminder', 'zikr_reminder']
// what a notification about a pora says of it
const about = { 'bookingId?': id, 'poraId?': poraId, 'poraName?': poraName, 'hatmNumber?': integer(1), 'dueAt?': orNull(date), 'count?': integer(1) }
const notified = oneOf(...told)
const stored = oneOf(...told, 'invitation', 'invitation_accepted', 'invitation_rejected')

export const notificationItem = { id, type: stored, ...sender, ...clocks, ...about, isRead: bool }

// error codes and the HTTP status of each (contract section 5).
export const codes = {
  invalid_payload: [422],
  count_out_of_range: [422],
  unknown_event: [],
  unauthenticated: [401],
  token_expired: [401],
  bad_credentials: [401],
  account_suspended: [403],
  registration_closed: [403],
  not_member: [404],
  not_admin: [403],
  not_your_booking: [403],
  pora_not_found: [404],
  booking_not_found: [404],
  zikr_not_found: [404],
  user_not_found: [404],
  session_not_found: [404],
  count_not_found: [404],
  count_too_old: [409],
  invitation_not_found: [404],
  hatm_not_found: [404],
  hatm_already_completed: [409],
  too_many_poras: [409],
  link_not_found: [404],
  link_expired: [410],
  banned: [403],
  limit_reached: [409],
  guests_not_allowed: [403],
  notification_not_found: [404],
  not_found: [404],
  wrong_group_type: [409],
  pora_already_booked: [409],
  pora_already_completed: [409],
  booking_already_completed: [409],
  already_member: [409],
  invitation_pending: [409],
  invitation_already_answered: [409],
  email_taken: [409],
  phone_taken: [409],
  method_not_allowed: [405],
  payload_too_large: [413],
  rate_limited: [429],
  internal: [500],
}

// A field whose name ends in ? may be absent.
export const serverEvents = {
  connection_status: { status: oneOf('connected', 'expired', 'draining'), userId: id, timestamp: date },
  joined_group: { groupId: id, message: text, seq: integer(0), onlineCount: integer(1), onlineUserIds: list(id, 500), 'resync?': oneOf(true), timestamp: date },
  left_group: { groupId: id, message: text, timestamp: date },
  user_online: { groupId: id, userId: id, timestamp: date },
  user_offline: { groupId: id, userId: id, timestamp: date },
  pora_booked: { ...booking, ...dated, groupId: id, ...actor, seq, timestamp: date },
  booking_confirmed: { ...booking, ...dated, timestamp: date },
  pora_completed: { ...booking, groupId: id, groupName: text, ...actor, totalFinished: integer(1), hatmCompleted: bool, hatmNumber: integer(1), seq, timestamp: date },
  completion_confirmed: { ...booking, hatmNumber: integer(1), timestamp: date },
  pora_released: { ...booking, groupId: id, ...actor, hatmNumber: integer(1), reason: oneOf('holder', 'admin', 'overdue', 'left'), seq, timestamp: date },
  release_confirmed: { ...booking, hatmNumber: integer(1), timestamp: date },
  reopen_confirmed: { ...booking, ...dated, timestamp: date },
  pora_reopened: { ...booking, ...dated, groupId: id, ...actor, totalFinished: integer(0), seq, timestamp: date },
  hatm_opened: { groupId: id, ...dated, seq, timestamp: date },
  hatm_reopened: { groupId: id, hatmNumber: integer(1), hatmCount: integer(0), seq, timestamp: date },
  hatm_completed: { groupId: id, groupName: text, hatmCount: integer(1), hatmNumber: integer(1), seq, timestamp: date },
  zikr_count_updated: { groupId: id, zikrId: id, zikrName: text, ...actor, ...counted, seq, timestamp: date },
  zikr_update_confirmed: { id, ...counted, timestamp: date },
  new_invitation: { id, ...sender },
  reminder_sent: { bookingId: id, timestamp: date },
  new_notification: { id, type: notified, ...sender, ...clocks, ...about },
  notifications: list(notificationItem, 100),
  notification_marked_read: { notificationId: id, success: oneOf(true), timestamp: date },
  invitation_sent: { id, receiverId: id, groupId: id, time: date },
  invitation_accepted: { notificationId: id, groupId: id, groupName: text, ...who, timestamp: date },
  invitation_rejected: { notificationId: id, groupId: id, groupName: text, userId: id, timestamp: date },
  invitation_responded: { notificationId: id, accepted: bool, groupId: id, groupName: text, timestamp: date },
  member_joined: { groupId: id, groupName: text, ...who, 'loginless?': oneOf(true), seq, timestamp: date },
  member_left: { groupId: id, ...who, seq, timestamp: date },
  group_updated: { groupId: id, seq, timestamp: date },
  group_deleted: { groupId: id, groupName: text, seq, timestamp: date },
  error: { message: text, error: oneOf(...Object.keys(codes)), event: is('a string', (v) => typeof v === 'string' && [...v].length <= 64), 'retryAfterMs?': integer(1), 'errorId?': id, timestamp: date },
}

// What each client event is confirmed with (contract section 2).
export const confirmations = {
  join_group: 'joined_group',
  leave_group: 'left_group',
  book_pora: 'booking_confirmed',
  complete_pora: 'completion_confirmed',
  release_pora: 'release_confirmed',
  reopen_pora: 'reopen_confirmed',
  remind_pora: 'reminder_sent',
  update_zikr_count: 'zikr_update_confirmed',
  undo_zikr_count: 'zikr_update_confirmed',
  send_invitation: 'invitation_sent',
  respond_to_invitation: 'invitation_responded',
  get_notifications: 'notifications',
  mark_notification_read: 'notification_marked_read',
}

// What each client event carries.
export const clientEvents = {
  join_group: { groupId: 'id', 'since?': 'integer' },
  leave_group: { groupId: 'id' },
  book_pora: { poraId: 'id', groupId: 'id', 'hatmNumber?': 'integer', 'forUserId?': 'id' },
  complete_pora: { bookingId: 'id' },
  release_pora: { bookingId: 'id' },
  reopen_pora: { bookingId: 'id' },
  remind_pora: { bookingId: 'id' },
  update_zikr_count: { groupId: 'id', zikrId: 'id', count: 'integer', 'opId?': 'opId', 'forUserId?': 'id' },
  undo_zikr_count: { id: 'id' },
  send_invitation: { receiverId: 'id', groupId: 'id' },
  respond_to_invitation: { notificationId: 'id', accept: 'boolean' },
  get_notifications: {},
  mark_notification_read: { notificationId: 'id' },
}

// The snapshot of a group (contract section 6).
const zikr = {
  zikrId: id, name: text, body: orNull(text), description: orNull(text), hint: orNull(text), goal: orNull(integer(1)),
  totalCount: integer(0), cycleCount: integer(0), progress, myCount: integer(0),
  members: list({ ...actor, count: integer(1) }, Infinity),
}
const pora = {
  poraId, poraName, status: oneOf('available', 'booked', 'completed'), bookingId: orNull(id), userId: orNull(orHidden(id)), userName: orNull(orHidden(text)), dueAt: orNull(date),
}
const groupFields = {
  id, name: text, type: oneOf('quran', 'zikr'), isPublic: bool, dedication: orNull(text), hatmGoal: orNull(integer(1)),
  hatmCount: integer(0), adminId: orHidden(id), createdAt: date,
  openHatms: integer(1), poraLimit: orNull(integer(1)), readingDays: orNull(integer(1)), hatmDays: orNull(integer(1)), autoRelease: bool,
  isAnonymous: bool, division: oneOf('madani', 'indopak'), completionText: orNull(text), timeZone: text,
}
const hatm = { hatmNumber: integer(1), openedAt: date, dueAt: orNull(date), totalFinished: integer(0), poras: list(pora, 30) }
export const shapes = {
  snapshot: {
    ...groupFields, seq: integer(0), 'memberCount?': integer(1),
    members: list({ ...who, role: oneOf('admin', 'member'), joinedAt: date, online: bool, 'loginless?': oneOf(true) }, Infinity),
    'poras?': list(pora, 30), 'hatms?': list(hatm, 40), 'zikrs?': list(zikr, Infinity),
  },
  groupItem: { ...groupFields, memberCount: integer(1), 'hatms?': list({ hatmNumber: integer(1), totalFinished: integer(0), totalBooked: integer(0) }, Infinity) },
  zikr,
  account: { id, name: text, surname: is('a string', (v) => typeof v === 'string'), email: orNull(text), phone: orNull(text), isGuest: bool },
  userItem: { id, name: text, surname: is('a string', (v) => typeof v === 'string') },
  notificationItem,
  session: { id, device: orNull(text), createdAt: date, seenAt: date, expiresAt: date, isCurrent: bool },
  block: { userId: id, userName: text, createdAt: date },
  act: {
    id, act: is('a kind of act', (v) => /^[a-z_]+$/.test(v)), actorId: orNull(id), actorName: orNull(text), userId: orNull(id), userName: orNull(text),
    groupId: orNull(id), time: date,
  },
}
const settings = { timeZone: text, locale: orNull(text), reminderHour: orNull(integer(0)), remindOf: list(oneOf('poras', 'zikrs'), 2) }
shapes.profile = { ...shapes.account, ...settings, quranGroupCount: integer(0), zikrGroupCount: integer(0), findable: bool, isAdmin: bool }
shapes.adminUser = { ...shapes.account, createdAt: date, isAdmin: bool, isSuspended: bool }
shapes.adminProfile = { ...shapes.adminUser, quranGroupCount: integer(0), zikrGroupCount: integer(0), sessions: list(shapes.session, Infinity) }

// problem says what of a value does not fit a type, or undefined.
export function problem(type, value) {
  if (typeof type === 'function') return type(value)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return `is not an object: ${JSON.stringify(value)}`
  const known = new Set()
  for (const [key, field] of Object.entries(type)) {
    const name = key.replace('?', '')
    known.add(name)
    if (!(name in value)) {
      if (key === name) return `${name} is missing`
      continue
    }
    const wrong = problem(field, value[name])
    if (wrong) return `${name} ${wrong}`
  }
  const more = Object.keys(value).find((name) => !known.has(name))
  return more && `${more} is not in the contract`
}

// eventProblem says what is wrong with an event that the server sent, or undefined.
// recoverable says that the connection got a pid: then a last argument is the offset.
export function eventProblem(event, args, recoverable) {
  const type = serverEvents[event]
  if (!type) return `${event} is not in the contract`
  const offset = args.slice(1)
  const fits = recoverable ? offset.length === 1 && typeof offset[0] === 'string' && offset[0] !== '' : offset.length === 0
  if (args.length === 0 || !fits) return `${event} came with further arguments ${JSON.stringify(offset)}`
  const wrong = problem(type, args[0])
  return wrong && `${event}: ${wrong}`
}
