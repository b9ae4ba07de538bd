import Foundation
import Testing
@testable import ZikrClient
import ZikrExampleModels

/// The view models of the example app, and the code that the documentation shows.
@Suite @MainActor struct ExampleTests {
    @Test func theViewModels() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let group = try await person.quranGroup()
        let item = try await person.rest.createZikr(group.id, NewZikr(name: "Istighfar", goal: 100))
        let zikr = ZikrSocketManager(person.configuration())

        let account = AccountModel(zikr)
        await account.signIn(login: person.email, password: "wrong password")
        #expect(!account.isSignedIn && account.problem != nil)
        await account.signIn(login: person.email, password: Person.password)
        #expect(account.isSignedIn && account.problem == nil)

        let (groups, board, counter) = (GroupsModel(zikr), BoardModel(zikr, groupID: group.id), CounterModel(zikr, groupID: group.id, zikrID: item.zikrId))
        var changes = 0
        board.willChange = { changes += 1 }
        let following = Task {
            async let a: Void = account.follow()
            async let b: Void = groups.follow()
            async let c: Void = board.follow()
            async let d: Void = counter.follow()
            _ = await (a, b, c, d)
        }
        try await wait("the list") { groups.groups.map(\.id) == [group.id] }
        try await wait("the board") { board.poras.count == 30 && board.online == 1 && account.status == .connected }

        await board.tapped(board.poras[2])
        try await wait("a booking") { board.isMine(board.poras[2]) }
        await board.giveBack(board.poras[2])
        try await wait("a free pora") { board.poras[2].status == .available }
        await board.tapped(board.poras[2])
        try await wait("a booking") { board.isMine(board.poras[2]) }
        await board.tapped(board.poras[2])
        try await wait("a pora that is read") { board.read == 1 }
        #expect(changes > 3 && board.problem == nil)

        for _ in 0..<33 { await counter.tap() }
        try await wait("the counter") { counter.mine == 33 && counter.unsent == 0 && counter.total == 33 }

        account.signOut()
        await following.value
        #expect(account.status == .disconnected && !account.isSignedIn)
    }

    private func wait(_ what: String, _ check: () -> Bool) async throws {
        for _ in 0..<1_000 {
            if check() { return }
            try await Task.sleep(nanoseconds: 20_000_000)
        }
        throw Failure("waited for \(what)")
    }

    // first hatm: begin
    func firstHatm(_ url: URL, _ login: Credentials) async throws -> Snapshot? {
        let signed = try await ZikrREST(url: url).login(login)
        let zikr = ZikrSocketManager(url: url)
        zikr.connect(withToken: signed.token)
        let group = try await zikr.rest.createGroup(NewGroup(name: "Friday readers", type: .quran, isPublic: true))
        Task {
            for pora in 1...30 {
                let booking = try await zikr.bookPora("\(pora)", in: group.id)
                try await zikr.completePora(booking.bookingId)
            }
        }
        for try await state in zikr.watch(group.id) {
            print("\(state.snapshot.poras?.filter { $0.status == .completed }.count ?? 0) of 30")
            if state.snapshot.hatmCount == 1 { return state.snapshot }
        }
        return nil
    }
    // first hatm: end

    @Test func aFirstHatm() async throws {
        let server = try await Server.shared.value
        let person = try await Person.make(on: server)
        let snapshot = try await firstHatm(server.url, Credentials(login: person.email, password: Person.password))
        #expect(snapshot?.hatmCount == 1)
    }

    /// The documentation shows this very code.
    @Test(arguments: ["docs/swift.md", "clients/swift/Sources/ZikrClient/ZikrClient.docc/ZikrClient.md"])
    func theDocumentationIsTested(page: String) throws {
        let source = try String(contentsOfFile: #filePath, encoding: .utf8).components(separatedBy: "\n")
        let begin = try #require(source.firstIndex { $0.hasSuffix("first hatm: begin") }), end = try #require(source.firstIndex { $0.hasSuffix("first hatm: end") })
        let code = source[(begin + 1)..<end].map { $0.hasPrefix("    ") ? String($0.dropFirst(4)) : $0 }.joined(separator: "\n")
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
        #expect(text.contains("```swift\n" + code + "\n```"))
    }
}
