import Foundation
import Testing
@testable import ZikrClient

@Suite struct ChannelsTests {
    private func event(_ seq: Int, _ group: String = "g") -> ZikrEvent { .groupUpdated(GroupUpdated(groupId: group, seq: seq, timestamp: Date(timeIntervalSince1970: 0))) }

    private func joined(_ seq: Int, resync: Bool? = nil) -> ZikrEvent {
        .joinedGroup(JoinedGroup(groupId: "g", message: "", seq: seq, onlineCount: 1, onlineUserIds: [], timestamp: Date(timeIntervalSince1970: 0), resync: resync))
    }

    @Test func eventsAreToldOnceAndInOrder() {
        var channels = Channels()
        channels.want("g", since: 3)
        #expect(channels.take(event(3)).isEmpty)
        #expect(channels.take(event(4)) == [event(4)])
        #expect(channels.take(event(4)).isEmpty)
        #expect(channels.take(event(7)) == [.missed(groupId: "g"), event(7)])
        #expect(channels.seen("g") == 7)
        #expect(channels.take(event(1, "other")) == [event(1, "other")])
    }

    @Test func aConfirmedJoinSaysWhereItBegins() {
        var channels = Channels()
        channels.want("g", since: nil)
        _ = channels.take(joined(9))
        #expect(channels.seen("g") == 9)
        // joined again on the same connection: events up to 12 may still be on their way
        _ = channels.take(joined(12))
        #expect(channels.seen("g") == 9)
        #expect(channels.take(event(10)) == [event(10)])
        _ = channels.take(joined(20, resync: true))
        #expect(channels.seen("g") == 20)
    }

    @Test func aChannelThatIsLeftIsNotJoinedAgain() {
        var channels = Channels()
        channels.want("a", since: nil)
        channels.want("g", since: 3)
        channels.leave("g")
        #expect(channels.take(event(4)) == [event(4)], "events come until left_group")
        #expect(channels.toJoin() == ["a"])
        _ = channels.take(.leftGroup(LeftGroup(groupId: "a", message: "", timestamp: Date(timeIntervalSince1970: 0))))
        #expect(channels.toJoin().isEmpty)
    }

    @Test func aChannelIsEnteredByAcceptingToo() {
        var channels = Channels()
        #expect(channels.take(event(5)) == [event(5)])
        #expect(channels.toJoin() == ["g"] && channels.seen("g") == 5)
    }
}
