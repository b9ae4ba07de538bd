import Foundation
import Testing
@testable import ZikrClient

@Suite struct GroupStateTests {
    /// Members and shares in one order: the server's own says nothing. Who is online is not in the log.
    private static func normal(_ snapshot: Snapshot) -> Snapshot {
        var snapshot = snapshot
        snapshot.members.sort { $0.userId < $1.userId }
        for i in snapshot.members.indices { snapshot.members[i].online = false }
        for i in snapshot.zikrs.indices { snapshot.zikrs[i].members.sort { $0.userId < $1.userId } }
        return snapshot
    }

    /// The log after a seq, as a client is told it.
    private static func log(_ rest: ZikrREST, _ group: String, after seq: Int) async throws -> [ZikrEvent] {
        try await rest.listEvents(group, since: seq, limit: 1_000).events.map { logged in
            let packet = try JSONEncoder().encode([JSONValue.string(logged.event), logged.data])
            return try Wire.decoder().decode(EventPacket.self, from: packet).event
        }
    }

    /// After any sequence of what people do, a state that was kept by events alone equals a fresh snapshot.
    @Test(arguments: 1...4) func equalsAFreshSnapshot(seed: Int) async throws {
        let server = try await Server.shared.value
        var random = SeededRandom(seed: UInt64(seed))
        var people: [Person] = []
        for i in 0..<4 { people.append(try await Person.make("Person", "\(i)", on: server)) }
        let group = try await people[0].quranGroup().id
        _ = try await people[0].rest.createZikr(group, NewZikr(name: "Salovat", goal: 50))
        for person in people.dropFirst() { try await person.rest.joinGroup(group) }
        let eyes = people[0]
        var state = GroupState(try await eyes.rest.getGroup(group), userID: eyes.id)
        var applied = 0
        for _ in 0..<120 {
            try await Self.act(in: group, of: people, &random)
            guard Bool.random(using: &random) else { continue }
            for event in try await Self.log(eyes.rest, group, after: state.seq) {
                switch state.apply(event) {
                case .applied: applied += 1
                case .known: break
                case .needsSnapshot:
                    switch event {
                    case .groupUpdated, .hatmReopened: break
                    default: throw Failure("\(event) needs a snapshot")
                    }
                    state = GroupState(try await eyes.rest.getGroup(group), userID: eyes.id)
                case .ended: throw Failure("the group ended")
                }
            }
            let fresh = try await eyes.rest.getGroup(group)
            try #require(Self.normal(state.snapshot) == Self.normal(fresh))
        }
        #expect(applied > 20)
    }

    /// One thing that somebody does, or tries to do.
    private static func act(in group: String, of people: [Person], _ random: inout SeededRandom) async throws {
        let person = people.randomElement(using: &random)!
        let snapshot = try await people[0].rest.getGroup(group)
        let pora = snapshot.poras?.randomElement(using: &random)
        let zikr = snapshot.zikrs.randomElement(using: &random)
        do {
            switch Int.random(in: 0..<24, using: &random) {
            case 0..<5: for id in 0..<8 { _ = try? await person.rest.bookPora(group, PoraChoice(poraId: "\((id * 7 + Int.random(in: 1...30, using: &random)) % 30 + 1)")) }
            case 5..<10: for p in (snapshot.hatms ?? []).flatMap(\.poras) where p.status == .booked { if let b = p.bookingId { _ = try? await person.rest.completePora(b) } }
            case 10..<12: if let booking = pora?.bookingId { try await person.rest.releasePora(booking) }
            case 12..<16: if let zikr { try await person.rest.countZikr(group, zikrId: zikr.zikrId, Counting(count: Int.random(in: 1...70, using: &random))) }
            case 16: try await person.rest.leaveGroup(group)
            case 17: for person in people { try await person.rest.joinGroup(group) }
            case 20: try await people[0].rest.updateGroup(group, GroupChange(hatmDays: 30, openHatms: Int.random(in: 1...3, using: &random), readingDays: 3))
            case 21, 22: for hatm in snapshot.hatms ?? [] { if let done = hatm.poras.filter({ $0.status == .completed }).randomElement(using: &random)?.bookingId { try await people[0].rest.reopenPora(done) } }
            case 23: if snapshot.hatmCount > 0 { try await people[0].rest.reopenHatm(group, hatmNumber: Int.random(in: 1...snapshot.hatmCount, using: &random)) }
            case 18: try await person.rest.updateGroup(group, GroupChange(name: "Name \(Int.random(in: 0...9, using: &random))"))
            default:
                if Bool.random(using: &random), let zikr { try await person.rest.updateZikr(group, zikrId: zikr.zikrId, ZikrChange(goal: [0, 10, 33].randomElement(using: &random))) } else { try await person.rest.createZikr(group, NewZikr(name: "Tasbih")) }
            }
        } catch let error as ZikrError where error.code != nil && error.code != .internal {} // refused: it was not that one's to do
        if !(try await people[0].rest.getGroup(group)).members.contains(where: { $0.userId == people[0].id }) { try await people[0].rest.joinGroup(group) }
    }

    /// In an anonymous group a member knows their own by what they are answered, before the event or after it, and of others what they did together.
    @Test(arguments: 1...3) func equalsAFreshSnapshotOfAnAnonymousGroup(seed: Int) async throws {
        let server = try await Server.shared.value
        var random = SeededRandom(seed: UInt64(seed))
        var people: [Person] = []
        for i in 0..<4 { people.append(try await Person.make("Person", "\(i)", on: server)) }
        let group = try await people[0].rest.createGroup(NewGroup(name: "Silent", type: .quran, isPublic: true, isAnonymous: true, zikr: NewZikr(name: "Salovat", goal: 50)))
        for person in people.dropFirst() { try await person.rest.joinGroup(group.id) }
        let (eyes, zikr) = (people[1], group.zikrs[0].zikrId)
        var state = GroupState(try await eyes.rest.getGroup(group.id), userID: eyes.id)
        var own = 0
        for _ in 0..<80 {
            let person = people.randomElement(using: &random)!
            let late = Bool.random(using: &random)
            var answered: [(inout GroupState) -> Void] = []
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                if let made = try? await person.rest.bookPora(group.id, PoraChoice(poraId: "\(Int.random(in: 1...30, using: &random))")) { answered.append { $0.own(made) } }
            case 1:
                let made = try await person.rest.countZikr(group.id, zikrId: zikr, Counting(count: Int.random(in: 1...70, using: &random)))
                answered.append { $0.own(made) }
            case 2:
                let poras = try await people[0].rest.getGroup(group.id).poras ?? []
                if let taken = poras.filter({ $0.status == .booked }).randomElement(using: &random)?.bookingId { try await people[0].rest.completePora(taken) }
            default:
                let poras = try await people[0].rest.getGroup(group.id).poras ?? []
                if let taken = poras.filter({ $0.status != .available }).randomElement(using: &random)?.bookingId { _ = try? await people[0].rest.releasePora(taken) }
            }
            if person.id != eyes.id { answered = [] }
            own += answered.count
            if !late { for note in answered { note(&state) } }
            for event in try await Self.log(eyes.rest, group.id, after: state.seq) {
                if state.apply(event) == .needsSnapshot { state = state.with(try await eyes.rest.getGroup(group.id)) }
            }
            if late { for note in answered { note(&state) } }
            let fresh = try await eyes.rest.getGroup(group.id)
            try #require(Self.normal(state.snapshot) == Self.normal(fresh))
        }
        #expect(own > 3)
        #expect(state.snapshot.zikrs[0].members.contains { $0.userId.isEmpty } && state.snapshot.members.count == 4)
        var admins = GroupState(try await people[0].rest.getGroup(group.id), userID: people[0].id)
        if let free = admins.snapshot.poras?.first(where: { $0.status == .available })?.poraId {
            try await eyes.rest.bookPora(group.id, PoraChoice(poraId: free))
            let events = try await Self.log(people[0].rest, group.id, after: admins.seq)
            #expect(admins.apply(events[0]) == .needsSnapshot)
        }
    }

    /// A group that is nobody's.
    private func state() async throws -> GroupState {
        let person = try await Person.make(on: try await Server.shared.value)
        var snapshot = try await person.zikrGroup(goal: 10)
        (snapshot.id, snapshot.seq, snapshot.members) = ("g", 5, [])
        return GroupState(snapshot, userID: "u")
    }

    private func joined(_ seq: Int) -> ZikrEvent { .memberJoined(MemberJoined(groupId: "g", groupName: "G", userId: "x", userName: "X", seq: seq, timestamp: Date(timeIntervalSince1970: 0))) }

    @Test func eventsOutOfTheirOrder() async throws {
        var state = try await state()
        #expect(state.apply(joined(5)) == .known)
        #expect(state.apply(joined(7)) == .needsSnapshot)
        #expect(state.seq == 5)
        #expect(state.apply(joined(6)) == .applied)
        #expect(state.seq == 6 && state.snapshot.members.map(\.userId) == ["x"])
        #expect(state.apply(.other(OtherEvent(name: "new", data: .object(["groupId": .string("g"), "seq": .int(7)])))) == .needsSnapshot)
        #expect(state.apply(.other(OtherEvent(name: "new", data: .object(["groupId": .string("h"), "seq": .int(7)])))) == .applied)
        #expect(state.apply(.missed(groupId: nil)) == .needsSnapshot)
        #expect(state.seq == 6, "what cannot be taken changes nothing")
    }

    @Test func presence() async throws {
        var state = try await state()
        _ = state.apply(joined(6))
        #expect(state.apply(.userOnline(UserOnline(groupId: "g", userId: "x", timestamp: Date()))) == .applied)
        #expect(state.snapshot.members[0].online)
        #expect(state.apply(.joinedGroup(JoinedGroup(groupId: "g", message: "", seq: 6, onlineCount: 0, onlineUserIds: [], timestamp: Date()))) == .applied)
        #expect(!state.snapshot.members[0].online)
        #expect(state.apply(.leftGroup(LeftGroup(groupId: "g", message: "", timestamp: Date()))) == .ended)
    }

    @Test func itCanBeStored() async throws {
        let state = try await state()
        #expect(try Wire.decoder().decode(GroupState.self, from: Wire.encoder().encode(state)) == state)
    }

    @Test(arguments: ["websocket", "polling"]) func aGroupIsWatched(transport: String) async throws {
        let server = try await Server()
        let (person, friend) = try await (Person.make(on: server), Person.make("Zaynab", "A", on: server))
        let group = try await person.quranGroup().id
        let zikr = try await person.connect { $0.transports = transport == "polling" ? [.polling] : [.webSocket] }
        let latest = Locked<GroupState?>(nil)
        let watching = Task { for try await state in zikr.watch(group) { latest.with { $0 = state } } }
        let equal: @Sendable (String) async throws -> Void = { what in
            try await eventually(what) {
                guard let state = latest.with({ $0 }) else { return false }
                return Self.normal(state.snapshot) == Self.normal(try await person.rest.getGroup(group))
            }
        }
        try await equal("the first state")
        try await friend.rest.joinGroup(group)
        for pora in 1...30 { try await friend.rest.completePora(try await friend.rest.bookPora(group, PoraChoice(poraId: "\(pora)")).bookingId) }
        try await equal("a hatm")
        try await server.kill()
        try await server.start()
        try await friend.rest.bookPora(group, PoraChoice(poraId: "4"))
        try await person.rest.updateGroup(group, GroupChange(name: "Another name"))
        try await equal("what was missed")
        // from a state that was kept
        let kept = try #require(latest.with { $0 })
        watching.cancel()
        zikr.disconnect()
        try await friend.rest.bookPora(group, PoraChoice(poraId: "5"))
        let again = try await person.connect()
        latest.with { $0 = nil }
        let second = Task { for try await state in again.watch(group, from: kept) { latest.with { $0 = state } } }
        try await equal("what was missed between two starts")
        try await person.rest.deleteGroup(group)
        try await second.value
        again.disconnect()
    }

    /// Who is removed while away sees the end of the group, and not for ever what it was.
    @Test func removedWhileAway() async throws {
        let server = try await Server.shared.value
        let (person, friend) = try await (Person.make(on: server), Person.make("Zaynab", "A", on: server))
        let group = try await person.quranGroup().id
        try await friend.rest.joinGroup(group)
        let zikr = try await friend.connect()
        let record = Record(zikr.events(in: group))
        let seen = Locked(0)
        let watching = Task { for try await _ in zikr.watch(group) { seen.with { $0 += 1 } } }
        try await eventually("a state") { seen.with { $0 } > 0 }
        zikr.enterBackground()
        try await zikr.becomes(.paused)
        try await person.rest.removeMember(group, userId: friend.id)
        zikr.enterForeground()
        try await record.first("left_group") { if case .leftGroup(let e) = $0 { e } else { nil } }
        try await within(20) { try await watching.value }
        #expect(zikr.seen(group) == nil)
        zikr.disconnect()
    }

    @Test func watchingWhatOneMayNotSee() async throws {
        let server = try await Server.shared.value
        let (person, stranger) = try await (Person.make(on: server), Person.make(on: server))
        let group = try await person.quranGroup(isPublic: false).id
        let zikr = try await stranger.connect()
        do {
            for try await _ in zikr.watch(group) { Issue.record("a state") }
            Issue.record("no error")
        } catch let error as ZikrError { #expect(error.code == .notMember) }
        zikr.disconnect()
    }
}
