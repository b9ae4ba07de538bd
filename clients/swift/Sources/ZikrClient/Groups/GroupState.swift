import Foundation

/// What one user knows of a group: its snapshot, kept up to date by nothing but the events that follow it. A value: it can be copied,
/// compared and stored.
public struct GroupState: Codable, Hashable, Sendable {
    /// What an event did to it.
    public enum Outcome: Hashable, Sendable {
        /// It is in the state now, or says nothing about the state.
        case applied
        /// It was in the state already.
        case known
        /// The state cannot follow: read the snapshot.
        case needsSnapshot
        /// The group is gone, or this user is no longer in it.
        case ended
    }

    /// As the server would tell it now. `online` of its members is what was last told.
    public private(set) var snapshot: Snapshot
    /// Whose state it is: whose `myCount` it holds.
    public let userID: String
    /// In an anonymous group the events do not say whose they are: this is what the user was answered, and what may still be theirs.
    private var answers: Answers?

    public init(_ snapshot: Snapshot, userID: String) {
        self.snapshot = snapshot
        self.userID = userID
    }

    /// The last event whose effect is in here.
    public var seq: Int { snapshot.seq }

    /// Takes in what the server told. The order is the server's: an event that is not the next is either known or cannot be taken.
    public mutating func apply(_ event: ZikrEvent) -> Outcome {
        if case .missed = event { return .needsSnapshot }
        switch event {
        case .bookingConfirmed(let answer): own(answer)
        case .zikrUpdateConfirmed(let answer): own(answer)
        default: break
        }
        guard event.groupId == snapshot.id else { return .applied }
        guard let seq = event.seq else { return applyPresence(event) }
        if seq <= snapshot.seq { return .known }
        guard seq == snapshot.seq + 1 else { return .needsSnapshot }
        var next = snapshot
        next.seq = seq
        let outcome = next.apply(event, of: userID)
        if outcome == .applied {
            snapshot = next
            find(event)
        }
        return outcome
    }

    /// Notes that a booking is this user's. In an anonymous group only the answer tells, before the event or after it: what the socket is
    /// answered is noted by ``apply(_:)``, what is asked for over REST is for the caller to note. Elsewhere it changes nothing.
    public mutating func own(_ booking: BookingConfirmed) {
        guard snapshot.isAnonymous else { return }
        snapshot.own(booking.bookingId, userID)
        answers = (answers ?? Answers()).with { Answers.keep(booking.bookingId, in: &$0.bookings) }
    }

    /// Notes that a counting is this user's, as the other does for a booking.
    public mutating func own(_ counting: ZikrUpdateConfirmed) {
        guard snapshot.isAnonymous else { return }
        let answer = Answers.Counting(count: counting.count, totalCount: counting.totalCount, timestamp: counting.timestamp)
        answers = (answers ?? Answers()).with { Answers.keep(answer, in: &$0.countings) }
        guard let told = answers?.nameless.first(where: { $0.counting == answer }) else { return }
        answers?.nameless.removeAll { $0 == told }
        snapshot.own(answer.count, of: told.zikrId, userID)
    }

    /// The same state with another snapshot, which the server has told: what was answered counts for events that come after it.
    public func with(_ snapshot: Snapshot) -> GroupState {
        var next = GroupState(snapshot, userID: userID)
        next.answers = answers?.with { $0.nameless = [] }
        return next
    }

    /// Looks whether an event without a name is this user's.
    private mutating func find(_ event: ZikrEvent) {
        guard snapshot.isAnonymous else { return }
        switch event {
        case .poraBooked(let e) where e.userId.isEmpty:
            if answers?.bookings.contains(e.bookingId) == true { snapshot.own(e.bookingId, userID) }
        case .zikrCountUpdated(let e) where e.userId.isEmpty:
            let counting = Answers.Counting(count: e.count, totalCount: e.totalCount, timestamp: e.timestamp)
            if answers?.countings.contains(counting) == true {
                snapshot.own(e.count, of: e.zikrId, userID)
            } else {
                answers = (answers ?? Answers()).with { Answers.keep(Answers.Nameless(zikrId: e.zikrId, counting: counting), in: &$0.nameless) }
            }
        default: break
        }
    }

    private mutating func applyPresence(_ event: ZikrEvent) -> Outcome {
        switch event {
        case .joinedGroup(let joined):
            if joined.resync == true || joined.seq > snapshot.seq { return .needsSnapshot }
            if joined.onlineCount <= joined.onlineUserIds.count { snapshot.setOnline(Set(joined.onlineUserIds)) }
        case .userOnline(let here): snapshot.setOnline(here.userId, true)
        case .userOffline(let gone): snapshot.setOnline(gone.userId, false)
        case .leftGroup: return .ended
        default: break
        }
        return .applied
    }
}

/// What a user was answered of late, and what came without a name and may be theirs: the answer may come before the event or after it.
private struct Answers: Codable, Hashable, Sendable {
    /// By this a counting is known again: no two of a zikr are alike in all three.
    struct Counting: Codable, Hashable, Sendable {
        var count: Int
        var totalCount: Int
        var timestamp: Date
    }

    struct Nameless: Codable, Hashable, Sendable {
        var zikrId: String
        var counting: Counting
    }

    var bookings: [String] = []
    var countings: [Counting] = []
    var nameless: [Nameless] = []

    func with(_ change: (inout Answers) -> Void) -> Answers {
        var next = self
        change(&next)
        return next
    }

    /// Keeps the newest hundred.
    static func keep<T>(_ one: T, in some: inout [T]) {
        some.append(one)
        if some.count > 100 { some.removeFirst() }
    }
}

extension Snapshot {
    private func name(of userID: String) -> String { members.first { $0.userId == userID }?.userName ?? "" }

    fileprivate mutating func own(_ bookingID: String, _ userID: String) {
        let name = name(of: userID)
        changeHatms { hatms in
            for h in hatms.indices {
                guard let i = hatms[h].poras.firstIndex(where: { $0.bookingId == bookingID }) else { continue }
                (hatms[h].poras[i].userId, hatms[h].poras[i].userName) = (userID, name)
            }
        }
    }

    /// What was counted goes from all others' share to one's own.
    fileprivate mutating func own(_ count: Int, of zikrID: String, _ userID: String) {
        let name = name(of: userID)
        guard let i = zikrs.firstIndex(where: { $0.zikrId == zikrID }) else { return }
        zikrs[i].myCount += count
        zikrs[i].share(-count, "", "")
        zikrs[i].share(count, userID, name)
    }

    fileprivate mutating func setOnline(_ userIDs: Set<String>) {
        for i in members.indices { members[i].online = userIDs.contains(members[i].userId) }
    }

    fileprivate mutating func setOnline(_ userID: String, _ online: Bool) {
        guard let i = members.firstIndex(where: { $0.userId == userID }) else { return }
        members[i].online = online
    }

    fileprivate mutating func apply(_ event: ZikrEvent, of userID: String) -> GroupState.Outcome {
        switch event {
        case .poraBooked(let e) where e.userId.isEmpty && adminId == userID: return .needsSnapshot // the admin may know, and the event does not tell
        case .poraBooked(let e): change(e.hatmNumber, e.poraId) { $0.take(.booked, e.bookingId, e.userId, e.userName, dueAt: e.dueAt) }
        case .poraCompleted(let e): change(e.hatmNumber, e.poraId, e.totalFinished) { $0.status = .completed }
        case .poraReopened(let e): // in the same hands, which an anonymous group does not name
            change(e.hatmNumber, e.poraId, e.totalFinished) {
                $0.take(.booked, e.bookingId, e.userId.isEmpty ? $0.userId : e.userId, e.userId.isEmpty ? $0.userName : e.userName, dueAt: e.dueAt)
            }
        case .poraReleased(let e): change(e.hatmNumber, e.poraId) { $0.take(.available, nil, nil, nil, dueAt: nil) }
        case .hatmCompleted(let e):
            hatmCount = e.hatmCount
            changeHatms { $0.removeAll { $0.hatmNumber == e.hatmNumber } }
        case .hatmOpened(let e):
            let free = (1...30).map { PoraItem(poraId: "\($0)", poraName: "\($0)-Juz", status: .available) }
            changeHatms { $0.append(OpenHatm(hatmNumber: e.hatmNumber, openedAt: e.timestamp, dueAt: e.dueAt, totalFinished: 0, poras: free)) }
        case .zikrCountUpdated(let e): count(e, mine: e.userId == userID)
        case .memberJoined(let e):
            members.removeAll { $0.userId == e.userId }
            members.append(MemberItem(userId: e.userId, userName: e.userName, role: .member, joinedAt: e.timestamp, online: false, loginless: e.loginless))
        case .memberLeft(let e): members.removeAll { $0.userId == e.userId }
        case .groupDeleted: return .ended
        default: return .needsSnapshot // group_updated, hatm_reopened (who had read it is not told), and what a later server tells
        }
        return .applied
    }

    private mutating func change(_ hatmNumber: Int, _ poraID: String, _ totalFinished: Int? = nil, _ body: (inout PoraItem) -> Void) {
        changeHatms { hatms in
            guard let h = hatms.firstIndex(where: { $0.hatmNumber == hatmNumber }),
                  let i = hatms[h].poras.firstIndex(where: { $0.poraId == poraID }) else { return }
            hatms[h].totalFinished = totalFinished ?? hatms[h].totalFinished
            body(&hatms[h].poras[i])
        }
    }

    /// `poras` are always those of the oldest open hatm.
    private mutating func changeHatms(_ body: (inout [OpenHatm]) -> Void) {
        var open = hatms ?? []
        body(&open)
        hatms = open
        poras = hatms?.first?.poras
    }

    /// A counting of a zikr that group_updated took away before it was read is nobody's any more.
    private mutating func count(_ e: ZikrCountUpdated, mine: Bool) {
        guard let i = zikrs.firstIndex(where: { $0.zikrId == e.zikrId }) else { return }
        zikrs[i].totalCount = e.totalCount
        zikrs[i].goal = e.goal
        zikrs[i].cycleCount = e.cycleCount
        zikrs[i].progress = Self.progress(e.totalCount, e.goal)
        if mine { zikrs[i].myCount += e.count }
        zikrs[i].share(e.count, e.userId, e.userName)
    }

    /// The current cycle's share of the goal, as a snapshot says it: in percent, rounded half up to a hundredth, never above 99.99.
    static func progress(_ total: Int, _ goal: Int?) -> String {
        guard let goal, goal > 0 else { return "0.00" }
        let (high, low) = (total % goal).multipliedFullWidth(by: 20_000) // goals may be near the largest number
        let (sum, carry) = low.addingReportingOverflow(UInt(goal))
        let hundredths = (goal.magnitude * 2).dividingFullWidth((UInt(high) + (carry ? 1 : 0), sum)).quotient
        let capped = min(hundredths, 9_999)
        return "\(capped / 100).\(capped % 100 < 10 ? "0" : "")\(capped % 100)"
    }
}

extension ZikrItem {
    /// Adds to somebody's share; one of which nothing is left is gone.
    fileprivate mutating func share(_ count: Int, _ userID: String, _ userName: String) {
        guard let k = members.firstIndex(where: { $0.userId == userID }) else {
            members.append(ShareItem(userId: userID, userName: userName, count: count))
            return
        }
        members[k].count += count
        if members[k].count == 0 { members.remove(at: k) }
    }
}

extension PoraItem {
    fileprivate mutating func take(_ status: PoraStatus, _ bookingID: String?, _ userID: String?, _ userName: String?, dueAt: Date?) {
        self.status = status
        bookingId = bookingID
        userId = userID
        self.userName = userName
        self.dueAt = dueAt
    }
}
