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

    public init(_ snapshot: Snapshot, userID: String) {
        self.snapshot = snapshot
        self.userID = userID
    }

    /// The last event whose effect is in here.
    public var seq: Int { snapshot.seq }

    /// Takes in what the server told. The order is the server's: an event that is not the next is either known or cannot be taken.
    public mutating func apply(_ event: ZikrEvent) -> Outcome {
        if case .missed = event { return .needsSnapshot }
        guard event.groupId == snapshot.id else { return .applied }
        guard let seq = event.seq else { return applyPresence(event) }
        if seq <= snapshot.seq { return .known }
        guard seq == snapshot.seq + 1 else { return .needsSnapshot }
        var next = snapshot
        next.seq = seq
        let outcome = next.apply(event, of: userID)
        if outcome == .applied { snapshot = next }
        return outcome
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

extension Snapshot {
    fileprivate mutating func setOnline(_ userIDs: Set<String>) {
        for i in members.indices { members[i].online = userIDs.contains(members[i].userId) }
    }

    fileprivate mutating func setOnline(_ userID: String, _ online: Bool) {
        guard let i = members.firstIndex(where: { $0.userId == userID }) else { return }
        members[i].online = online
    }

    fileprivate mutating func apply(_ event: ZikrEvent, of userID: String) -> GroupState.Outcome {
        switch event {
        case .poraBooked(let e): change(e.poraId) { $0.take(.booked, e.bookingId, e.userId, e.userName) }
        case .poraCompleted(let e): change(e.poraId) { $0.take(.completed, e.bookingId, e.userId, e.userName) }
        case .poraReleased(let e): change(e.poraId) { $0.take(.available, nil, nil, nil) }
        case .hatmCompleted(let e):
            hatmCount = e.hatmCount
            for i in poras?.indices ?? 0..<0 { poras?[i].take(.available, nil, nil, nil) }
        case .zikrCountUpdated(let e): count(e, mine: e.userId == userID)
        case .memberJoined(let e):
            members.removeAll { $0.userId == e.userId }
            members.append(MemberItem(userId: e.userId, userName: e.userName, role: .member, joinedAt: e.timestamp, online: false))
        case .memberLeft(let e): members.removeAll { $0.userId == e.userId }
        case .groupDeleted: return .ended
        default: return .needsSnapshot // group_updated, and what a later server tells
        }
        return .applied
    }

    private mutating func change(_ poraID: String, _ body: (inout PoraItem) -> Void) {
        guard let i = poras?.firstIndex(where: { $0.poraId == poraID }) else { return }
        body(&poras![i])
    }

    /// A counting of a zikr that group_updated took away before it was read is nobody's any more.
    private mutating func count(_ e: ZikrCountUpdated, mine: Bool) {
        guard let i = zikrs.firstIndex(where: { $0.zikrId == e.zikrId }) else { return }
        zikrs[i].totalCount = e.totalCount
        zikrs[i].goal = e.goal
        zikrs[i].cycleCount = e.cycleCount
        zikrs[i].progress = Self.progress(e.totalCount, e.goal)
        if mine { zikrs[i].myCount += e.count }
        if let k = zikrs[i].members.firstIndex(where: { $0.userId == e.userId }) {
            zikrs[i].members[k].count += e.count
        } else {
            zikrs[i].members.append(ShareItem(userId: e.userId, userName: e.userName, count: e.count))
        }
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

extension PoraItem {
    fileprivate mutating func take(_ status: PoraStatus, _ bookingID: String?, _ userID: String?, _ userName: String?) {
        self.status = status
        bookingId = bookingID
        userId = userID
        self.userName = userName
    }
}
