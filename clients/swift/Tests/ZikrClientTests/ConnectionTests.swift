import Foundation
import Testing
@testable import ZikrClient

/// Tokens, closures, streams and what a person's app does with a connection.
@Suite struct ConnectionTests {
    @Test func badTokensAreRefused() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        for token in ["", "rubbish", person.token + "x"] {
            let zikr = ZikrSocketManager(person.configuration())
            zikr.connect(withToken: token)
            try await eventually("a refusal") { if case .refused(let error) = zikr.status { error.code == .unauthenticated } else { false } }
            await #expect(throws: ZikrError.self) { try await zikr.getNotifications() }
            // the same manager, with a good one
            zikr.connect(withToken: person.token)
            #expect(try await zikr.getNotifications() == [])
            zikr.disconnect()
        }
    }

    @Test(arguments: [ZikrTransportKind.webSocket.name, ZikrTransportKind.polling.name])
    func anExpiredTokenIsRenewed(transport: String) async throws {
        let server = try await Server(["ZIKR_JWT_SECRET": "a secret of more than thirty-two bytes"])
        let person = try await Person.make(on: server)
        let group = try await person.quranGroup().id
        let asked = Locked(0)
        let zikr = ZikrSocketManager(person.configuration { $0.transports = transport == "polling" ? [.polling] : [.webSocket] })
        zikr.connect(withToken: {
            let times = asked.with { asked -> Int in
                asked += 1
                return asked
            }
            return try await server.run(["token", person.email], ["ZIKR_JWT_SECRET": "a secret of more than thirty-two bytes", "ZIKR_JWT_LIFETIME": times == 1 ? "2s" : "1h"])
        })
        let record = Record(zikr.events)
        try await zikr.joinGroup(group)
        try await record.first("expired") { if case .connectionStatus(let e) = $0 { e.status == .expired ? e : nil } else { nil } }
        // what happens meanwhile is not missed
        try await person.rest.bookPora(group, PoraChoice(poraId: "7"))
        try await record.first("pora_booked") { if case .poraBooked(let e) = $0 { e } else { nil } }
        #expect(asked.with { $0 } == 2)
        #expect(zikr.status == .connected)
        zikr.disconnect()
    }

    @Test func aFixedTokenThatExpiresEnds() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let zikr = try await person.connect()
        try await person.rest.deleteMe()
        try await eventually("a refusal") { if case .refused(let error) = zikr.status { error.code == .tokenExpired } else { false } }
        await #expect(throws: ZikrError.self) { try await zikr.getNotifications() }
        zikr.disconnect()
    }

    @Test func aProviderThatGivesTheSameBadTokenIsNotAskedForEver() async throws {
        let server = try await Server.shared.value
        let asked = Locked(0)
        let zikr = ZikrSocketManager(try await Person.make(on: server).configuration())
        zikr.connect(withToken: { asked.with { $0 += 1 }; return "rubbish" })
        try await eventually("a refusal") { if case .refused = zikr.status { true } else { false } }
        #expect(asked.with { $0 } <= 3)
        zikr.disconnect()
    }

    @Test func aProviderIsAskedOnceAtATime() async throws {
        let asked = Locked(0)
        let answer = Mailbox<String>(capacity: 1, overflow: .keepNewest)
        let tokens = TokenSource {
            asked.with { $0 += 1 }
            return try await answer.next() ?? ""
        }
        let wanted = (0..<10).map { _ in Task { try await tokens.current() } }
        try await eventually("the provider to be asked") { asked.with { $0 } > 0 }
        for _ in 0..<100 { await Task.yield() }
        answer.put("a token")
        answer.finish()
        for task in wanted { #expect(try await task.value == "a token") }
        #expect(asked.with { $0 } == 1)
    }

    /// A fresh token is of no use to who is suspended: the provider is not asked for ever, and what is unsent stays.
    @Test func aSuspendedAccountEnds() async throws {
        let server = try await Server()
        let person = try await Person.make(on: server)
        let group = try await person.zikrGroup()
        let asked = Locked(0)
        let zikr = ZikrSocketManager(person.configuration())
        zikr.connect(withToken: { asked.with { $0 += 1 }; return person.token })
        try await zikr.becomes(.connected)
        _ = try await server.run(["user", "suspend", person.email], ["ZIKR_ADDR": "127.0.0.1:\(server.port)"])
        try await eventually("a refusal") { if case .refused(let error) = zikr.status { error.code == .accountSuspended } else { false } }
        #expect(asked.with { $0 } == 2)
        try await zikr.tap(group.zikrs[0].zikrId, in: group.id, count: 33)
        #expect(try await zikr.sendTaps() == 33)
        #expect(try await zikr.tapQueue().refused == [])
        zikr.disconnect()
    }

    @Test func tooManyConnections() async throws {
        let server = try await Server(["ZIKR_MAX_USER_CONNECTIONS": "1", "ZIKR_RATE_LIMIT": "on"])
        let person = try await Person.make(on: server)
        let first = try await person.connect()
        let second = ZikrSocketManager(person.configuration())
        second.connect(withToken: person.token)
        try await eventually("the server to be full") { if case .waiting(let error) = second.status { error.code == .rateLimited && error.retryAfterMs == 60_000 } else { false } }
        first.disconnect()
        try await eventually("the other to be let in") {
            second.networkChanged()
            return second.status == .connected
        }
        second.disconnect()
    }

    /// A link that nobody holds any more would connect and leave for ever.
    @Test func connectedFromTwoThreadsAtOnce() async throws {
        final class Canary: Sendable {}
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let zikr = ZikrSocketManager(person.configuration())
        let alive = Locked<[() -> Canary?]>([])
        for _ in 0..<5 {
            await withTaskGroup(of: Void.self) { tasks in
                for _ in 0..<4 {
                    tasks.addTask {
                        let canary = Canary()
                        alive.with { $0.append { [weak canary] in canary } }
                        zikr.connect(withToken: { _ = canary; return person.token })
                    }
                }
            }
            zikr.disconnect()
        }
        try await eventually("every link to end") { alive.with { $0.allSatisfy { $0() == nil } } }
    }

    /// Two people in turn on one phone: what was begun for the first is not done in the name of the second.
    @Test func whatWasBegunForOneIsNotDoneForTheNext() async throws {
        let server = try await Server.shared.value
        let (first, second) = try await (Person.make(on: server), Person.make("Zaynab", "A", on: server))
        let group = try await first.zikrGroup()
        try await second.rest.joinGroup(group.id)
        let zikrID = try #require(group.zikrs.first).zikrId
        let zikr = try await first.connect()
        for _ in 0..<5 {
            zikr.connect(withToken: first.token)
            for _ in 0..<10 {
                zikr.updateZikrCount(zikrID, in: group.id, count: 1) { _ in }
                zikr.tap(zikrID, in: group.id) { _ in }
            }
            zikr.disconnect()
            zikr.connect(withToken: second.token)
            #expect(try await zikr.getNotifications() == [])
        }
        #expect(try await zikr.sendTaps() == 0)
        #expect(try await second.rest.getGroup(group.id).zikrs[0].myCount == 0)
        // and whatever was held up longest
        let before = zikr.core.state.with { $0.generation }
        zikr.disconnect()
        zikr.connect(withToken: first.token)
        await Core.$generation.withValue(before) {
            await #expect(throws: ZikrError.disconnected) { try await zikr.updateZikrCount(zikrID, in: group.id, count: 1) }
            await #expect(throws: ZikrError.disconnected) { try await zikr.joinGroup(group.id) }
            await #expect(throws: ZikrError.disconnected) { try await zikr.tap(zikrID, in: group.id) }
        }
        #expect(zikr.seen(group.id) == nil)
        zikr.disconnect()
    }

    @Test func nothingIsToldAfterDisconnect() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.zikrGroup()
        let zikrID = try #require(group.zikrs.first).zikrId
        for round in 0..<20 {
            let zikr = try await person.connect()
            let over = Locked(false)
            let late = Locked(0)
            let told = Locked(0)
            let subscription = zikr.onEvent { _ in
                told.with { $0 += 1 }
                if over.with({ $0 }) { late.with { $0 += 1 } }
            }
            try await zikr.joinGroup(group.id)
            try await eventually("the closure to be called") { told.with { $0 } > 0 }
            for i in 0..<20 {
                zikr.updateZikrCount(zikrID, in: group.id, count: 1) { _ in if over.with({ $0 }) { late.with { $0 += 1 } } }
                if i == round { await Task.yield() }
            }
            try await Task.sleep(nanoseconds: UInt64(round) * 300_000)
            zikr.disconnect()
            over.with { $0 = true }
            #expect(zikr.status == .disconnected)
            await #expect(throws: ZikrError.disconnected) { try await zikr.getNotifications() }
            try await Task.sleep(nanoseconds: 5_000_000)
            #expect(late.with { $0 } == 0)
            subscription.cancel()
        }
    }

    @Test func disconnectFromWithinAClosure() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let zikr = ZikrSocketManager(person.configuration())
        let times = Locked(0)
        let subscription = zikr.on(ConnectionStatus.self) { [weak zikr] _ in
            times.with { $0 += 1 }
            zikr?.disconnect()
        }
        for _ in 0..<3 {
            let before = times.with { $0 }
            zikr.connect(withToken: person.token)
            try await eventually("the closure") { times.with { $0 } == before + 1 }
            #expect(zikr.status == .disconnected)
        }
        subscription.cancel()
    }

    @Test func streamsAndWaitingCallsEndWithDisconnect() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let zikr = ZikrSocketManager(person.configuration { $0.url = URL(string: "http://127.0.0.1:9")! })
        zikr.connect(withToken: person.token)
        let events = zikr.events
        let reader = Task { for await _ in events {} ; return true }
        let call = Task { try await zikr.getNotifications() }
        try await eventually("the call to wait") { zikr.core.state.with { !$0.calls.isEmpty } }
        zikr.disconnect()
        #expect(await reader.value)
        await #expect(throws: ZikrError.disconnected) { try await call.value }
    }

    @Test func aCallWaitsForTheConnection() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let zikr = ZikrSocketManager(person.configuration())
        zikr.connect(withToken: person.token)
        #expect(try await zikr.getNotifications() == [])
        zikr.enterBackground()
        try await zikr.becomes(.paused)
        let call = Task { try await zikr.getNotifications() }
        try await Task.sleep(nanoseconds: 50_000_000)
        #expect(zikr.status == .paused)
        zikr.enterForeground()
        #expect(try await call.value == [])
        zikr.disconnect()
    }

    @Test func aCallThatIsNotAnsweredTimesOut() async throws {
        let person = try await Person.make(on: try await Server.shared.value)
        let zikr = ZikrSocketManager(person.configuration {
            $0.url = URL(string: "http://127.0.0.1:9")!
            $0.callTimeout = 0.2
        })
        zikr.connect(withToken: person.token)
        await #expect(throws: ZikrError.timedOut) { try await zikr.getNotifications() }
        #expect(zikr.core.state.with { $0.calls.isEmpty })
        zikr.disconnect()
    }

    @Test func whatHappensInTheBackgroundIsNotMissed() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.quranGroup().id
        let zikr = try await person.connect()
        let record = Record(zikr.events(in: group))
        try await zikr.joinGroup(group)
        for pora in 1...5 {
            zikr.enterBackground()
            try await zikr.becomes(.paused)
            try await person.rest.bookPora(group, PoraChoice(poraId: "\(pora)"))
            zikr.enterForeground()
            try await record.first("pora \(pora)") { if case .poraBooked(let e) = $0 { e.poraId == "\(pora)" ? e : nil } else { nil } }
        }
        let seqs = record.seqs
        #expect(seqs == Array(seqs[0]..<(seqs[0] + 5)))
        zikr.disconnect()
    }

    /// What iOS posts; other tests do not follow the app, so that they are not sent to the background by this one.
    @Test func theAppIsFollowed() async throws {
        let person = try await Person.make(on: try await Server.shared.value)
        let zikr = try await person.connect { $0.followsApp = true }
        for name in Lifecycle.foreground {
            NotificationCenter.default.post(name: Lifecycle.background, object: nil)
            try await zikr.becomes(.paused)
            NotificationCenter.default.post(name: name, object: nil)
            try await zikr.becomes(.connected)
        }
        zikr.disconnect()
    }

    @Test func twoClientsOfOneUser() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.quranGroup().id
        let (phone, tablet) = try await (person.connect(), person.connect { $0.transports = [.polling] })
        let records = (Record(phone.events(in: group)), Record(tablet.events(in: group)))
        try await phone.joinGroup(group)
        try await tablet.joinGroup(group)
        async let first = phone.bookPora("3", in: group)
        async let second = tablet.bookPora("3", in: group)
        #expect(try await first.bookingId == second.bookingId)
        for record in [records.0, records.1] { try await record.first("pora_booked") { if case .poraBooked(let e) = $0 { e } else { nil } } }
        #expect(records.0.seqs == records.1.seqs && records.0.seqs.count == 1)
        phone.disconnect()
        tablet.disconnect()
    }

    @Test func withoutConcurrency() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.quranGroup().id
        let zikr = ZikrSocketManager(person.configuration())
        let done = Locked<[String]>([])
        let subscriptions = [
            zikr.onStatus { status in
                guard status == .connected else { return }
                zikr.joinGroup(group) { _ in
                    zikr.bookPora("3", in: group) { result in
                        if case .success(let booking) = result { done.with { $0.append(booking.poraName) } }
                    }
                    zikr.bookPora("31", in: group) { result in
                        if case .failure(let error) = result { done.with { $0.append(error.code?.rawValue ?? "") } }
                    }
                }
            },
            zikr.on(PoraBooked.self) { booked in done.with { $0.append(booked.userId) } },
        ]
        zikr.connect(withToken: person.token)
        try await eventually("three answers") { Set(done.with { $0 }) == ["3-Juz", "pora_not_found", person.id] }
        subscriptions.forEach { $0.cancel() }
        zikr.disconnect()
    }

    @Test func fromManyTasksAtOnce() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.quranGroup().id
        let zikr = try await person.connect()
        let bookings = try await withThrowingTaskGroup(of: String.self) { tasks in
            for i in 0..<200 { tasks.addTask { try await zikr.bookPora("\(i % 30 + 1)", in: group).bookingId } }
            return try await tasks.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(bookings.count == 30)
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<20 {
                tasks.addTask { zikr.disconnect() }
                tasks.addTask { zikr.connect(withToken: person.token) }
                tasks.addTask { _ = try? await zikr.getNotifications() }
                tasks.addTask { for await _ in zikr.events { break } }
            }
            tasks.addTask {
                try? await Task.sleep(nanoseconds: 300_000_000)
                zikr.disconnect()
            }
        }
        zikr.connect(withToken: person.token)
        #expect(try await zikr.getNotifications() == [])
        zikr.disconnect()
    }
}
