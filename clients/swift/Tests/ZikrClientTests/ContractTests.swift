import Foundation
import Testing
@testable import ZikrClient

/// Every client event and every server event with every field, against the real server: over both transports, in both namespaces.
@Suite struct ContractTests {
    static let ways: [(ZikrTransportKind, String)] = [(.webSocket, "/zikr-app"), (.webSocket, "/"), (.polling, "/zikr-app"), (.polling, "/")]

    @Test(arguments: 0..<4) func everyEventWithEveryField(way: Int) async throws {
        let (transport, namespace) = Self.ways[way]
        let recorder = Recorder()
        let server = try await Server.shared.value
        let change: @Sendable (inout ZikrConfiguration) -> Void = {
            $0.transports = [recorder.kind(transport)]
            $0.namespace = namespace
        }
        let (admin, guest, other) = try await (Person.make(on: server), Person.make("Зайнаб", "Ўғли", on: server), Person.make("عائشة", "🌙", on: server))
        let (a, b, c) = try await (admin.connect(change), guest.connect(change), other.connect(change))
        let record = Record(a.events)
        try await Self.group(a, b, admin, guest)
        try await Self.invitations(a, b, c, admin, guest, other)
        try await Self.counts(a, admin)
        _ = record
        for zikr in [a, b, c] { zikr.disconnect() }
        try Self.check(recorder)
    }

    private static func group(_ a: ZikrSocketManager, _ b: ZikrSocketManager, _ admin: Person, _ guest: Person) async throws {
        let group = try await admin.quranGroup("Жума ўқувчилари 🌙 قرآن").id
        let record = Record(a.events(in: group))
        #expect(try await a.joinGroup(group).onlineUserIds == [admin.id])
        try await guest.rest.joinGroup(group)
        try await b.joinGroup(group)
        try await record.first("user_online") { if case .userOnline(let e) = $0 { e.userId == guest.id ? e : nil } else { nil } }
        let mine = try await a.bookPora("1", in: group)
        #expect(mine.poraName == "1-Juz")
        #expect(try await a.bookPora("1", in: group).bookingId == mine.bookingId, "a repeat confirms the same booking")
        await #expect(throws: ZikrError.self) { try await b.bookPora("1", in: group) }
        do { try await b.bookPora("1", in: group) } catch let error as ZikrError { #expect(error.code == .poraAlreadyBooked) }
        try await a.releasePora(mine.bookingId)
        let theirs = try await b.bookPora("2", in: group)
        #expect(try await a.remindPora(theirs.bookingId).bookingId == theirs.bookingId)
        try await a.releasePora(theirs.bookingId) // by the admin: new_notification
        for pora in 1...30 { try await a.completePora(try await a.bookPora("\(pora)", in: group).bookingId) }
        let completed = try await record.first("hatm_completed") { if case .hatmCompleted(let e) = $0 { e } else { nil } }
        #expect(completed.hatmCount == 1 && completed.groupName == "Жума ўқувчилари 🌙 قرآن")
        try await admin.rest.reopenHatm(group, hatmNumber: 1)
        let done = try #require(try await admin.rest.getGroup(group).hatms?.first?.poras.first?.bookingId)
        #expect(try await a.reopenPora(done).hatmNumber == 1)
        try await record.first("pora_reopened") { if case .poraReopened(let e) = $0 { e.totalFinished == 29 ? e : nil } else { nil } }
        try await admin.rest.addMember(group, NewMember(name: "Бобо"))
        try await admin.rest.updateGroup(group, GroupChange(dedication: "Ота-онамизга"))
        try await b.leaveGroup(group)
        try await record.first("user_offline") { if case .userOffline(let e) = $0 { e } else { nil } }
        try await guest.rest.leaveGroup(group)
        try await record.first("member_left") { if case .memberLeft(let e) = $0 { e } else { nil } }
        try await admin.rest.deleteGroup(group)
        try await record.first("left_group") { if case .leftGroup(let e) = $0 { e } else { nil } }
        let seqs = record.seqs
        #expect(seqs == Array((seqs.first ?? 0)...(seqs.last ?? 0)), "every seq once and in order")
    }

    private static func invitations(_ a: ZikrSocketManager, _ b: ZikrSocketManager, _ c: ZikrSocketManager, _ admin: Person, _ guest: Person, _ other: Person) async throws {
        let group = try await admin.quranGroup(isPublic: false).id
        try await a.joinGroup(group)
        let (record, theirs) = (Record(a.events), Record(b.events))
        let first = try await a.sendInvitation(guest.id, in: group)
        try await theirs.first("new_invitation") { if case .newInvitation(let e) = $0 { e.id == first.id ? e : nil } else { nil } }
        #expect(try await b.getNotifications().contains { $0.id == first.id && $0.type == "invitation" && $0.senderName == admin.name })
        #expect(try await b.respondToInvitation(first.id, accept: true).accepted)
        try await theirs.first("member_joined") { if case .memberJoined(let e) = $0 { e.userId == guest.id ? e : nil } else { nil } }
        let second = try await a.sendInvitation(other.id, in: group)
        #expect(try await !c.respondToInvitation(second.id, accept: false).accepted)
        try await record.first("invitation_accepted") { if case .invitationAccepted(let e) = $0 { e } else { nil } }
        try await record.first("invitation_rejected") { if case .invitationRejected(let e) = $0 { e } else { nil } }
        let rejected = try #require(try await a.getNotifications().first { $0.type == "invitation_rejected" })
        #expect(try await a.markNotificationRead(rejected.id).success)
    }

    private static func counts(_ a: ZikrSocketManager, _ admin: Person) async throws {
        let group = try await admin.zikrGroup(goal: 100)
        let zikr = try #require(group.zikrs.first).zikrId
        let record = Record(a.events(in: group.id))
        try await a.joinGroup(group.id)
        let confirmed = try await a.updateZikrCount(zikr, in: group.id, count: 150, opId: "қўл-1")
        #expect(confirmed.goalReached && confirmed.totalCount == 150 && confirmed.goal == 100 && confirmed.progress == "100.00")
        #expect(try await a.updateZikrCount(zikr, in: group.id, count: 7, opId: "қўл-1") == confirmed, "counted once")
        let undone = try await a.undoZikrCount(confirmed.id)
        #expect(undone.count == -confirmed.count && undone.undoes == confirmed.id && undone.totalCount == confirmed.totalCount - confirmed.count)
        let told = try await record.first("zikr_count_updated") { if case .zikrCountUpdated(let e) = $0 { e } else { nil } }
        #expect(told.userName == admin.name && told.cycleCount == 1)
    }

    /// Every event that came is known by its type, and written again it is what came: no field is lost or misread.
    private static func check(_ recorder: Recorder) throws {
        var seen: Set<String> = []
        for (name, json) in try recorder.events() {
            let event = try Wire.decoder().decode(EventPacket.self, from: json).event
            if case .other = event { Issue.record("\(name) is not known: \(String(decoding: json, as: UTF8.self))") }
            guard case .array(let parts) = try JSONDecoder().decode(JSONValue.self, from: json), let payload = event.payload as? any Encodable else { throw Failure(name) }
            let again = try JSONDecoder().decode(JSONValue.self, from: Wire.encoder().encode(payload))
            #expect(again == parts[1], "\(name)")
            seen.insert(name)
        }
        #expect(Set(ZikrEvent.names).subtracting(seen) == [], "events that the test does not bring about")
    }
}
