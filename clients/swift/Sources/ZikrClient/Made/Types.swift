// Made by clients/swift/generate from what the server says of itself. Do not edit: make generate.

import Foundation

public struct Account: Codable, Hashable, Sendable {
    public var id: String
    public var name: String
    public var surname: String
    public var email: String?
    public var phone: String?
    /// Came in by a link: an email and a password make it a full account.
    public var isGuest: Bool

    public init(id: String, name: String, surname: String, email: String? = nil, phone: String? = nil, isGuest: Bool) {
        self.id = id
        self.name = name
        self.surname = surname
        self.email = email
        self.phone = phone
        self.isGuest = isGuest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(surname, forKey: .surname)
        try container.encode(email, forKey: .email)
        try container.encode(phone, forKey: .phone)
        try container.encode(isGuest, forKey: .isGuest)
    }
}

public struct ActItem: Codable, Hashable, Sendable {
    public var id: String
    public var act: String
    /// Who did it; null for the operator, by a command.
    public var actorId: String?
    public var actorName: String?
    /// Whom it was done to, or who got the group.
    public var userId: String?
    public var userName: String?
    public var groupId: String?
    public var time: Date

    public init(id: String, act: String, actorId: String? = nil, actorName: String? = nil, userId: String? = nil, userName: String? = nil, groupId: String? = nil, time: Date) {
        self.id = id
        self.act = act
        self.actorId = actorId
        self.actorName = actorName
        self.userId = userId
        self.userName = userName
        self.groupId = groupId
        self.time = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(act, forKey: .act)
        try container.encode(actorId, forKey: .actorId)
        try container.encode(actorName, forKey: .actorName)
        try container.encode(userId, forKey: .userId)
        try container.encode(userName, forKey: .userName)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(time, forKey: .time)
    }
}

public struct AdminChange: Codable, Hashable, Sendable {
    /// Whether they are an admin of the platform.
    public var isAdmin: Bool?
    /// True: tokens are refused with account_suspended, connections end; false: all is as before.
    public var isSuspended: Bool?
    public var name: String?
    /// A new one, for who forgot it: ends all sessions.
    public var password: String?
    /// Empty takes it away.
    public var surname: String?

    public init(isAdmin: Bool? = nil, isSuspended: Bool? = nil, name: String? = nil, password: String? = nil, surname: String? = nil) {
        self.isAdmin = isAdmin
        self.isSuspended = isSuspended
        self.name = name
        self.password = password
        self.surname = surname
    }
}

public struct AdminGroupChange: Codable, Hashable, Sendable {
    /// A member, who becomes the group's admin.
    public var adminId: String

    public init(adminId: String) {
        self.adminId = adminId
    }
}

public struct AdminProfile: Codable, Hashable, Sendable {
    public var quranGroupCount: Int
    public var zikrGroupCount: Int
    public var sessions: [SessionItem]
    public var createdAt: Date
    /// An admin of the platform.
    public var isAdmin: Bool
    public var isSuspended: Bool
    public var id: String
    public var name: String
    public var surname: String
    public var email: String?
    public var phone: String?
    /// Came in by a link: an email and a password make it a full account.
    public var isGuest: Bool

    public init(quranGroupCount: Int, zikrGroupCount: Int, sessions: [SessionItem], createdAt: Date, isAdmin: Bool, isSuspended: Bool, id: String, name: String, surname: String, email: String? = nil, phone: String? = nil, isGuest: Bool) {
        self.quranGroupCount = quranGroupCount
        self.zikrGroupCount = zikrGroupCount
        self.sessions = sessions
        self.createdAt = createdAt
        self.isAdmin = isAdmin
        self.isSuspended = isSuspended
        self.id = id
        self.name = name
        self.surname = surname
        self.email = email
        self.phone = phone
        self.isGuest = isGuest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(quranGroupCount, forKey: .quranGroupCount)
        try container.encode(zikrGroupCount, forKey: .zikrGroupCount)
        try container.encode(sessions, forKey: .sessions)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(isAdmin, forKey: .isAdmin)
        try container.encode(isSuspended, forKey: .isSuspended)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(surname, forKey: .surname)
        try container.encode(email, forKey: .email)
        try container.encode(phone, forKey: .phone)
        try container.encode(isGuest, forKey: .isGuest)
    }
}

public struct AdminUser: Codable, Hashable, Sendable {
    public var createdAt: Date
    /// An admin of the platform.
    public var isAdmin: Bool
    public var isSuspended: Bool
    public var id: String
    public var name: String
    public var surname: String
    public var email: String?
    public var phone: String?
    /// Came in by a link: an email and a password make it a full account.
    public var isGuest: Bool

    public init(createdAt: Date, isAdmin: Bool, isSuspended: Bool, id: String, name: String, surname: String, email: String? = nil, phone: String? = nil, isGuest: Bool) {
        self.createdAt = createdAt
        self.isAdmin = isAdmin
        self.isSuspended = isSuspended
        self.id = id
        self.name = name
        self.surname = surname
        self.email = email
        self.phone = phone
        self.isGuest = isGuest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(isAdmin, forKey: .isAdmin)
        try container.encode(isSuspended, forKey: .isSuspended)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(surname, forKey: .surname)
        try container.encode(email, forKey: .email)
        try container.encode(phone, forKey: .phone)
        try container.encode(isGuest, forKey: .isGuest)
    }
}

public struct BanItem: Codable, Hashable, Sendable {
    public var userId: String
    public var userName: String
    public var bannedAt: Date

    public init(userId: String, userName: String, bannedAt: Date) {
        self.userId = userId
        self.userName = userName
        self.bannedAt = bannedAt
    }
}

public struct BlockItem: Codable, Hashable, Sendable {
    public var userId: String
    public var userName: String
    public var createdAt: Date

    public init(userId: String, userName: String, createdAt: Date) {
        self.userId = userId
        self.userName = userName
        self.createdAt = createdAt
    }
}

public struct BookPora: Codable, Hashable, Sendable {
    /// "1" to "30".
    public var poraId: String
    public var groupId: String
    /// Admin only: the member whose booking it is.
    public var forUserId: String?
    /// An open hatm; without it the oldest in which the pora is free.
    public var hatmNumber: Int?

    public init(poraId: String, groupId: String, forUserId: String? = nil, hatmNumber: Int? = nil) {
        self.poraId = poraId
        self.groupId = groupId
        self.forUserId = forUserId
        self.hatmNumber = hatmNumber
    }
}

public struct BookingConfirmed: Codable, Hashable, Sendable {
    public var bookingId: String
    public var poraId: String
    public var poraName: String
    public var hatmNumber: Int
    /// When it is to be read; null for no date.
    public var dueAt: Date?
    public var timestamp: Date

    public init(bookingId: String, poraId: String, poraName: String, hatmNumber: Int, dueAt: Date? = nil, timestamp: Date) {
        self.bookingId = bookingId
        self.poraId = poraId
        self.poraName = poraName
        self.hatmNumber = hatmNumber
        self.dueAt = dueAt
        self.timestamp = timestamp
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(bookingId, forKey: .bookingId)
        try container.encode(poraId, forKey: .poraId)
        try container.encode(poraName, forKey: .poraName)
        try container.encode(hatmNumber, forKey: .hatmNumber)
        try container.encode(dueAt, forKey: .dueAt)
        try container.encode(timestamp, forKey: .timestamp)
    }
}

public struct BookingDate: Codable, Hashable, Sendable {
    /// Ahead, and not before the date that the reader was promised.
    public var dueAt: Date

    public init(dueAt: Date) {
        self.dueAt = dueAt
    }
}

public struct CommonZikr: Codable, Hashable, Sendable {
    public var id: String
    /// The Arabic text.
    public var body: String
    /// How it is read aloud.
    public var readings: Readings
    public var meanings: Meanings
    /// How often it is usually said.
    public var goal: Int
    /// Where the number comes from.
    public var basis: String
    /// Other usual numbers.
    public var otherGoals: String?

    public init(id: String, body: String, readings: Readings, meanings: Meanings, goal: Int, basis: String, otherGoals: String? = nil) {
        self.id = id
        self.body = body
        self.readings = readings
        self.meanings = meanings
        self.goal = goal
        self.basis = basis
        self.otherGoals = otherGoals
    }
}

public struct CompletePora: Codable, Hashable, Sendable {
    public var bookingId: String

    public init(bookingId: String) {
        self.bookingId = bookingId
    }
}

public struct CompletionConfirmed: Codable, Hashable, Sendable {
    public var bookingId: String
    public var poraId: String
    public var poraName: String
    public var hatmNumber: Int
    public var timestamp: Date

    public init(bookingId: String, poraId: String, poraName: String, hatmNumber: Int, timestamp: Date) {
        self.bookingId = bookingId
        self.poraId = poraId
        self.poraName = poraName
        self.hatmNumber = hatmNumber
        self.timestamp = timestamp
    }
}

public struct Confirmation: Codable, Hashable, Sendable {
    /// Needed in a session older than 10 minutes, if the account has a password.
    public var currentPassword: String?

    public init(currentPassword: String? = nil) {
        self.currentPassword = currentPassword
    }
}

public struct ConnectionStatus: Codable, Hashable, Sendable {
    public var status: ConnectionWord
    public var userId: String
    public var timestamp: Date

    public init(status: ConnectionWord, userId: String, timestamp: Date) {
        self.status = status
        self.userId = userId
        self.timestamp = timestamp
    }
}

public struct Counting: Codable, Hashable, Sendable {
    /// 1 to 100,000: what is added.
    public var count: Int
    /// Whose counting it is: a member's, for whom the admin counts.
    public var forUserId: String?
    /// Made up by the client for one counting: sent again, it adds nothing.
    public var opId: String?

    public init(count: Int, forUserId: String? = nil, opId: String? = UUID().uuidString) {
        self.count = count
        self.forUserId = forUserId
        self.opId = opId
    }
}

public struct Credentials: Codable, Hashable, Sendable {
    /// Email or phone.
    public var login: String
    public var password: String
    /// What an earlier sign-in on this device was answered with.
    public var device: String?
    /// On what the person is, in words; without it the User-Agent tells.
    public var deviceName: String?

    public init(login: String, password: String, device: String? = nil, deviceName: String? = nil) {
        self.login = login
        self.password = password
        self.device = device
        self.deviceName = deviceName
    }
}

public struct DayItem: Codable, Hashable, Sendable {
    public var date: String
    /// Of zikrs.
    public var counted: Int
    /// That were completed.
    public var poras: Int
    /// How many took part; of a group's days only.
    public var members: Int?

    public init(date: String, counted: Int, poras: Int, members: Int? = nil) {
        self.date = date
        self.counted = counted
        self.poras = poras
        self.members = members
    }
}

public struct ErrorEvent: Codable, Hashable, Sendable {
    /// A sentence for a person.
    public var message: String
    public var error: ErrorCode
    /// The client event it answers.
    public var event: String
    public var timestamp: Date
    public var errorId: String?
    public var retryAfterMs: Int?

    public init(message: String, error: ErrorCode, event: String, timestamp: Date, errorId: String? = nil, retryAfterMs: Int? = nil) {
        self.message = message
        self.error = error
        self.event = event
        self.timestamp = timestamp
        self.errorId = errorId
        self.retryAfterMs = retryAfterMs
    }
}

public struct EventPage: Codable, Hashable, Sendable {
    public var events: [LoggedEvent]
    /// The seq of the latest event.
    public var latest: Int
    public var resync: Bool?

    public init(events: [LoggedEvent], latest: Int, resync: Bool? = nil) {
        self.events = events
        self.latest = latest
        self.resync = resync
    }
}

public struct Export: Codable, Hashable, Sendable {
    public var user: ExportedUser
    /// Every group that the user is or was in.
    public var groups: [ExportedGroup]
    public var bookings: [ExportedBooking]
    /// What was counted in all, by zikr.
    public var zikrs: [ExportedShare]
    /// The countings that are still kept one by one.
    public var counts: [ExportedCount]
    /// What was counted and completed, by day; sums to zikrs.
    public var days: [ExportedDay]
    /// What the user was sent, newest first.
    public var notifications: [ExportedNotification]
    /// The links that the user came in by, oldest first.
    public var links: [ExportedLinkUse]
    /// What others were sent by the user or because of the user, newest first.
    public var sent: [ExportedSent]
    /// Where the user is logged in.
    public var sessions: [SessionItem]
    /// Whose invitations do not arrive.
    public var blocks: [BlockItem]
    /// What admins of the platform did to the account, and the user as one of them, newest first.
    public var acts: [ExportedAct]
    /// The groups that the user is banned from.
    public var bans: [ExportedBan]
    /// Whom the user has banned.
    public var banned: [ExportedBan]
    /// What the user has used up of what there is only so much of in a day or a minute.
    public var budgets: [ExportedBudget]

    public init(user: ExportedUser, groups: [ExportedGroup], bookings: [ExportedBooking], zikrs: [ExportedShare], counts: [ExportedCount], days: [ExportedDay], notifications: [ExportedNotification], links: [ExportedLinkUse], sent: [ExportedSent], sessions: [SessionItem], blocks: [BlockItem], acts: [ExportedAct], bans: [ExportedBan], banned: [ExportedBan], budgets: [ExportedBudget]) {
        self.user = user
        self.groups = groups
        self.bookings = bookings
        self.zikrs = zikrs
        self.counts = counts
        self.days = days
        self.notifications = notifications
        self.links = links
        self.sent = sent
        self.sessions = sessions
        self.blocks = blocks
        self.acts = acts
        self.bans = bans
        self.banned = banned
        self.budgets = budgets
    }
}

public struct ExportedAct: Codable, Hashable, Sendable {
    public var act: String
    /// The user did it.
    public var isMine: Bool
    /// Whom it was done to.
    public var userId: String?
    public var groupId: String?
    public var time: Date

    public init(act: String, isMine: Bool, userId: String? = nil, groupId: String? = nil, time: Date) {
        self.act = act
        self.isMine = isMine
        self.userId = userId
        self.groupId = groupId
        self.time = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(act, forKey: .act)
        try container.encode(isMine, forKey: .isMine)
        try container.encode(userId, forKey: .userId)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(time, forKey: .time)
    }
}

public struct ExportedBan: Codable, Hashable, Sendable {
    public var groupId: String
    public var userId: String
    public var userName: String
    public var bannedAt: Date

    public init(groupId: String, userId: String, userName: String, bannedAt: Date) {
        self.groupId = groupId
        self.userId = userId
        self.userName = userName
        self.bannedAt = bannedAt
    }
}

public struct ExportedBooking: Codable, Hashable, Sendable {
    public var bookingId: String
    public var groupId: String
    public var hatmNumber: Int
    public var poraName: String
    public var status: BookingStatus
    public var bookedAt: Date
    /// By when it is, or was, to be read.
    public var dueAt: Date?
    public var endedAt: Date?
    /// Who made it, if that was the admin for the user.
    public var byId: String?
    /// Who marked it as read, if that was the admin for the user.
    public var completedBy: String?

    public init(bookingId: String, groupId: String, hatmNumber: Int, poraName: String, status: BookingStatus, bookedAt: Date, dueAt: Date? = nil, endedAt: Date? = nil, byId: String? = nil, completedBy: String? = nil) {
        self.bookingId = bookingId
        self.groupId = groupId
        self.hatmNumber = hatmNumber
        self.poraName = poraName
        self.status = status
        self.bookedAt = bookedAt
        self.dueAt = dueAt
        self.endedAt = endedAt
        self.byId = byId
        self.completedBy = completedBy
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(bookingId, forKey: .bookingId)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(hatmNumber, forKey: .hatmNumber)
        try container.encode(poraName, forKey: .poraName)
        try container.encode(status, forKey: .status)
        try container.encode(bookedAt, forKey: .bookedAt)
        try container.encode(dueAt, forKey: .dueAt)
        try container.encode(endedAt, forKey: .endedAt)
        try container.encode(byId, forKey: .byId)
        try container.encode(completedBy, forKey: .completedBy)
    }
}

public struct ExportedBudget: Codable, Hashable, Sendable {
    public var what: String
    /// The number of the day or the minute since 1970.
    public var period: Int
    public var used: Int

    public init(what: String, period: Int, used: Int) {
        self.what = what
        self.period = period
        self.used = used
    }
}

public struct ExportedCount: Codable, Hashable, Sendable {
    public var id: String
    public var groupId: String
    public var zikrId: String
    public var count: Int
    public var opId: String?
    /// The id of the counting that it takes back.
    public var undoes: String?
    /// Who made it, if that was the admin for the user.
    public var byId: String?
    public var time: Date

    public init(id: String, groupId: String, zikrId: String, count: Int, opId: String? = UUID().uuidString, undoes: String? = nil, byId: String? = nil, time: Date) {
        self.id = id
        self.groupId = groupId
        self.zikrId = zikrId
        self.count = count
        self.opId = opId
        self.undoes = undoes
        self.byId = byId
        self.time = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(zikrId, forKey: .zikrId)
        try container.encode(count, forKey: .count)
        try container.encode(opId, forKey: .opId)
        try container.encode(undoes, forKey: .undoes)
        try container.encode(byId, forKey: .byId)
        try container.encode(time, forKey: .time)
    }
}

public struct ExportedDay: Codable, Hashable, Sendable {
    public var groupId: String
    /// Null for poras.
    public var zikrId: String?
    /// In the time zone that the user had then.
    public var date: String
    public var count: Int

    public init(groupId: String, zikrId: String? = nil, date: String, count: Int) {
        self.groupId = groupId
        self.zikrId = zikrId
        self.date = date
        self.count = count
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(zikrId, forKey: .zikrId)
        try container.encode(date, forKey: .date)
        try container.encode(count, forKey: .count)
    }
}

public struct ExportedGroup: Codable, Hashable, Sendable {
    public var groupId: String
    public var groupName: String
    public var joinedAt: Date
    public var leftAt: Date?
    /// Of a group that has ended: whether the user was its last admin.
    public var isAdmin: Bool

    public init(groupId: String, groupName: String, joinedAt: Date, leftAt: Date? = nil, isAdmin: Bool) {
        self.groupId = groupId
        self.groupName = groupName
        self.joinedAt = joinedAt
        self.leftAt = leftAt
        self.isAdmin = isAdmin
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(groupName, forKey: .groupName)
        try container.encode(joinedAt, forKey: .joinedAt)
        try container.encode(leftAt, forKey: .leftAt)
        try container.encode(isAdmin, forKey: .isAdmin)
    }
}

public struct ExportedLinkUse: Codable, Hashable, Sendable {
    public var code: String
    public var time: Date

    public init(code: String, time: Date) {
        self.code = code
        self.time = time
    }
}

public struct ExportedNotification: Codable, Hashable, Sendable {
    /// Null too of what only counts as read, since a later one covers it.
    public var readAt: Date?
    /// The user's, to an invitation: accepted, rejected, or null while it waits for one.
    public var answer: String?
    public var answeredAt: Date?
    public var id: String
    public var type: NotificationType
    public var senderId: String
    public var senderName: String
    public var groupId: String
    public var groupName: String
    public var time: Date
    public var isRead: Bool
    public var bookingId: String?
    /// How many poras.
    public var count: Int?
    public var dueAt: Date?
    public var hatmNumber: Int?
    public var poraId: String?
    public var poraName: String?

    public init(readAt: Date? = nil, answer: String? = nil, answeredAt: Date? = nil, id: String, type: NotificationType, senderId: String, senderName: String, groupId: String, groupName: String, time: Date, isRead: Bool, bookingId: String? = nil, count: Int? = nil, dueAt: Date? = nil, hatmNumber: Int? = nil, poraId: String? = nil, poraName: String? = nil) {
        self.readAt = readAt
        self.answer = answer
        self.answeredAt = answeredAt
        self.id = id
        self.type = type
        self.senderId = senderId
        self.senderName = senderName
        self.groupId = groupId
        self.groupName = groupName
        self.time = time
        self.isRead = isRead
        self.bookingId = bookingId
        self.count = count
        self.dueAt = dueAt
        self.hatmNumber = hatmNumber
        self.poraId = poraId
        self.poraName = poraName
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(readAt, forKey: .readAt)
        try container.encode(answer, forKey: .answer)
        try container.encode(answeredAt, forKey: .answeredAt)
        try container.encode(id, forKey: .id)
        try container.encode(type, forKey: .type)
        try container.encode(senderId, forKey: .senderId)
        try container.encode(senderName, forKey: .senderName)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(groupName, forKey: .groupName)
        try container.encode(time, forKey: .time)
        try container.encode(isRead, forKey: .isRead)
        try container.encodeIfPresent(bookingId, forKey: .bookingId)
        try container.encodeIfPresent(count, forKey: .count)
        try container.encodeIfPresent(dueAt, forKey: .dueAt)
        try container.encodeIfPresent(hatmNumber, forKey: .hatmNumber)
        try container.encodeIfPresent(poraId, forKey: .poraId)
        try container.encodeIfPresent(poraName, forKey: .poraName)
    }
}

public struct ExportedSent: Codable, Hashable, Sendable {
    public var id: String
    public var type: NotificationType
    /// Null: all members of the group, or one whom only the admin of an anonymous group may know.
    public var receiverId: String?
    public var receiverName: String?
    public var groupId: String
    public var groupName: String
    public var time: Date
    /// The receiver's, to an invitation: accepted, rejected, or null while it waits for one.
    public var answer: String?
    public var answeredAt: Date?

    public init(id: String, type: NotificationType, receiverId: String? = nil, receiverName: String? = nil, groupId: String, groupName: String, time: Date, answer: String? = nil, answeredAt: Date? = nil) {
        self.id = id
        self.type = type
        self.receiverId = receiverId
        self.receiverName = receiverName
        self.groupId = groupId
        self.groupName = groupName
        self.time = time
        self.answer = answer
        self.answeredAt = answeredAt
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(type, forKey: .type)
        try container.encode(receiverId, forKey: .receiverId)
        try container.encode(receiverName, forKey: .receiverName)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(groupName, forKey: .groupName)
        try container.encode(time, forKey: .time)
        try container.encode(answer, forKey: .answer)
        try container.encode(answeredAt, forKey: .answeredAt)
    }
}

public struct ExportedShare: Codable, Hashable, Sendable {
    public var zikrId: String
    public var count: Int

    public init(zikrId: String, count: Int) {
        self.zikrId = zikrId
        self.count = count
    }
}

public struct ExportedUser: Codable, Hashable, Sendable {
    public var createdAt: Date
    public var findable: Bool
    /// An admin of the platform.
    public var isAdmin: Bool
    public var id: String
    public var name: String
    public var surname: String
    public var email: String?
    public var phone: String?
    /// Came in by a link: an email and a password make it a full account.
    public var isGuest: Bool
    /// An IANA name: whose days the history counts, and whose hours the reminders keep.
    public var timeZone: String
    public var locale: String?
    /// 0 to 23: the hour of reminders; null for none.
    public var reminderHour: Int?
    public var remindOf: [ReminderKind]

    public init(createdAt: Date, findable: Bool, isAdmin: Bool, id: String, name: String, surname: String, email: String? = nil, phone: String? = nil, isGuest: Bool, timeZone: String, locale: String? = nil, reminderHour: Int? = nil, remindOf: [ReminderKind]) {
        self.createdAt = createdAt
        self.findable = findable
        self.isAdmin = isAdmin
        self.id = id
        self.name = name
        self.surname = surname
        self.email = email
        self.phone = phone
        self.isGuest = isGuest
        self.timeZone = timeZone
        self.locale = locale
        self.reminderHour = reminderHour
        self.remindOf = remindOf
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(findable, forKey: .findable)
        try container.encode(isAdmin, forKey: .isAdmin)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(surname, forKey: .surname)
        try container.encode(email, forKey: .email)
        try container.encode(phone, forKey: .phone)
        try container.encode(isGuest, forKey: .isGuest)
        try container.encode(timeZone, forKey: .timeZone)
        try container.encode(locale, forKey: .locale)
        try container.encode(reminderHour, forKey: .reminderHour)
        try container.encode(remindOf, forKey: .remindOf)
    }
}

public struct GetNotifications: Codable, Hashable, Sendable {
    public init() {
    }
}

public struct GroupChange: Codable, Hashable, Sendable {
    /// A member, who becomes the admin.
    public var adminId: String?
    /// What is overdue is freed by itself.
    public var autoRelease: Bool?
    /// The group's own words or dua for a completed hatm; empty takes them away.
    public var completionText: String?
    /// Empty takes it away.
    public var dedication: String?
    /// Which verses a pora holds; it changes no rule.
    public var division: Division?
    /// A hatm is due that many days after it was opened; 0 takes it away.
    public var hatmDays: Int?
    /// 0 takes it away.
    public var hatmGoal: Int?
    /// Nobody but the admin is told who did what; it cannot be taken back: false is then invalid_payload.
    public var isAnonymous: Bool?
    public var isPublic: Bool?
    public var name: String?
    /// How many hatms may be open at once: 1 unless it is set.
    public var openHatms: Int?
    /// How many poras one member may hold at a time; 0 takes it away.
    public var poraLimit: Int?
    /// A booking is due that many days after it was made; 0 takes it away.
    public var readingDays: Int?
    /// An IANA name: whose days the group's history counts.
    public var timeZone: String?

    public init(adminId: String? = nil, autoRelease: Bool? = nil, completionText: String? = nil, dedication: String? = nil, division: Division? = nil, hatmDays: Int? = nil, hatmGoal: Int? = nil, isAnonymous: Bool? = nil, isPublic: Bool? = nil, name: String? = nil, openHatms: Int? = nil, poraLimit: Int? = nil, readingDays: Int? = nil, timeZone: String? = nil) {
        self.adminId = adminId
        self.autoRelease = autoRelease
        self.completionText = completionText
        self.dedication = dedication
        self.division = division
        self.hatmDays = hatmDays
        self.hatmGoal = hatmGoal
        self.isAnonymous = isAnonymous
        self.isPublic = isPublic
        self.name = name
        self.openHatms = openHatms
        self.poraLimit = poraLimit
        self.readingDays = readingDays
        self.timeZone = timeZone
    }
}

public struct GroupDeleted: Codable, Hashable, Sendable {
    public var groupId: String
    public var groupName: String
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date

    public init(groupId: String, groupName: String, seq: Int, timestamp: Date) {
        self.groupId = groupId
        self.groupName = groupName
        self.seq = seq
        self.timestamp = timestamp
    }
}

public struct GroupItem: Codable, Hashable, Sendable {
    public var id: String
    public var name: String
    public var type: GroupType
    public var isPublic: Bool
    public var dedication: String?
    public var hatmGoal: Int?
    public var hatmCount: Int
    /// In the list of public groups empty, but for the caller's own id.
    public var adminId: String
    public var memberCount: Int
    public var createdAt: Date
    /// How many hatms may be open at once.
    public var openHatms: Int
    /// How many poras one member may hold at a time.
    public var poraLimit: Int?
    /// A booking is due that many days after it was made.
    public var readingDays: Int?
    /// A hatm is due that many days after it was opened.
    public var hatmDays: Int?
    /// What is overdue is freed by itself.
    public var autoRelease: Bool
    /// Nobody but the admin is told who did what; once true, it stays so.
    public var isAnonymous: Bool
    /// Which verses a pora holds.
    public var division: Division
    /// The group's own words or dua for a completed hatm.
    public var completionText: String?
    /// An IANA name: whose days the group's history counts.
    public var timeZone: String
    /// How far the open hatms are, oldest first; quran groups only.
    public var hatms: [HatmStanding]?

    public init(id: String, name: String, type: GroupType, isPublic: Bool, dedication: String? = nil, hatmGoal: Int? = nil, hatmCount: Int, adminId: String, memberCount: Int, createdAt: Date, openHatms: Int, poraLimit: Int? = nil, readingDays: Int? = nil, hatmDays: Int? = nil, autoRelease: Bool, isAnonymous: Bool, division: Division, completionText: String? = nil, timeZone: String, hatms: [HatmStanding]? = nil) {
        self.id = id
        self.name = name
        self.type = type
        self.isPublic = isPublic
        self.dedication = dedication
        self.hatmGoal = hatmGoal
        self.hatmCount = hatmCount
        self.adminId = adminId
        self.memberCount = memberCount
        self.createdAt = createdAt
        self.openHatms = openHatms
        self.poraLimit = poraLimit
        self.readingDays = readingDays
        self.hatmDays = hatmDays
        self.autoRelease = autoRelease
        self.isAnonymous = isAnonymous
        self.division = division
        self.completionText = completionText
        self.timeZone = timeZone
        self.hatms = hatms
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(type, forKey: .type)
        try container.encode(isPublic, forKey: .isPublic)
        try container.encode(dedication, forKey: .dedication)
        try container.encode(hatmGoal, forKey: .hatmGoal)
        try container.encode(hatmCount, forKey: .hatmCount)
        try container.encode(adminId, forKey: .adminId)
        try container.encode(memberCount, forKey: .memberCount)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(openHatms, forKey: .openHatms)
        try container.encode(poraLimit, forKey: .poraLimit)
        try container.encode(readingDays, forKey: .readingDays)
        try container.encode(hatmDays, forKey: .hatmDays)
        try container.encode(autoRelease, forKey: .autoRelease)
        try container.encode(isAnonymous, forKey: .isAnonymous)
        try container.encode(division, forKey: .division)
        try container.encode(completionText, forKey: .completionText)
        try container.encode(timeZone, forKey: .timeZone)
        try container.encodeIfPresent(hatms, forKey: .hatms)
    }
}

public struct GroupUpdated: Codable, Hashable, Sendable {
    public var groupId: String
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date

    public init(groupId: String, seq: Int, timestamp: Date) {
        self.groupId = groupId
        self.seq = seq
        self.timestamp = timestamp
    }
}

public struct HatmCompleted: Codable, Hashable, Sendable {
    public var groupId: String
    public var groupName: String
    /// Hatms that the group has completed, this one counted.
    public var hatmCount: Int
    public var hatmNumber: Int
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date

    public init(groupId: String, groupName: String, hatmCount: Int, hatmNumber: Int, seq: Int, timestamp: Date) {
        self.groupId = groupId
        self.groupName = groupName
        self.hatmCount = hatmCount
        self.hatmNumber = hatmNumber
        self.seq = seq
        self.timestamp = timestamp
    }
}

public struct HatmDate: Codable, Hashable, Sendable {
    /// Null, or absent, takes the date away.
    public var dueAt: Date?

    public init(dueAt: Date? = nil) {
        self.dueAt = dueAt
    }
}

public struct HatmItem: Codable, Hashable, Sendable {
    public var hatmNumber: Int
    public var openedAt: Date
    public var dueAt: Date?
    /// Null while it is open.
    public var completedAt: Date?
    /// Poras that are done.
    public var totalFinished: Int
    /// Who read which pora of it, by pora.
    public var readers: [ReaderItem]

    public init(hatmNumber: Int, openedAt: Date, dueAt: Date? = nil, completedAt: Date? = nil, totalFinished: Int, readers: [ReaderItem]) {
        self.hatmNumber = hatmNumber
        self.openedAt = openedAt
        self.dueAt = dueAt
        self.completedAt = completedAt
        self.totalFinished = totalFinished
        self.readers = readers
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(hatmNumber, forKey: .hatmNumber)
        try container.encode(openedAt, forKey: .openedAt)
        try container.encode(dueAt, forKey: .dueAt)
        try container.encode(completedAt, forKey: .completedAt)
        try container.encode(totalFinished, forKey: .totalFinished)
        try container.encode(readers, forKey: .readers)
    }
}

public struct HatmOpened: Codable, Hashable, Sendable {
    public var groupId: String
    public var hatmNumber: Int
    /// When it is to be completed; null for no date.
    public var dueAt: Date?
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date

    public init(groupId: String, hatmNumber: Int, dueAt: Date? = nil, seq: Int, timestamp: Date) {
        self.groupId = groupId
        self.hatmNumber = hatmNumber
        self.dueAt = dueAt
        self.seq = seq
        self.timestamp = timestamp
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(hatmNumber, forKey: .hatmNumber)
        try container.encode(dueAt, forKey: .dueAt)
        try container.encode(seq, forKey: .seq)
        try container.encode(timestamp, forKey: .timestamp)
    }
}

public struct HatmReopened: Codable, Hashable, Sendable {
    public var groupId: String
    public var hatmNumber: Int
    /// Hatms that the group has completed, this one not any more.
    public var hatmCount: Int
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date

    public init(groupId: String, hatmNumber: Int, hatmCount: Int, seq: Int, timestamp: Date) {
        self.groupId = groupId
        self.hatmNumber = hatmNumber
        self.hatmCount = hatmCount
        self.seq = seq
        self.timestamp = timestamp
    }
}

public struct HatmStanding: Codable, Hashable, Sendable {
    public var hatmNumber: Int
    /// Poras that are done.
    public var totalFinished: Int
    /// Poras that are booked and not done.
    public var totalBooked: Int

    public init(hatmNumber: Int, totalFinished: Int, totalBooked: Int) {
        self.hatmNumber = hatmNumber
        self.totalFinished = totalFinished
        self.totalBooked = totalBooked
    }
}

public struct History: Codable, Hashable, Sendable {
    /// In which today is told; each day is of the zone that there was then.
    public var timeZone: String
    /// The first day that is looked at: later than asked for where a group has done too much for one answer; what was before it is asked for with to.
    public var from: String
    /// Oldest first; those on which nothing was done are left out.
    public var days: [DayItem]
    public var streak: Streak

    public init(timeZone: String, from: String, days: [DayItem], streak: Streak) {
        self.timeZone = timeZone
        self.from = from
        self.days = days
        self.streak = streak
    }
}

public struct InvitationAccepted: Codable, Hashable, Sendable {
    public var notificationId: String
    public var groupId: String
    public var groupName: String
    public var userId: String
    public var userName: String
    public var timestamp: Date

    public init(notificationId: String, groupId: String, groupName: String, userId: String, userName: String, timestamp: Date) {
        self.notificationId = notificationId
        self.groupId = groupId
        self.groupName = groupName
        self.userId = userId
        self.userName = userName
        self.timestamp = timestamp
    }
}

public struct InvitationAnswer: Codable, Hashable, Sendable {
    public var accept: Bool

    public init(accept: Bool) {
        self.accept = accept
    }
}

public struct InvitationRejected: Codable, Hashable, Sendable {
    public var notificationId: String
    public var groupId: String
    public var groupName: String
    public var userId: String
    public var timestamp: Date

    public init(notificationId: String, groupId: String, groupName: String, userId: String, timestamp: Date) {
        self.notificationId = notificationId
        self.groupId = groupId
        self.groupName = groupName
        self.userId = userId
        self.timestamp = timestamp
    }
}

public struct InvitationResponded: Codable, Hashable, Sendable {
    public var notificationId: String
    public var accepted: Bool
    public var groupId: String
    public var groupName: String
    public var timestamp: Date

    public init(notificationId: String, accepted: Bool, groupId: String, groupName: String, timestamp: Date) {
        self.notificationId = notificationId
        self.accepted = accepted
        self.groupId = groupId
        self.groupName = groupName
        self.timestamp = timestamp
    }
}

public struct InvitationSent: Codable, Hashable, Sendable {
    public var id: String
    public var receiverId: String
    public var groupId: String
    public var time: Date

    public init(id: String, receiverId: String, groupId: String, time: Date) {
        self.id = id
        self.receiverId = receiverId
        self.groupId = groupId
        self.time = time
    }
}

public struct Invitee: Codable, Hashable, Sendable {
    public var receiverId: String

    public init(receiverId: String) {
        self.receiverId = receiverId
    }
}

public struct JoinGroup: Codable, Hashable, Sendable {
    public var groupId: String
    /// The last seq that was seen: what came after it is sent first.
    public var since: Int?

    public init(groupId: String, since: Int? = nil) {
        self.groupId = groupId
        self.since = since
    }
}

public struct JoinedGroup: Codable, Hashable, Sendable {
    public var groupId: String
    public var message: String
    /// The group's latest event.
    public var seq: Int
    public var onlineCount: Int
    /// 500 at most, the caller included.
    public var onlineUserIds: [String]
    public var timestamp: Date
    /// Nothing was replayed: read the snapshot.
    public var resync: Bool?

    public init(groupId: String, message: String, seq: Int, onlineCount: Int, onlineUserIds: [String], timestamp: Date, resync: Bool? = nil) {
        self.groupId = groupId
        self.message = message
        self.seq = seq
        self.onlineCount = onlineCount
        self.onlineUserIds = onlineUserIds
        self.timestamp = timestamp
        self.resync = resync
    }
}

public struct LeaveGroup: Codable, Hashable, Sendable {
    public var groupId: String

    public init(groupId: String) {
        self.groupId = groupId
    }
}

public struct LeftGroup: Codable, Hashable, Sendable {
    public var groupId: String
    public var message: String
    public var timestamp: Date

    public init(groupId: String, message: String, timestamp: Date) {
        self.groupId = groupId
        self.message = message
        self.timestamp = timestamp
    }
}

public struct LinkItem: Codable, Hashable, Sendable {
    public var code: String
    /// The page of the link; without ZIKR_PUBLIC_URL, its path.
    public var url: String
    public var maxUses: Int?
    /// How many people it has let in.
    public var uses: Int
    public var expiresAt: Date?
    public var guests: Bool
    public var createdAt: Date

    public init(code: String, url: String, maxUses: Int? = nil, uses: Int, expiresAt: Date? = nil, guests: Bool, createdAt: Date) {
        self.code = code
        self.url = url
        self.maxUses = maxUses
        self.uses = uses
        self.expiresAt = expiresAt
        self.guests = guests
        self.createdAt = createdAt
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(url, forKey: .url)
        try container.encode(maxUses, forKey: .maxUses)
        try container.encode(uses, forKey: .uses)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(guests, forKey: .guests)
        try container.encode(createdAt, forKey: .createdAt)
    }
}

public struct LinkPage: Codable, Hashable, Sendable {
    public var groupId: String
    public var groupName: String
    public var type: GroupType
    public var dedication: String?
    public var memberCount: Int
    public var hatmCount: Int
    /// Poras of the oldest open hatm that are done.
    public var totalFinished: Int
    /// People without an account may come in.
    public var guests: Bool
    public var expiresAt: Date?

    public init(groupId: String, groupName: String, type: GroupType, dedication: String? = nil, memberCount: Int, hatmCount: Int, totalFinished: Int, guests: Bool, expiresAt: Date? = nil) {
        self.groupId = groupId
        self.groupName = groupName
        self.type = type
        self.dedication = dedication
        self.memberCount = memberCount
        self.hatmCount = hatmCount
        self.totalFinished = totalFinished
        self.guests = guests
        self.expiresAt = expiresAt
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(groupName, forKey: .groupName)
        try container.encode(type, forKey: .type)
        try container.encode(dedication, forKey: .dedication)
        try container.encode(memberCount, forKey: .memberCount)
        try container.encode(hatmCount, forKey: .hatmCount)
        try container.encode(totalFinished, forKey: .totalFinished)
        try container.encode(guests, forKey: .guests)
        try container.encode(expiresAt, forKey: .expiresAt)
    }
}

public struct ListActItem: Codable, Hashable, Sendable {
    public var items: [ActItem]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [ActItem], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListAdminUser: Codable, Hashable, Sendable {
    public var items: [AdminUser]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [AdminUser], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListBanItem: Codable, Hashable, Sendable {
    public var items: [BanItem]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [BanItem], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListBlockItem: Codable, Hashable, Sendable {
    public var items: [BlockItem]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [BlockItem], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListCommonZikr: Codable, Hashable, Sendable {
    public var items: [CommonZikr]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [CommonZikr], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListGroupItem: Codable, Hashable, Sendable {
    public var items: [GroupItem]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [GroupItem], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListHatmItem: Codable, Hashable, Sendable {
    public var items: [HatmItem]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [HatmItem], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListLinkItem: Codable, Hashable, Sendable {
    public var items: [LinkItem]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [LinkItem], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListNotificationItem: Codable, Hashable, Sendable {
    public var items: [NotificationItem]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [NotificationItem], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListPora: Codable, Hashable, Sendable {
    public var items: [Pora]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [Pora], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListSessionItem: Codable, Hashable, Sendable {
    public var items: [SessionItem]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [SessionItem], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct ListUserItem: Codable, Hashable, Sendable {
    public var items: [UserItem]
    /// Asks for the next page; null on the last.
    public var cursor: String?

    public init(items: [UserItem], cursor: String? = nil) {
        self.items = items
        self.cursor = cursor
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(cursor, forKey: .cursor)
    }
}

public struct LoggedEvent: Codable, Hashable, Sendable {
    public var seq: Int
    /// The event's name.
    public var event: String
    /// Its payload, as it was told live.
    public var data: JSONValue

    public init(seq: Int, event: String, data: JSONValue) {
        self.seq = seq
        self.event = event
        self.data = data
    }
}

public struct MarkNotificationRead: Codable, Hashable, Sendable {
    public var notificationId: String

    public init(notificationId: String) {
        self.notificationId = notificationId
    }
}

public struct Meanings: Codable, Hashable, Sendable {
    public var uz: String
    public var en: String
    public var ru: String

    public init(uz: String, en: String, ru: String) {
        self.uz = uz
        self.en = en
        self.ru = ru
    }
}

public struct MemberChange: Codable, Hashable, Sendable {
    public var name: String?
    /// Empty takes it away.
    public var surname: String?

    public init(name: String? = nil, surname: String? = nil) {
        self.name = name
        self.surname = surname
    }
}

public struct MemberItem: Codable, Hashable, Sendable {
    public var userId: String
    public var userName: String
    public var role: Role
    public var joinedAt: Date
    /// Told to members only: false for anybody else.
    public var online: Bool
    /// True of a member that the admin made, and acts for; absent otherwise.
    public var loginless: Bool?
    /// To the admin, of a member whom they may rename: the end of userName that is the surname; absent otherwise.
    public var surname: String?

    public init(userId: String, userName: String, role: Role, joinedAt: Date, online: Bool, loginless: Bool? = nil, surname: String? = nil) {
        self.userId = userId
        self.userName = userName
        self.role = role
        self.joinedAt = joinedAt
        self.online = online
        self.loginless = loginless
        self.surname = surname
    }
}

public struct MemberJoined: Codable, Hashable, Sendable {
    public var groupId: String
    public var groupName: String
    public var userId: String
    public var userName: String
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date
    /// True of a member that the admin made; absent otherwise.
    public var loginless: Bool?

    public init(groupId: String, groupName: String, userId: String, userName: String, seq: Int, timestamp: Date, loginless: Bool? = nil) {
        self.groupId = groupId
        self.groupName = groupName
        self.userId = userId
        self.userName = userName
        self.seq = seq
        self.timestamp = timestamp
        self.loginless = loginless
    }
}

public struct MemberLeft: Codable, Hashable, Sendable {
    public var groupId: String
    public var userId: String
    public var userName: String
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date
    /// True of a member that the admin made, who cannot come back; absent otherwise.
    public var loginless: Bool?

    public init(groupId: String, userId: String, userName: String, seq: Int, timestamp: Date, loginless: Bool? = nil) {
        self.groupId = groupId
        self.userId = userId
        self.userName = userName
        self.seq = seq
        self.timestamp = timestamp
        self.loginless = loginless
    }
}

public struct MemberUndo: Codable, Hashable, Sendable {
    /// At most 7 days ago.
    public var since: Date

    public init(since: Date) {
        self.since = since
    }
}

public struct MemberUndone: Codable, Hashable, Sendable {
    /// Countings that were undone.
    public var counts: Int
    /// Poras of open hatms that are free again, or that are to be read again by another who had booked them.
    public var poras: Int

    public init(counts: Int, poras: Int) {
        self.counts = counts
        self.poras = poras
    }
}

public struct NewGroup: Codable, Hashable, Sendable {
    public var name: String
    public var type: GroupType
    /// Anyone may find and join it.
    public var isPublic: Bool
    /// What is overdue is freed by itself.
    public var autoRelease: Bool?
    /// The group's own words or dua for a completed hatm; empty takes them away.
    public var completionText: String?
    public var dedication: String?
    /// Which verses a pora holds; it changes no rule.
    public var division: Division?
    /// A hatm is due that many days after it was opened; 0 takes it away.
    public var hatmDays: Int?
    /// For display; 0 is none.
    public var hatmGoal: Int?
    /// Nobody but the admin is told who did what; it cannot be taken back: false is then invalid_payload.
    public var isAnonymous: Bool?
    /// How many hatms may be open at once: 1 unless it is set.
    public var openHatms: Int?
    /// How many poras one member may hold at a time; 0 takes it away.
    public var poraLimit: Int?
    /// A booking is due that many days after it was made; 0 takes it away.
    public var readingDays: Int?
    /// An IANA name: whose days the group's history counts.
    public var timeZone: String?
    public var zikr: NewZikr?

    public init(name: String, type: GroupType, isPublic: Bool, autoRelease: Bool? = nil, completionText: String? = nil, dedication: String? = nil, division: Division? = nil, hatmDays: Int? = nil, hatmGoal: Int? = nil, isAnonymous: Bool? = nil, openHatms: Int? = nil, poraLimit: Int? = nil, readingDays: Int? = nil, timeZone: String? = nil, zikr: NewZikr? = nil) {
        self.name = name
        self.type = type
        self.isPublic = isPublic
        self.autoRelease = autoRelease
        self.completionText = completionText
        self.dedication = dedication
        self.division = division
        self.hatmDays = hatmDays
        self.hatmGoal = hatmGoal
        self.isAnonymous = isAnonymous
        self.openHatms = openHatms
        self.poraLimit = poraLimit
        self.readingDays = readingDays
        self.timeZone = timeZone
        self.zikr = zikr
    }
}

public struct NewGuest: Codable, Hashable, Sendable {
    public var name: String
    /// The code of a link that lets guests in.
    public var link: String
    /// On what the person is, in words; without it the User-Agent tells.
    public var deviceName: String?
    public var surname: String?

    public init(name: String, link: String, deviceName: String? = nil, surname: String? = nil) {
        self.name = name
        self.link = link
        self.deviceName = deviceName
        self.surname = surname
    }
}

public struct NewInvitation: Codable, Hashable, Sendable {
    public var id: String
    public var senderId: String
    public var senderName: String
    public var groupId: String
    public var groupName: String
    public var time: Date

    public init(id: String, senderId: String, senderName: String, groupId: String, groupName: String, time: Date) {
        self.id = id
        self.senderId = senderId
        self.senderName = senderName
        self.groupId = groupId
        self.groupName = groupName
        self.time = time
    }
}

public struct NewLink: Codable, Hashable, Sendable {
    /// In the future; none for never.
    public var expiresAt: Date?
    /// Lets in people without an account, too.
    public var guests: Bool?
    /// How many people it lets in; none for any number.
    public var maxUses: Int?

    public init(expiresAt: Date? = nil, guests: Bool? = nil, maxUses: Int? = nil) {
        self.expiresAt = expiresAt
        self.guests = guests
        self.maxUses = maxUses
    }
}

public struct NewMember: Codable, Hashable, Sendable {
    public var name: String
    public var surname: String?

    public init(name: String, surname: String? = nil) {
        self.name = name
        self.surname = surname
    }
}

public struct NewNotification: Codable, Hashable, Sendable {
    public var id: String
    public var type: NotificationType
    public var senderId: String
    public var senderName: String
    public var groupId: String
    public var groupName: String
    public var time: Date
    public var bookingId: String?
    /// How many poras.
    public var count: Int?
    public var dueAt: Date?
    public var hatmNumber: Int?
    public var poraId: String?
    public var poraName: String?

    public init(id: String, type: NotificationType, senderId: String, senderName: String, groupId: String, groupName: String, time: Date, bookingId: String? = nil, count: Int? = nil, dueAt: Date? = nil, hatmNumber: Int? = nil, poraId: String? = nil, poraName: String? = nil) {
        self.id = id
        self.type = type
        self.senderId = senderId
        self.senderName = senderName
        self.groupId = groupId
        self.groupName = groupName
        self.time = time
        self.bookingId = bookingId
        self.count = count
        self.dueAt = dueAt
        self.hatmNumber = hatmNumber
        self.poraId = poraId
        self.poraName = poraName
    }
}

public struct NewZikr: Codable, Hashable, Sendable {
    public var name: String
    /// The text that is recited.
    public var body: String?
    public var description: String?
    /// Of one cycle; 0 is none.
    public var goal: Int?
    public var hint: String?

    public init(name: String, body: String? = nil, description: String? = nil, goal: Int? = nil, hint: String? = nil) {
        self.name = name
        self.body = body
        self.description = description
        self.goal = goal
        self.hint = hint
    }
}

public struct NotificationItem: Codable, Hashable, Sendable {
    public var id: String
    public var type: NotificationType
    public var senderId: String
    public var senderName: String
    public var groupId: String
    public var groupName: String
    public var time: Date
    public var isRead: Bool
    public var bookingId: String?
    /// How many poras.
    public var count: Int?
    public var dueAt: Date?
    public var hatmNumber: Int?
    public var poraId: String?
    public var poraName: String?

    public init(id: String, type: NotificationType, senderId: String, senderName: String, groupId: String, groupName: String, time: Date, isRead: Bool, bookingId: String? = nil, count: Int? = nil, dueAt: Date? = nil, hatmNumber: Int? = nil, poraId: String? = nil, poraName: String? = nil) {
        self.id = id
        self.type = type
        self.senderId = senderId
        self.senderName = senderName
        self.groupId = groupId
        self.groupName = groupName
        self.time = time
        self.isRead = isRead
        self.bookingId = bookingId
        self.count = count
        self.dueAt = dueAt
        self.hatmNumber = hatmNumber
        self.poraId = poraId
        self.poraName = poraName
    }
}

public struct NotificationMarkedRead: Codable, Hashable, Sendable {
    public var notificationId: String
    public var success: Bool
    public var timestamp: Date

    public init(notificationId: String, success: Bool, timestamp: Date) {
        self.notificationId = notificationId
        self.success = success
        self.timestamp = timestamp
    }
}

public struct OpenHatm: Codable, Hashable, Sendable {
    public var hatmNumber: Int
    public var openedAt: Date
    public var dueAt: Date?
    /// Poras that are done.
    public var totalFinished: Int
    /// All 30.
    public var poras: [PoraItem]

    public init(hatmNumber: Int, openedAt: Date, dueAt: Date? = nil, totalFinished: Int, poras: [PoraItem]) {
        self.hatmNumber = hatmNumber
        self.openedAt = openedAt
        self.dueAt = dueAt
        self.totalFinished = totalFinished
        self.poras = poras
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(hatmNumber, forKey: .hatmNumber)
        try container.encode(openedAt, forKey: .openedAt)
        try container.encode(dueAt, forKey: .dueAt)
        try container.encode(totalFinished, forKey: .totalFinished)
        try container.encode(poras, forKey: .poras)
    }
}

public struct Pora: Codable, Hashable, Sendable {
    /// The poraId of every group.
    public var id: String
    public var number: Int
    /// The poraName of every event.
    public var name: String
    /// The traditional names: the first words.
    public var names: PoraNames
    /// Surah:ayah.
    public var firstVerse: String
    /// Surah:ayah.
    public var lastVerse: String
    /// How many.
    public var verses: Int
    public var firstPage: Int
    public var lastPage: Int
    /// In Indo-Pak prints, where that differs.
    public var indoPak: Span?

    public init(id: String, number: Int, name: String, names: PoraNames, firstVerse: String, lastVerse: String, verses: Int, firstPage: Int, lastPage: Int, indoPak: Span? = nil) {
        self.id = id
        self.number = number
        self.name = name
        self.names = names
        self.firstVerse = firstVerse
        self.lastVerse = lastVerse
        self.verses = verses
        self.firstPage = firstPage
        self.lastPage = lastPage
        self.indoPak = indoPak
    }
}

public struct PoraBooked: Codable, Hashable, Sendable {
    public var bookingId: String
    public var poraId: String
    public var poraName: String
    public var groupId: String
    /// The holder, also when the admin booked it for them.
    public var userId: String
    public var userName: String
    public var hatmNumber: Int
    /// When it is to be read; null for no date.
    public var dueAt: Date?
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date

    public init(bookingId: String, poraId: String, poraName: String, groupId: String, userId: String, userName: String, hatmNumber: Int, dueAt: Date? = nil, seq: Int, timestamp: Date) {
        self.bookingId = bookingId
        self.poraId = poraId
        self.poraName = poraName
        self.groupId = groupId
        self.userId = userId
        self.userName = userName
        self.hatmNumber = hatmNumber
        self.dueAt = dueAt
        self.seq = seq
        self.timestamp = timestamp
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(bookingId, forKey: .bookingId)
        try container.encode(poraId, forKey: .poraId)
        try container.encode(poraName, forKey: .poraName)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(userId, forKey: .userId)
        try container.encode(userName, forKey: .userName)
        try container.encode(hatmNumber, forKey: .hatmNumber)
        try container.encode(dueAt, forKey: .dueAt)
        try container.encode(seq, forKey: .seq)
        try container.encode(timestamp, forKey: .timestamp)
    }
}

public struct PoraChoice: Codable, Hashable, Sendable {
    /// "1" to "30".
    public var poraId: String
    /// Admin only: the member whose booking it is.
    public var forUserId: String?
    /// An open hatm; without it the oldest in which the pora is free.
    public var hatmNumber: Int?

    public init(poraId: String, forUserId: String? = nil, hatmNumber: Int? = nil) {
        self.poraId = poraId
        self.forUserId = forUserId
        self.hatmNumber = hatmNumber
    }
}

public struct PoraCompleted: Codable, Hashable, Sendable {
    public var bookingId: String
    public var poraId: String
    public var poraName: String
    public var groupId: String
    public var groupName: String
    /// The holder, also when the admin completed it.
    public var userId: String
    public var userName: String
    /// Poras of this hatm that are done: 1 to 30.
    public var totalFinished: Int
    public var hatmCompleted: Bool
    /// 1 for the group's first hatm.
    public var hatmNumber: Int
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date

    public init(bookingId: String, poraId: String, poraName: String, groupId: String, groupName: String, userId: String, userName: String, totalFinished: Int, hatmCompleted: Bool, hatmNumber: Int, seq: Int, timestamp: Date) {
        self.bookingId = bookingId
        self.poraId = poraId
        self.poraName = poraName
        self.groupId = groupId
        self.groupName = groupName
        self.userId = userId
        self.userName = userName
        self.totalFinished = totalFinished
        self.hatmCompleted = hatmCompleted
        self.hatmNumber = hatmNumber
        self.seq = seq
        self.timestamp = timestamp
    }
}

public struct PoraItem: Codable, Hashable, Sendable {
    public var poraId: String
    public var poraName: String
    public var status: PoraStatus
    /// Null for a stranger, too, who is told the status only.
    public var bookingId: String?
    /// The holder; empty if it is told to nobody but the admin.
    public var userId: String?
    public var userName: String?
    /// When it is to be read; null for no date.
    public var dueAt: Date?

    public init(poraId: String, poraName: String, status: PoraStatus, bookingId: String? = nil, userId: String? = nil, userName: String? = nil, dueAt: Date? = nil) {
        self.poraId = poraId
        self.poraName = poraName
        self.status = status
        self.bookingId = bookingId
        self.userId = userId
        self.userName = userName
        self.dueAt = dueAt
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(poraId, forKey: .poraId)
        try container.encode(poraName, forKey: .poraName)
        try container.encode(status, forKey: .status)
        try container.encode(bookingId, forKey: .bookingId)
        try container.encode(userId, forKey: .userId)
        try container.encode(userName, forKey: .userName)
        try container.encode(dueAt, forKey: .dueAt)
    }
}

public struct PoraNames: Codable, Hashable, Sendable {
    public var uz: String
    public var ar: String
    public var en: String

    public init(uz: String, ar: String, en: String) {
        self.uz = uz
        self.ar = ar
        self.en = en
    }
}

public struct PoraReleased: Codable, Hashable, Sendable {
    public var bookingId: String
    public var poraId: String
    public var poraName: String
    public var groupId: String
    /// The holder, also when the admin released it.
    public var userId: String
    public var userName: String
    public var hatmNumber: Int
    /// Who released it: the holder, the admin, its date that has passed, or that the holder left the group.
    public var reason: ReleaseReason
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date

    public init(bookingId: String, poraId: String, poraName: String, groupId: String, userId: String, userName: String, hatmNumber: Int, reason: ReleaseReason, seq: Int, timestamp: Date) {
        self.bookingId = bookingId
        self.poraId = poraId
        self.poraName = poraName
        self.groupId = groupId
        self.userId = userId
        self.userName = userName
        self.hatmNumber = hatmNumber
        self.reason = reason
        self.seq = seq
        self.timestamp = timestamp
    }
}

public struct PoraReopened: Codable, Hashable, Sendable {
    public var bookingId: String
    public var poraId: String
    public var poraName: String
    public var groupId: String
    /// The holder, also when the admin reopened it.
    public var userId: String
    public var userName: String
    public var hatmNumber: Int
    /// Poras of this hatm that are still done: 0 to 29.
    public var totalFinished: Int
    /// When it is to be read; null for no date.
    public var dueAt: Date?
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date

    public init(bookingId: String, poraId: String, poraName: String, groupId: String, userId: String, userName: String, hatmNumber: Int, totalFinished: Int, dueAt: Date? = nil, seq: Int, timestamp: Date) {
        self.bookingId = bookingId
        self.poraId = poraId
        self.poraName = poraName
        self.groupId = groupId
        self.userId = userId
        self.userName = userName
        self.hatmNumber = hatmNumber
        self.totalFinished = totalFinished
        self.dueAt = dueAt
        self.seq = seq
        self.timestamp = timestamp
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(bookingId, forKey: .bookingId)
        try container.encode(poraId, forKey: .poraId)
        try container.encode(poraName, forKey: .poraName)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(userId, forKey: .userId)
        try container.encode(userName, forKey: .userName)
        try container.encode(hatmNumber, forKey: .hatmNumber)
        try container.encode(totalFinished, forKey: .totalFinished)
        try container.encode(dueAt, forKey: .dueAt)
        try container.encode(seq, forKey: .seq)
        try container.encode(timestamp, forKey: .timestamp)
    }
}

public struct Problem: Codable, Hashable, Sendable {
    public var title: String
    public var status: Int
    /// A sentence for a person.
    public var detail: String
    public var code: ErrorCode
    /// Of internal: the number under which the cause was logged.
    public var errorId: String?
    /// Of rate_limited: when to try again.
    public var retryAfterMs: Int?

    public init(title: String, status: Int, detail: String, code: ErrorCode, errorId: String? = nil, retryAfterMs: Int? = nil) {
        self.title = title
        self.status = status
        self.detail = detail
        self.code = code
        self.errorId = errorId
        self.retryAfterMs = retryAfterMs
    }
}

public struct Profile: Codable, Hashable, Sendable {
    public var quranGroupCount: Int
    public var zikrGroupCount: Int
    /// Whether others find the account by its whole email or phone.
    public var findable: Bool
    /// An admin of the platform.
    public var isAdmin: Bool
    public var id: String
    public var name: String
    public var surname: String
    public var email: String?
    public var phone: String?
    /// Came in by a link: an email and a password make it a full account.
    public var isGuest: Bool
    /// An IANA name: whose days the history counts, and whose hours the reminders keep.
    public var timeZone: String
    public var locale: String?
    /// 0 to 23: the hour of reminders; null for none.
    public var reminderHour: Int?
    public var remindOf: [ReminderKind]

    public init(quranGroupCount: Int, zikrGroupCount: Int, findable: Bool, isAdmin: Bool, id: String, name: String, surname: String, email: String? = nil, phone: String? = nil, isGuest: Bool, timeZone: String, locale: String? = nil, reminderHour: Int? = nil, remindOf: [ReminderKind]) {
        self.quranGroupCount = quranGroupCount
        self.zikrGroupCount = zikrGroupCount
        self.findable = findable
        self.isAdmin = isAdmin
        self.id = id
        self.name = name
        self.surname = surname
        self.email = email
        self.phone = phone
        self.isGuest = isGuest
        self.timeZone = timeZone
        self.locale = locale
        self.reminderHour = reminderHour
        self.remindOf = remindOf
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(quranGroupCount, forKey: .quranGroupCount)
        try container.encode(zikrGroupCount, forKey: .zikrGroupCount)
        try container.encode(findable, forKey: .findable)
        try container.encode(isAdmin, forKey: .isAdmin)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(surname, forKey: .surname)
        try container.encode(email, forKey: .email)
        try container.encode(phone, forKey: .phone)
        try container.encode(isGuest, forKey: .isGuest)
        try container.encode(timeZone, forKey: .timeZone)
        try container.encode(locale, forKey: .locale)
        try container.encode(reminderHour, forKey: .reminderHour)
        try container.encode(remindOf, forKey: .remindOf)
    }
}

public struct ProfileChange: Codable, Hashable, Sendable {
    /// Needed with a new password, and in a session older than 10 minutes with another email or phone.
    public var currentPassword: String?
    public var email: String?
    /// Whether others find the account by its whole email or phone.
    public var findable: Bool?
    public var locale: Language?
    public var name: String?
    /// A new one: needs currentPassword, and revokes every other token.
    public var password: String?
    /// Empty takes it away.
    public var phone: String?
    /// Of what; may be empty.
    public var remindOf: [ReminderKind]?
    /// The hour of reminders; null takes it away.
    public var reminderHour: Int?
    /// Empty takes it away.
    public var surname: String?
    /// An IANA name, like Asia/Tashkent.
    public var timeZone: String?

    public init(currentPassword: String? = nil, email: String? = nil, findable: Bool? = nil, locale: Language? = nil, name: String? = nil, password: String? = nil, phone: String? = nil, remindOf: [ReminderKind]? = nil, reminderHour: Int? = nil, surname: String? = nil, timeZone: String? = nil) {
        self.currentPassword = currentPassword
        self.email = email
        self.findable = findable
        self.locale = locale
        self.name = name
        self.password = password
        self.phone = phone
        self.remindOf = remindOf
        self.reminderHour = reminderHour
        self.surname = surname
        self.timeZone = timeZone
    }
}

public struct ReaderItem: Codable, Hashable, Sendable {
    public var poraId: String
    /// Empty if it is told to nobody but the admin.
    public var userId: String
    public var userName: String
    public var completedAt: Date

    public init(poraId: String, userId: String, userName: String, completedAt: Date) {
        self.poraId = poraId
        self.userId = userId
        self.userName = userName
        self.completedAt = completedAt
    }
}

public struct Readings: Codable, Hashable, Sendable {
    public var uz: String
    public var en: String

    public init(uz: String, en: String) {
        self.uz = uz
        self.en = en
    }
}

public struct RefusalCause: Codable, Hashable, Sendable {
    public var code: ErrorCode
    /// A sentence for a person.
    public var message: String
    /// Of internal: the number under which the cause was logged.
    public var errorId: String?
    /// Of rate_limited: when to try again.
    public var retryAfterMs: Int?

    public init(code: ErrorCode, message: String, errorId: String? = nil, retryAfterMs: Int? = nil) {
        self.code = code
        self.message = message
        self.errorId = errorId
        self.retryAfterMs = retryAfterMs
    }
}

public struct Registration: Codable, Hashable, Sendable {
    public var name: String
    public var surname: String
    public var email: String
    public var password: String
    /// On what the person is, in words; without it the User-Agent tells.
    public var deviceName: String?
    /// The code of a link into a group, which the person joins in the same step; needed where accounts are made by invitation only.
    public var link: String?
    public var phone: String?

    public init(name: String, surname: String, email: String, password: String, deviceName: String? = nil, link: String? = nil, phone: String? = nil) {
        self.name = name
        self.surname = surname
        self.email = email
        self.password = password
        self.deviceName = deviceName
        self.link = link
        self.phone = phone
    }
}

public struct ReleaseConfirmed: Codable, Hashable, Sendable {
    public var bookingId: String
    public var poraId: String
    public var poraName: String
    public var hatmNumber: Int
    public var timestamp: Date

    public init(bookingId: String, poraId: String, poraName: String, hatmNumber: Int, timestamp: Date) {
        self.bookingId = bookingId
        self.poraId = poraId
        self.poraName = poraName
        self.hatmNumber = hatmNumber
        self.timestamp = timestamp
    }
}

public struct ReleasePora: Codable, Hashable, Sendable {
    public var bookingId: String

    public init(bookingId: String) {
        self.bookingId = bookingId
    }
}

public struct RemindPora: Codable, Hashable, Sendable {
    public var bookingId: String

    public init(bookingId: String) {
        self.bookingId = bookingId
    }
}

public struct ReminderSent: Codable, Hashable, Sendable {
    public var bookingId: String
    public var timestamp: Date

    public init(bookingId: String, timestamp: Date) {
        self.bookingId = bookingId
        self.timestamp = timestamp
    }
}

public struct Renewal: Codable, Hashable, Sendable {
    /// On what the person is, in words; without it the User-Agent tells.
    public var deviceName: String?

    public init(deviceName: String? = nil) {
        self.deviceName = deviceName
    }
}

public struct ReopenConfirmed: Codable, Hashable, Sendable {
    public var bookingId: String
    public var poraId: String
    public var poraName: String
    public var hatmNumber: Int
    /// When it is to be read; null for no date.
    public var dueAt: Date?
    public var timestamp: Date

    public init(bookingId: String, poraId: String, poraName: String, hatmNumber: Int, dueAt: Date? = nil, timestamp: Date) {
        self.bookingId = bookingId
        self.poraId = poraId
        self.poraName = poraName
        self.hatmNumber = hatmNumber
        self.dueAt = dueAt
        self.timestamp = timestamp
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(bookingId, forKey: .bookingId)
        try container.encode(poraId, forKey: .poraId)
        try container.encode(poraName, forKey: .poraName)
        try container.encode(hatmNumber, forKey: .hatmNumber)
        try container.encode(dueAt, forKey: .dueAt)
        try container.encode(timestamp, forKey: .timestamp)
    }
}

public struct ReopenPora: Codable, Hashable, Sendable {
    public var bookingId: String

    public init(bookingId: String) {
        self.bookingId = bookingId
    }
}

public struct RespondToInvitation: Codable, Hashable, Sendable {
    public var notificationId: String
    public var accept: Bool

    public init(notificationId: String, accept: Bool) {
        self.notificationId = notificationId
        self.accept = accept
    }
}

public struct SendInvitation: Codable, Hashable, Sendable {
    public var receiverId: String
    public var groupId: String

    public init(receiverId: String, groupId: String) {
        self.receiverId = receiverId
        self.groupId = groupId
    }
}

public struct SessionItem: Codable, Hashable, Sendable {
    public var id: String
    /// In words, as the app named it or its User-Agent tells; null if it is not known.
    public var device: String?
    /// When one logged in.
    public var createdAt: Date
    /// When it was last used, to about an hour.
    public var seenAt: Date
    /// When its latest token ends, unless it is renewed.
    public var expiresAt: Date
    /// The one that asks.
    public var isCurrent: Bool

    public init(id: String, device: String? = nil, createdAt: Date, seenAt: Date, expiresAt: Date, isCurrent: Bool) {
        self.id = id
        self.device = device
        self.createdAt = createdAt
        self.seenAt = seenAt
        self.expiresAt = expiresAt
        self.isCurrent = isCurrent
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(device, forKey: .device)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(seenAt, forKey: .seenAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(isCurrent, forKey: .isCurrent)
    }
}

public struct ShareItem: Codable, Hashable, Sendable {
    public var userId: String
    public var userName: String
    public var count: Int

    public init(userId: String, userName: String, count: Int) {
        self.userId = userId
        self.userName = userName
        self.count = count
    }
}

public struct ShareOut: Codable, Hashable, Sendable {
    /// Members of the group; all of them by default.
    public var userIds: [String]?

    public init(userIds: [String]? = nil) {
        self.userIds = userIds
    }
}

public struct SharedOut: Codable, Hashable, Sendable {
    public var hatmNumber: Int
    /// What was booked, by pora; none when no pora was free.
    public var bookings: [SharedPora]

    public init(hatmNumber: Int, bookings: [SharedPora]) {
        self.hatmNumber = hatmNumber
        self.bookings = bookings
    }
}

public struct SharedPora: Codable, Hashable, Sendable {
    public var bookingId: String
    public var poraId: String
    public var poraName: String
    public var userId: String
    public var dueAt: Date?

    public init(bookingId: String, poraId: String, poraName: String, userId: String, dueAt: Date? = nil) {
        self.bookingId = bookingId
        self.poraId = poraId
        self.poraName = poraName
        self.userId = userId
        self.dueAt = dueAt
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(bookingId, forKey: .bookingId)
        try container.encode(poraId, forKey: .poraId)
        try container.encode(poraName, forKey: .poraName)
        try container.encode(userId, forKey: .userId)
        try container.encode(dueAt, forKey: .dueAt)
    }
}

public struct SignedIn: Codable, Hashable, Sendable {
    public var token: String
    public var user: Account
    /// Opaque: keep it, and send it with the next log-in, so that wrong passwords of others are not held against this device.
    public var device: String

    public init(token: String, user: Account, device: String) {
        self.token = token
        self.user = user
        self.device = device
    }
}

public struct Snapshot: Codable, Hashable, Sendable {
    public var id: String
    public var name: String
    public var type: GroupType
    public var isPublic: Bool
    public var dedication: String?
    public var hatmGoal: Int?
    /// Hatms that the group has completed.
    public var hatmCount: Int
    /// Empty for a stranger of a public group.
    public var adminId: String
    /// The latest event whose effect is in here.
    public var seq: Int
    public var createdAt: Date
    public var members: [MemberItem]
    public var zikrs: [ZikrItem]
    /// How many hatms may be open at once.
    public var openHatms: Int
    /// How many poras one member may hold at a time.
    public var poraLimit: Int?
    /// A booking is due that many days after it was made.
    public var readingDays: Int?
    /// A hatm is due that many days after it was opened.
    public var hatmDays: Int?
    /// What is overdue is freed by itself.
    public var autoRelease: Bool
    /// Nobody but the admin is told who did what; once true, it stays so.
    public var isAnonymous: Bool
    /// Which verses a pora holds.
    public var division: Division
    /// The group's own words or dua for a completed hatm.
    public var completionText: String?
    /// An IANA name: whose days the group's history counts.
    public var timeZone: String
    /// The open hatms, oldest first; quran groups only.
    public var hatms: [OpenHatm]?
    /// Told to a stranger of a public group only: how many members there are.
    public var memberCount: Int?
    /// The 30 of the oldest open hatm; quran groups only.
    public var poras: [PoraItem]?

    public init(id: String, name: String, type: GroupType, isPublic: Bool, dedication: String? = nil, hatmGoal: Int? = nil, hatmCount: Int, adminId: String, seq: Int, createdAt: Date, members: [MemberItem], zikrs: [ZikrItem], openHatms: Int, poraLimit: Int? = nil, readingDays: Int? = nil, hatmDays: Int? = nil, autoRelease: Bool, isAnonymous: Bool, division: Division, completionText: String? = nil, timeZone: String, hatms: [OpenHatm]? = nil, memberCount: Int? = nil, poras: [PoraItem]? = nil) {
        self.id = id
        self.name = name
        self.type = type
        self.isPublic = isPublic
        self.dedication = dedication
        self.hatmGoal = hatmGoal
        self.hatmCount = hatmCount
        self.adminId = adminId
        self.seq = seq
        self.createdAt = createdAt
        self.members = members
        self.zikrs = zikrs
        self.openHatms = openHatms
        self.poraLimit = poraLimit
        self.readingDays = readingDays
        self.hatmDays = hatmDays
        self.autoRelease = autoRelease
        self.isAnonymous = isAnonymous
        self.division = division
        self.completionText = completionText
        self.timeZone = timeZone
        self.hatms = hatms
        self.memberCount = memberCount
        self.poras = poras
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(type, forKey: .type)
        try container.encode(isPublic, forKey: .isPublic)
        try container.encode(dedication, forKey: .dedication)
        try container.encode(hatmGoal, forKey: .hatmGoal)
        try container.encode(hatmCount, forKey: .hatmCount)
        try container.encode(adminId, forKey: .adminId)
        try container.encode(seq, forKey: .seq)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(members, forKey: .members)
        try container.encode(zikrs, forKey: .zikrs)
        try container.encode(openHatms, forKey: .openHatms)
        try container.encode(poraLimit, forKey: .poraLimit)
        try container.encode(readingDays, forKey: .readingDays)
        try container.encode(hatmDays, forKey: .hatmDays)
        try container.encode(autoRelease, forKey: .autoRelease)
        try container.encode(isAnonymous, forKey: .isAnonymous)
        try container.encode(division, forKey: .division)
        try container.encode(completionText, forKey: .completionText)
        try container.encode(timeZone, forKey: .timeZone)
        try container.encodeIfPresent(hatms, forKey: .hatms)
        try container.encodeIfPresent(memberCount, forKey: .memberCount)
        try container.encodeIfPresent(poras, forKey: .poras)
    }
}

public struct Span: Codable, Hashable, Sendable {
    /// Surah:ayah.
    public var firstVerse: String
    /// Surah:ayah.
    public var lastVerse: String

    public init(firstVerse: String, lastVerse: String) {
        self.firstVerse = firstVerse
        self.lastVerse = lastVerse
    }
}

public struct Streak: Codable, Hashable, Sendable {
    /// Up to today, which may still be empty.
    public var days: Int
    public var best: Int

    public init(days: Int, best: Int) {
        self.days = days
        self.best = best
    }
}

public struct UndoZikrCount: Codable, Hashable, Sendable {
    /// That of the zikr_update_confirmed.
    public var id: String

    public init(id: String) {
        self.id = id
    }
}

public struct UpdateZikrCount: Codable, Hashable, Sendable {
    public var groupId: String
    public var zikrId: String
    /// 1 to 100,000: what is added.
    public var count: Int
    /// Whose counting it is: a member's, for whom the admin counts.
    public var forUserId: String?
    /// Made up by the client for one counting: sent again, it adds nothing.
    public var opId: String?

    public init(groupId: String, zikrId: String, count: Int, forUserId: String? = nil, opId: String? = UUID().uuidString) {
        self.groupId = groupId
        self.zikrId = zikrId
        self.count = count
        self.forUserId = forUserId
        self.opId = opId
    }
}

public struct UserItem: Codable, Hashable, Sendable {
    public var id: String
    public var name: String
    public var surname: String

    public init(id: String, name: String, surname: String) {
        self.id = id
        self.name = name
        self.surname = surname
    }
}

public struct UserOffline: Codable, Hashable, Sendable {
    public var groupId: String
    public var userId: String
    public var timestamp: Date

    public init(groupId: String, userId: String, timestamp: Date) {
        self.groupId = groupId
        self.userId = userId
        self.timestamp = timestamp
    }
}

public struct UserOnline: Codable, Hashable, Sendable {
    public var groupId: String
    public var userId: String
    public var timestamp: Date

    public init(groupId: String, userId: String, timestamp: Date) {
        self.groupId = groupId
        self.userId = userId
        self.timestamp = timestamp
    }
}

public struct ZikrChange: Codable, Hashable, Sendable {
    /// Empty takes it away, as in the next two.
    public var body: String?
    public var description: String?
    /// Applies from now on; 0 takes it away.
    public var goal: Int?
    public var hint: String?
    public var name: String?

    public init(body: String? = nil, description: String? = nil, goal: Int? = nil, hint: String? = nil, name: String? = nil) {
        self.body = body
        self.description = description
        self.goal = goal
        self.hint = hint
        self.name = name
    }
}

public struct ZikrCountUpdated: Codable, Hashable, Sendable {
    public var groupId: String
    public var zikrId: String
    public var zikrName: String
    public var userId: String
    public var userName: String
    /// What was just added; negative if it takes another back.
    public var count: Int
    public var totalCount: Int
    /// Percent of the current cycle, two decimals.
    public var progress: String
    public var goalReached: Bool
    public var goal: Int?
    public var cycleCount: Int
    /// The group's event number: from 1, without a gap.
    public var seq: Int
    public var timestamp: Date
    /// The id of the counting that was taken back.
    public var undoes: String?

    public init(groupId: String, zikrId: String, zikrName: String, userId: String, userName: String, count: Int, totalCount: Int, progress: String, goalReached: Bool, goal: Int? = nil, cycleCount: Int, seq: Int, timestamp: Date, undoes: String? = nil) {
        self.groupId = groupId
        self.zikrId = zikrId
        self.zikrName = zikrName
        self.userId = userId
        self.userName = userName
        self.count = count
        self.totalCount = totalCount
        self.progress = progress
        self.goalReached = goalReached
        self.goal = goal
        self.cycleCount = cycleCount
        self.seq = seq
        self.timestamp = timestamp
        self.undoes = undoes
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(groupId, forKey: .groupId)
        try container.encode(zikrId, forKey: .zikrId)
        try container.encode(zikrName, forKey: .zikrName)
        try container.encode(userId, forKey: .userId)
        try container.encode(userName, forKey: .userName)
        try container.encode(count, forKey: .count)
        try container.encode(totalCount, forKey: .totalCount)
        try container.encode(progress, forKey: .progress)
        try container.encode(goalReached, forKey: .goalReached)
        try container.encode(goal, forKey: .goal)
        try container.encode(cycleCount, forKey: .cycleCount)
        try container.encode(seq, forKey: .seq)
        try container.encode(timestamp, forKey: .timestamp)
        try container.encodeIfPresent(undoes, forKey: .undoes)
    }
}

public struct ZikrItem: Codable, Hashable, Sendable {
    public var zikrId: String
    public var name: String
    public var body: String?
    public var description: String?
    public var hint: String?
    public var goal: Int?
    public var totalCount: Int
    public var cycleCount: Int
    public var progress: String
    public var myCount: Int
    /// Who counted how much, those who left included: sums to totalCount. In an anonymous group one's own and, with an empty userId, all others' together; none to a stranger.
    public var members: [ShareItem]

    public init(zikrId: String, name: String, body: String? = nil, description: String? = nil, hint: String? = nil, goal: Int? = nil, totalCount: Int, cycleCount: Int, progress: String, myCount: Int, members: [ShareItem]) {
        self.zikrId = zikrId
        self.name = name
        self.body = body
        self.description = description
        self.hint = hint
        self.goal = goal
        self.totalCount = totalCount
        self.cycleCount = cycleCount
        self.progress = progress
        self.myCount = myCount
        self.members = members
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(zikrId, forKey: .zikrId)
        try container.encode(name, forKey: .name)
        try container.encode(body, forKey: .body)
        try container.encode(description, forKey: .description)
        try container.encode(hint, forKey: .hint)
        try container.encode(goal, forKey: .goal)
        try container.encode(totalCount, forKey: .totalCount)
        try container.encode(cycleCount, forKey: .cycleCount)
        try container.encode(progress, forKey: .progress)
        try container.encode(myCount, forKey: .myCount)
        try container.encode(members, forKey: .members)
    }
}

public struct ZikrUpdateConfirmed: Codable, Hashable, Sendable {
    /// Names this counting.
    public var id: String
    /// What was just added; negative if it takes another back.
    public var count: Int
    public var totalCount: Int
    public var goalReached: Bool
    public var goal: Int?
    public var cycleCount: Int
    /// Percent of the current cycle, two decimals.
    public var progress: String
    public var timestamp: Date
    /// The id of the counting that was taken back.
    public var undoes: String?

    public init(id: String, count: Int, totalCount: Int, goalReached: Bool, goal: Int? = nil, cycleCount: Int, progress: String, timestamp: Date, undoes: String? = nil) {
        self.id = id
        self.count = count
        self.totalCount = totalCount
        self.goalReached = goalReached
        self.goal = goal
        self.cycleCount = cycleCount
        self.progress = progress
        self.timestamp = timestamp
        self.undoes = undoes
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(count, forKey: .count)
        try container.encode(totalCount, forKey: .totalCount)
        try container.encode(goalReached, forKey: .goalReached)
        try container.encode(goal, forKey: .goal)
        try container.encode(cycleCount, forKey: .cycleCount)
        try container.encode(progress, forKey: .progress)
        try container.encode(timestamp, forKey: .timestamp)
        try container.encodeIfPresent(undoes, forKey: .undoes)
    }
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct BookingStatus: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let booked = BookingStatus(rawValue: "booked")
    public static let completed = BookingStatus(rawValue: "completed")
    public static let released = BookingStatus(rawValue: "released")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct ConnectionWord: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let connected = ConnectionWord(rawValue: "connected")
    public static let draining = ConnectionWord(rawValue: "draining")
    public static let expired = ConnectionWord(rawValue: "expired")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct Division: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let indopak = Division(rawValue: "indopak")
    public static let madani = Division(rawValue: "madani")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct ErrorCode: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let accountSuspended = ErrorCode(rawValue: "account_suspended")
    public static let alreadyMember = ErrorCode(rawValue: "already_member")
    public static let badCredentials = ErrorCode(rawValue: "bad_credentials")
    public static let banned = ErrorCode(rawValue: "banned")
    public static let bookingAlreadyCompleted = ErrorCode(rawValue: "booking_already_completed")
    public static let bookingNotFound = ErrorCode(rawValue: "booking_not_found")
    public static let countNotFound = ErrorCode(rawValue: "count_not_found")
    public static let countOutOfRange = ErrorCode(rawValue: "count_out_of_range")
    public static let countTooOld = ErrorCode(rawValue: "count_too_old")
    public static let emailTaken = ErrorCode(rawValue: "email_taken")
    public static let guestsNotAllowed = ErrorCode(rawValue: "guests_not_allowed")
    public static let hatmAlreadyCompleted = ErrorCode(rawValue: "hatm_already_completed")
    public static let hatmNotFound = ErrorCode(rawValue: "hatm_not_found")
    public static let `internal` = ErrorCode(rawValue: "internal")
    public static let invalidPayload = ErrorCode(rawValue: "invalid_payload")
    public static let invitationAlreadyAnswered = ErrorCode(rawValue: "invitation_already_answered")
    public static let invitationNotFound = ErrorCode(rawValue: "invitation_not_found")
    public static let invitationPending = ErrorCode(rawValue: "invitation_pending")
    public static let limitReached = ErrorCode(rawValue: "limit_reached")
    public static let linkExpired = ErrorCode(rawValue: "link_expired")
    public static let linkNotFound = ErrorCode(rawValue: "link_not_found")
    public static let methodNotAllowed = ErrorCode(rawValue: "method_not_allowed")
    public static let notAdmin = ErrorCode(rawValue: "not_admin")
    public static let notFound = ErrorCode(rawValue: "not_found")
    public static let notMember = ErrorCode(rawValue: "not_member")
    public static let notYourBooking = ErrorCode(rawValue: "not_your_booking")
    public static let notificationNotFound = ErrorCode(rawValue: "notification_not_found")
    public static let payloadTooLarge = ErrorCode(rawValue: "payload_too_large")
    public static let phoneTaken = ErrorCode(rawValue: "phone_taken")
    public static let poraAlreadyBooked = ErrorCode(rawValue: "pora_already_booked")
    public static let poraAlreadyCompleted = ErrorCode(rawValue: "pora_already_completed")
    public static let poraNotFound = ErrorCode(rawValue: "pora_not_found")
    public static let rateLimited = ErrorCode(rawValue: "rate_limited")
    public static let registrationClosed = ErrorCode(rawValue: "registration_closed")
    public static let sessionNotFound = ErrorCode(rawValue: "session_not_found")
    public static let tokenExpired = ErrorCode(rawValue: "token_expired")
    public static let tooManyPoras = ErrorCode(rawValue: "too_many_poras")
    public static let unauthenticated = ErrorCode(rawValue: "unauthenticated")
    public static let unknownEvent = ErrorCode(rawValue: "unknown_event")
    public static let userNotFound = ErrorCode(rawValue: "user_not_found")
    public static let wrongGroupType = ErrorCode(rawValue: "wrong_group_type")
    public static let zikrNotFound = ErrorCode(rawValue: "zikr_not_found")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct GroupType: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let quran = GroupType(rawValue: "quran")
    public static let zikr = GroupType(rawValue: "zikr")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct Language: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let ar = Language(rawValue: "ar")
    public static let en = Language(rawValue: "en")
    public static let ru = Language(rawValue: "ru")
    public static let tr = Language(rawValue: "tr")
    public static let uz = Language(rawValue: "uz")
    public static let uzCyrl = Language(rawValue: "uz-Cyrl")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct NotificationType: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let goalReached = NotificationType(rawValue: "goal_reached")
    public static let hatmCompleted = NotificationType(rawValue: "hatm_completed")
    public static let invitation = NotificationType(rawValue: "invitation")
    public static let invitationAccepted = NotificationType(rawValue: "invitation_accepted")
    public static let invitationRejected = NotificationType(rawValue: "invitation_rejected")
    public static let poraAssigned = NotificationType(rawValue: "pora_assigned")
    public static let poraDueSoon = NotificationType(rawValue: "pora_due_soon")
    public static let poraReleased = NotificationType(rawValue: "pora_released")
    public static let poraReminder = NotificationType(rawValue: "pora_reminder")
    public static let removedFromGroup = NotificationType(rawValue: "removed_from_group")
    public static let zikrReminder = NotificationType(rawValue: "zikr_reminder")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct PoraStatus: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let available = PoraStatus(rawValue: "available")
    public static let booked = PoraStatus(rawValue: "booked")
    public static let completed = PoraStatus(rawValue: "completed")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct ReleaseReason: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let admin = ReleaseReason(rawValue: "admin")
    public static let holder = ReleaseReason(rawValue: "holder")
    public static let left = ReleaseReason(rawValue: "left")
    public static let overdue = ReleaseReason(rawValue: "overdue")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct ReminderKind: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let poras = ReminderKind(rawValue: "poras")
    public static let zikrs = ReminderKind(rawValue: "zikrs")
}

/// One of the words below. A later server may know more of them: they are kept as they came.
public struct Role: RawRepresentable, ExpressibleByStringLiteral, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public static let admin = Role(rawValue: "admin")
    public static let member = Role(rawValue: "member")
}
