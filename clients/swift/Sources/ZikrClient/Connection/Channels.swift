import Foundation

/// The groups whose channels are joined, and how far each was seen: a value, so that its rules can be tested by themselves.
struct Channels: Sendable {
    private struct Channel {
        var seen: Int? // the last seq; nil until the first join is confirmed
        var isWanted = true // false between leave_group and left_group
    }

    private var channels: [String: Channel] = [:]

    /// Whoever wants to join says what was seen already, if anything.
    mutating func want(_ groupID: String, since: Int?) {
        var channel = channels[groupID] ?? Channel()
        channel.isWanted = true
        channel.seen = channel.seen ?? since
        channels[groupID] = channel
    }

    mutating func leave(_ groupID: String) { channels[groupID]?.isWanted = false }

    mutating func forget(_ groupID: String) { channels[groupID] = nil }

    func seen(_ groupID: String) -> Int? { channels[groupID]?.seen }

    func isWanted(_ groupID: String) -> Bool { channels[groupID]?.isWanted ?? false }

    /// The channels that a new connection joins.
    mutating func toJoin() -> [String] {
        channels = channels.filter { $0.value.isWanted }
        return channels.keys.sorted()
    }

    /// Takes note of an event, and returns what is told of it: nothing of one that was seen before, and `missed` before one that
    /// does not follow the last (which the server promises never to send).
    mutating func take(_ event: ZikrEvent) -> [ZikrEvent] {
        switch event {
        case .joinedGroup(let joined):
            // a channel that was joined before is confirmed with the latest seq, though events before it may be on their way
            if joined.resync == true || channels[joined.groupId]?.seen == nil { channels[joined.groupId, default: Channel()].seen = joined.seq }
            return [event]
        case .leftGroup(let left):
            forget(left.groupId)
            return [event]
        default: break
        }
        guard let groupID = event.groupId, let seq = event.seq else { return [event] }
        // a channel is entered without join_group, too, by accepting an invitation
        let seen = channels[groupID]?.seen
        if let seen, seq <= seen { return [] }
        channels[groupID, default: Channel()].seen = seq
        if let seen, seq > seen + 1 { return [.missed(groupId: groupID), event] }
        return [event]
    }
}
