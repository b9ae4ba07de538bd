import Foundation
import Glibc
import Testing
@testable import ZikrClient

/// Taps: what was counted is on the server once, whatever crashes when.
@Suite struct TapTests {
    private static func folder() -> URL { FileManager.default.temporaryDirectory.appendingPathComponent("zikr-taps-\(UUID().uuidString)") }
    private static func target(_ zikr: String = "z") -> TapTarget { TapTarget(groupId: "g", zikrId: zikr) }

    @Test func tapsAreInTheFileWhenTheyAreCounted() async throws {
        let file = Self.folder().appendingPathComponent("u.taps")
        let queue = try TapQueue(file: file)
        #expect(try await queue.add(3, to: Self.target()) == 3)
        try await queue.add(to: Self.target("y"))
        // what another process would read now, without anything being closed
        let copy = file.appendingPathExtension("copy")
        try FileManager.default.copyItem(at: file, to: copy)
        let other = try TapQueue(file: copy)
        #expect(other.unsent(Self.target()) == 3 && other.unsent(Self.target("y")) == 1 && other.unsent == 4)
        await #expect(throws: ZikrError.self) { try await queue.add(0, to: Self.target()) }
        await #expect(throws: ZikrError.self) { try await queue.add(100_001, to: Self.target()) }
    }

    @Test func oneAtATime() async throws {
        let file = Self.folder().appendingPathComponent("u.taps")
        let queue = try TapQueue(file: file)
        #expect(throws: ZikrError.self) { try TapQueue(file: file) }
        queue.close()
        await #expect(throws: ZikrError.self) { try await queue.add(to: Self.target()) }
        let next = try TapQueue(file: file)
        try await next.add(to: Self.target())
        next.close()
    }

    @Test func whatIsSealedDoesNotChange() async throws {
        let file = Self.folder().appendingPathComponent("u.taps")
        var queue: TapQueue? = try TapQueue(file: file)
        try await queue?.add(5, to: Self.target())
        let sealed = try #require(try await queue?.seal())
        #expect(sealed.map(\.count) == [5])
        try await queue?.add(2, to: Self.target())
        #expect(try await queue?.takeBack(9, from: Self.target()) == 2, "only what is not sealed")
        try await queue?.add(4, to: Self.target())
        #expect(try await queue?.seal() == sealed, "the next waits until this one is confirmed")
        queue?.close()
        queue = try TapQueue(file: file)
        #expect(try await queue?.seal().map(\.opId) == sealed.map(\.opId))
        #expect(queue?.unsent == 9)
        try await queue?.confirmed(sealed[0].opId)
        let next = try #require(try await queue?.seal())
        #expect(next.map(\.count) == [4] && next[0].opId != sealed[0].opId)
    }

    @Test func largeCountsAreDivided() async throws {
        let queue = try TapQueue(file: Self.folder().appendingPathComponent("u.taps"))
        for _ in 0..<3 { try await queue.add(70_000, to: Self.target()) }
        var sent = 0
        while let batch = try await queue.seal().first {
            #expect(batch.count <= 100_000)
            sent += batch.count
            try await queue.confirmed(batch.opId)
        }
        #expect(sent == 210_000)
    }

    @Test func refusedAndStaleBatchesWaitForAPerson() async throws {
        let date = Locked(Date(timeIntervalSince1970: 1_000_000))
        let file = Self.folder().appendingPathComponent("u.taps")
        var queue: TapQueue? = try TapQueue(file: file) { date.with { $0 } }
        try await queue?.add(3, to: Self.target())
        let refused = try #require(try await queue?.seal().first)
        try await queue?.refused(refused.opId, ZikrRefusal(code: .notMember, message: "Not yours."))
        try await queue?.add(4, to: Self.target("y"))
        _ = try await queue?.seal()
        date.with { $0 += 30 * 86_400 }
        queue?.close()
        queue = try TapQueue(file: file) { date.with { $0 } }
        #expect(try await queue?.seal() == [])
        #expect(queue?.refused.map(\.refusal?.code) == [.notMember])
        let stale = try #require(queue?.stale.first)
        try await queue?.sendAgain(stale)
        #expect(try await queue?.seal().map(\.count) == [4])
        for batch in queue?.refused ?? [] { try await queue?.drop(batch) }
        #expect(queue?.refused == [] && queue?.unsent == 4)
    }

    /// The file of a process that was killed at any byte of its writing: what was counted before is there, and the rest never was.
    @Test func aFileThatEndsAnywhere() async throws {
        let file = Self.folder().appendingPathComponent("u.taps")
        let queue = try TapQueue(file: file)
        var sizes: [Int] = [0]
        for i in 1...12 {
            try await queue.add(1, to: Self.target())
            if i % 5 == 0 { _ = try await queue.seal() }
            sizes.append(try Data(contentsOf: file).count)
        }
        let whole = try Data(contentsOf: file)
        let cut = file.appendingPathExtension("cut")
        for length in 0...whole.count {
            try whole[..<length].write(to: cut)
            let again = try TapQueue(file: cut)
            let counted = sizes.lastIndex { $0 <= length } ?? 0
            #expect(again.unsent >= counted && again.unsent <= counted + 1)
            try await again.add(1, to: Self.target("more"))
            again.close()
            #expect(try TapState(of: cut).unsent == again.unsent)
        }
    }

    @Test func aDamagedLineIsPutAside() async throws {
        let file = Self.folder().appendingPathComponent("u.taps")
        var queue: TapQueue? = try TapQueue(file: file)
        try await queue?.add(2, to: Self.target())
        queue?.close()
        let good = try Data(contentsOf: file)
        try (good + Data("rubbish\n".utf8) + good).write(to: file)
        queue = try TapQueue(file: file)
        #expect(queue?.unsent == 4)
        #expect(try Data(contentsOf: file.appendingPathExtension("damaged")).count == 2 * good.count + 8)
    }

    @Test func theFileDoesNotGrowForEver() async throws {
        let file = Self.folder().appendingPathComponent("u.taps")
        let queue = try TapQueue(file: file)
        for _ in 0..<60 {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<50 { tasks.addTask { try await queue.add(1, to: Self.target()) } }
                try await tasks.waitForAll()
            }
            for batch in try await queue.seal() { try await queue.confirmed(batch.opId) }
        }
        try await queue.add(7, to: Self.target())
        #expect(try Data(contentsOf: file).count < 80_000)
        #expect(try TapState(of: file).unsent == 7)
    }

    @Test func aFullDiskCountsNothing() async throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let folder = Self.folder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("u.taps")
        try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: "/dev/full")
        await #expect(throws: (any Error).self) { try await TapQueue(file: file).add(1, to: Self.target()) }
    }

    /// The program is killed with kill -9 ten times while it taps and sends, the server three times beside it: not one tap more or less.
    @Test func fiveHundredTapsThroughTenKills() async throws {
        let server = try await Server()
        let person = try await Person.make(on: server)
        let group = try await person.zikrGroup(goal: nil)
        let folder = server.folder.appendingPathComponent("taps").path
        let zikrID = try #require(group.zikrs.first).zikrId
        var counted = 0
        var random = SeededRandom(seed: UInt64(Date().timeIntervalSince1970))
        let total: @Sendable () async throws -> Int = { try await person.rest.getGroup(group.id).zikrs[0].totalCount }
        for round in 0..<10 {
            let taps = try ProbeRun(["taps", server.url.absoluteString, person.token, folder, zikrID, group.id, "50"])
            let until = Int.random(in: 5...45, using: &random)
            try await eventually("\(until) taps") { try taps.alive().counted >= until }
            if round % 3 == 1 { try await server.kill() }
            try await taps.kill()
            if round % 3 == 1 { try await server.start() }
            // what was in its file is sent by the next; it may have counted one more than it could say
            let rest = try ProbeRun(["taps", server.url.absoluteString, person.token, folder, zikrID, group.id, "0"])
            try await eventually("the rest to be sent") { try rest.alive().isOver }
            let now = try await total()
            #expect(now - counted == taps.counted || now - counted == taps.counted + 1)
            counted = now
        }
        let last = try ProbeRun(["taps", server.url.absoluteString, person.token, folder, zikrID, group.id, "\(500 - counted)"])
        try await eventually("the last taps", within: 60) { try last.alive().isOver }
        #expect(try await total() == 500)
    }

    @Test func tapsOfTwoDevicesAndWithoutANetwork() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.zikrGroup(goal: 100)
        let zikrID = try #require(group.zikrs.first).zikrId
        let (phone, tablet) = try await (person.connect(), person.connect())
        phone.enterBackground()
        try await phone.becomes(.paused)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<50 {
                tasks.addTask { try await phone.tap(zikrID, in: group.id) }
                tasks.addTask { try await tablet.tap(zikrID, in: group.id) }
            }
            try await tasks.waitForAll()
        }
        #expect(try await phone.tapQueue().unsent == 50)
        #expect(try await phone.takeBack(zikrID, in: group.id, count: 10) == 10)
        phone.enterForeground()
        try await eventually("ninety") { try await person.rest.getGroup(group.id).zikrs[0].totalCount == 90 }
        try await eventually("nothing to be left") { try await phone.tapQueue().unsent == 0 }
        #expect(try await tablet.sendTaps() == 0)
        phone.disconnect()
        tablet.disconnect()
    }

    /// Two people in turn on one phone: the taps of the first wait for the first.
    @Test func tapsAreSentInNobodyElsesName() async throws {
        let server = try await Server.shared.value
        let (first, second) = try await (Person.make(on: server), Person.make("Zaynab", "A", on: server))
        let group = try await first.zikrGroup()
        try await second.rest.joinGroup(group.id)
        let zikrID = try #require(group.zikrs.first).zikrId
        let zikr = try await first.connect()
        zikr.enterBackground()
        try await zikr.becomes(.paused)
        try await zikr.tap(zikrID, in: group.id, count: 33)
        let queue = try await zikr.tapQueue()
        let generation = zikr.core.state.with { $0.generation }
        zikr.disconnect()
        zikr.connect(withToken: second.token)
        let sending = Task { await Core.$generation.withValue(generation) { await zikr.taps.send(queue) } }
        zikr.enterForeground()
        try await zikr.becomes(.connected)
        _ = await sending.value
        #expect(queue.unsent == 33 && queue.refused == [])
        #expect(try await second.rest.getGroup(group.id).zikrs[0].totalCount == 0)
        zikr.connect(withToken: first.token)
        try await eventually("the taps to be sent") { try await first.rest.getGroup(group.id).zikrs[0].myCount == 33 }
        zikr.disconnect()
    }

    @Test func eachServerHasAFileOfItsOwn() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        var configuration = person.configuration()
        let zikr = ZikrSocketManager(configuration)
        zikr.enterBackground()
        zikr.connect(withToken: person.token)
        try await zikr.tap("z", in: "g")
        zikr.disconnect()
        configuration.url = try #require(URL(string: "http://localhost:\(server.port)"))
        zikr.configure(configuration)
        zikr.connect(withToken: person.token)
        #expect(try await zikr.tapQueue().unsent == 0)
        zikr.disconnect()
    }

    @Test func tapsThatTheServerRefusesAreTold() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let zikr = try await person.connect()
        let changes = zikr.tapChanges
        try await zikr.tap("none", in: "nowhere", count: 33)
        for await _ in changes where try await !zikr.tapQueue().refused.isEmpty { break }
        let batch = try #require(try await zikr.tapQueue().refused.first)
        #expect(batch.count == 33 && batch.refusal?.code == .notMember)
        zikr.disconnect()
        await #expect(throws: ZikrError.disconnected) { try await zikr.tap("none", in: "nowhere") }
    }
}

extension TapState {
    /// What a file comes to, beside whoever has it open.
    init(of file: URL) throws {
        self.init()
        for line in try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")) { apply(try Wire.decoder().decode(TapRecord.self, from: line)) }
    }
}

/// A run of the probe that says what it counted, and can be killed.
private final class ProbeRun: Sendable {
    private let child: Child

    init(_ arguments: [String]) throws {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("zikr-probe")
        child = try Child(program.path, arguments)
    }

    var counted: Int { child.output.split(separator: "\n").compactMap { Int($0) }.last ?? 0 }
    var isOver: Bool { child.output.hasSuffix("sent\n") }

    func kill() async throws { try await child.kill() }

    /// Itself, unless it failed.
    func alive() throws -> ProbeRun {
        if let status = child.status, status != 0 { throw Failure("the probe ended with \(status): \(child.output)") }
        return self
    }
}
