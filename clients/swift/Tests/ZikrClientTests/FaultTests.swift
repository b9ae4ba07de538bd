import Foundation
import Testing
@testable import ZikrClient

/// What servers and networks do to a connection: nothing is missed, and nothing is told twice.
@Suite struct FaultTests {
    private static func transports(_ name: String) -> [ZikrTransportKind] { name == "polling" ? [.polling] : [.webSocket] }

    /// A client that has joined a group, and what it is told of it.
    private func follow(_ server: Server, _ change: (inout ZikrConfiguration) -> Void) async throws -> (Person, String, ZikrSocketManager, Record) {
        let person = try await Person.make(on: server)
        let group = try await person.quranGroup().id
        let zikr = try await person.connect(change)
        let record = Record(zikr.events(in: group))
        try await zikr.joinGroup(group)
        return (person, group, zikr, record)
    }

    private func expect(_ record: Record, poras: ClosedRange<Int>) async throws {
        try await eventually("pora \(poras.upperBound)") { record.all.contains { if case .poraBooked(let e) = $0 { e.poraId == "\(poras.upperBound)" } else { false } } }
        let booked = record.all.compactMap { if case .poraBooked(let e) = $0 { Int(e.poraId) } else { nil } }
        #expect(booked == Array(poras), "each once and in order")
        #expect(!record.all.contains { if case .missed = $0 { true } else { false } })
    }

    /// The same where the line cuts an answer to a poll: the system's HTTP client may ask once more by itself, and the session has
    /// given that answer away. What was in it is missed, and the reader is told so; nothing comes twice, or out of its order.
    private func expectOrMissed(_ record: Record, poras: ClosedRange<Int>) async throws {
        try await eventually("pora \(poras.upperBound)") { record.all.contains { if case .poraBooked(let e) = $0 { e.poraId == "\(poras.upperBound)" } else { false } } }
        let booked = record.all.compactMap { if case .poraBooked(let e) = $0 { Int(e.poraId) } else { nil } }
        #expect(booked == Array(Set(booked)).sorted(), "each once at the most, and in order")
        if booked != Array(poras) { #expect(record.all.contains { if case .missed = $0 { true } else { false } }, "what is missed is told") }
    }

    @Test(arguments: ["websocket", "polling"]) func theServerIsKilledAndReturns(transport: String) async throws {
        let server = try await Server()
        let (person, group, zikr, record) = try await follow(server) { $0.transports = Self.transports(transport) }
        for pora in 1...3 {
            try await person.rest.bookPora(group, PoraChoice(poraId: "\(pora)"))
            try await server.kill()
            let call = Task { try await zikr.getNotifications() } // waits for the next one
            try await server.start()
            #expect(try await call.value == [])
            try await expect(record, poras: 1...pora)
        }
        zikr.disconnect()
    }

    @Test(arguments: ["websocket", "polling"]) func theServerDrains(transport: String) async throws {
        let server = try await Server()
        let (person, group, zikr, record) = try await follow(server) { $0.transports = Self.transports(transport) }
        for pora in 1...3 {
            try await person.rest.bookPora(group, PoraChoice(poraId: "\(pora)"))
            #expect(try await server.terminate() == 0)
            try await server.start()
            try await expect(record, poras: 1...pora)
        }
        #expect(record.all.count >= 3)
        zikr.disconnect()
    }

    @Test(arguments: ["websocket", "polling"]) func theLineIsReset(transport: String) async throws {
        let server = try await Server.shared.value
        let proxy = try Proxy(to: server.port)
        let (person, group, zikr, record) = try await follow(server) {
            $0.transports = Self.transports(transport)
            $0.url = proxy.url
        }
        for pora in 1...10 {
            try await person.rest.bookPora(group, PoraChoice(poraId: "\(pora)"))
            proxy.reset()
        }
        let told = transport == "polling" ? expectOrMissed : expect
        try await told(record, 1...10)
        // what is asked while the line breaks is answered in the end, and done once
        for pora in 11...20 {
            let call = Task { try await zikr.bookPora("\(pora)", in: group) }
            await Task.yield()
            proxy.reset()
            _ = try await call.value
        }
        try await told(record, 1...20)
        zikr.disconnect()
        proxy.end()
    }

    @Test(arguments: ["websocket", "polling"]) func theNetworkFallsSilent(transport: String) async throws {
        let server = try await Server(["ZIKR_PING_INTERVAL": "500ms", "ZIKR_PING_TIMEOUT": "500ms"])
        let (person, group, zikr, record) = try await follow(server) {
            $0.transports = Self.transports(transport)
            $0.connectTimeout = 1
        }
        try await person.rest.bookPora(group, PoraChoice(poraId: "1"))
        server.freeze()
        try await eventually("the silence to be noticed", within: 5) { zikr.status != .connected }
        server.thaw()
        try await person.rest.bookPora(group, PoraChoice(poraId: "2"))
        try await expect(record, poras: 1...2)
        zikr.disconnect()
    }

    @Test func aServerThatIsNotThereYet() async throws {
        let server = try await Server()
        let person = try await Person.make(on: server)
        try await server.kill()
        let zikr = ZikrSocketManager(person.configuration { $0.callTimeout = 30 })
        zikr.connect(withToken: person.token)
        let call = Task { try await zikr.getNotifications() }
        try await eventually("the client to wait") { if case .waiting = zikr.status { true } else { false } }
        try await server.start()
        #expect(try await call.value == [])
        zikr.disconnect()
    }

    @Test func theFallBack() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let broken = ZikrTransportKind(name: "websocket") { _, _ in ZikrTransportKind.webSocket.make(URL(string: "http://127.0.0.1:9")!, 1) }
        let zikr = try await person.connect { $0.transports = [broken, .polling] }
        #expect(zikr.core.state.with { $0.session?.transport } == "polling")
        #expect(try await zikr.getNotifications() == [])
        zikr.disconnect()
    }

    @Test(arguments: ["websocket", "polling"]) func aBurst(transport: String) async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.zikrGroup(goal: nil)
        let zikrID = try #require(group.zikrs.first).zikrId
        let reader = try await person.connect { $0.transports = Self.transports(transport) }
        let events = reader.events(in: group.id)
        try await reader.joinGroup(group.id)
        let writer = try await person.connect()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<100 { tasks.addTask { for _ in 0..<50 { try await writer.updateZikrCount(zikrID, in: group.id, count: 1) } } }
            try await tasks.waitForAll()
        }
        var totals: [Int] = []
        for await event in events {
            if case .zikrCountUpdated(let e) = event { totals.append(e.totalCount) }
            if totals.count == 5_000 { break }
        }
        #expect(totals == Array(1...5_000))
        reader.disconnect()
        writer.disconnect()
    }

    @Test func aSlowReaderIsTold() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.quranGroup().id
        let zikr = try await person.connect { $0.streamCapacity = 10 }
        let events = zikr.events(in: group)
        let record = Record(zikr.events)
        try await zikr.joinGroup(group)
        for pora in 1...30 { try await zikr.bookPora("\(pora)", in: group) }
        try await record.first("the last pora", within: 10) { if case .poraBooked(let e) = $0 { e.poraId == "30" ? e : nil } else { nil } }
        var seen: [ZikrEvent] = []
        for await event in events {
            seen.append(event)
            if case .poraBooked(let e) = event, e.poraId == "30" { break }
        }
        #expect(seen.first == .missed(groupId: group))
        #expect(seen.count <= 12)
        zikr.disconnect()
    }

    @Test func whatIsNoLongerInTheLogIsReadFromTheSnapshot() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.quranGroup().id
        let zikr = try await person.connect()
        try await zikr.bookPora("1", in: group)
        let joined = try await zikr.joinGroup(group, since: 1_000_000)
        #expect(joined.resync == true)
        #expect(zikr.seen(group) == joined.seq)
        zikr.disconnect()
    }
}
