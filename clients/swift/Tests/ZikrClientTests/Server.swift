import Foundation
import FoundationNetworking
import Glibc
@testable import ZikrClient

/// A zikr server of its own: the built binary on a port and a data folder of its own.
final class Server: @unchecked Sendable { // used by one test at a time
    static let binary = ProcessInfo.processInfo.environment["ZIKR_TEST_BINARY"] ?? "bin/zikr"

    /// The one that tests share which do not hurt it. 
    static let shared = Task { try await Server() }

    let port: Int
    let folder: URL
    private let environment: [String: String]
    private var child: Child?

    var url: URL { URL(string: "http://127.0.0.1:\(port)")! }

    init(_ environment: [String: String] = [:]) async throws {
        port = try Self.freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("zikr-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.environment = environment
        try await start()
    }

    deinit {
        child?.closeInput()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A shell holds the server, and takes signals for it by its input: when this process is gone, however that came, the input ends and so
    /// does the server.
    private static let keeper = """
        "$0" serve >"$1" 2>&1 3<&- & server=$!
        (while read -r signal; do kill -"$signal" $server; done; kill -KILL $server) <&3 & reader=$!
        wait $server; status=$?
        kill $reader
        exit $status
        """

    func start() async throws {
        let environment = ProcessInfo.processInfo.environment.merging([
            "ZIKR_ADDR": "127.0.0.1:\(port)", "ZIKR_DATA_DIR": folder.path, "ZIKR_RATE_LIMIT": "off", "ZIKR_LOG_LEVEL": "error", "ZIKR_DRAIN_DELAY": "100ms",
        ]) { $1 }.merging(environment) { $1 }.filter { !$0.key.hasPrefix("ZIKR_TEST_") && !$0.key.hasPrefix("ZIKR_SWIFT_") }
        let keeper = "exec 3<&0; " + Self.keeper
        let child = try Child("/bin/sh", ["-c", keeper, Self.binary, folder.appendingPathComponent("log").path], environment)
        self.child = child
        try await eventually("the server to be ready") {
            if let status = child.status { throw Failure("the server ended with \(status)") }
            let (_, response) = try await URLSession.shared.data(from: self.url.appendingPathComponent("readyz"))
            return (response as? HTTPURLResponse)?.statusCode == 200
        }
    }

    func kill() async throws { try await end("KILL") }

    /// Tells it to drain, and waits for its end. Returns what it ended with.
    @discardableResult
    func terminate() async throws -> Int32 {
        try await end("TERM")
        return child?.status ?? -1
    }

    private func end(_ signal: String) async throws {
        order(signal)
        try await child?.ended()
    }

    /// Stops it without ending it: its connections stay open and say nothing.
    func freeze() { order("STOP") }
    func thaw() { order("CONT") }

    private func order(_ signal: String) { child?.write(signal + "\n") }

    /// Another program of the same binary, beside it.
    func run(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> String {
        let child = try Child(Self.binary, arguments, ["ZIKR_DATA_DIR": folder.path, "PATH": "/usr/bin:/bin"].merging(environment) { $1 })
        try await child.ended()
        return child.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0 }
        }
        guard bound else { throw Failure("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits for something to become true, 30 seconds at most.
func eventually(_ what: String, within seconds: Double = 30, _ check: @escaping @Sendable () async throws -> Bool) async throws {
    let end = Date().addingTimeInterval(seconds)
    var last: any Error = Failure("it was not")
    while Date() < end {
        do {
            if try await check() { return }
        } catch let failure as Failure {
            throw failure
        } catch {
            last = error
        }
        try await Task.sleep(nanoseconds: 20_000_000)
    }
    throw Failure("waited for \(what): \(last)")
}

/// A person with an account.
struct Person: Sendable {
    let server: Server
    let id: String
    let name: String
    let token: String
    let email: String

    static let password = "bismillah 114"

    /// All tests sign up at once: whoever is told that too many do waits as long as the server says.
    static func make(_ name: String = "Abdulloh", _ surname: String = "Karimov", on server: Server) async throws -> Person {
        let email = "\(UUID().uuidString.lowercased())@example.org"
        while true {
            do {
                let signed = try await ZikrREST(url: server.url).register(Registration(name: name, surname: surname, email: email, password: password))
                return Person(server: server, id: signed.user.id, name: "\(name) \(surname)", token: signed.token, email: email)
            } catch let error as ZikrError where error.code == .rateLimited {
                try await pause(Double(error.retryAfterMs ?? 1_000) / 1_000)
            }
        }
    }

    var rest: ZikrREST { ZikrREST(url: server.url, token: token) }

    func configuration(_ change: (inout ZikrConfiguration) -> Void = { _ in }) -> ZikrConfiguration {
        var configuration = ZikrConfiguration(url: server.url)
        configuration.tapFolder = server.folder.appendingPathComponent("taps-\(UUID().uuidString)")
        configuration.firstWait = 0.1
        configuration.longestWait = 1
        configuration.tapInterval = 0.1
        configuration.followsApp = false
        configuration.callbackQueue = DispatchQueue(label: "zikr.test")
        change(&configuration)
        return configuration
    }

    /// A client that is connected in this person's name.
    func connect(_ change: (inout ZikrConfiguration) -> Void = { _ in }) async throws -> ZikrSocketManager {
        let zikr = ZikrSocketManager(configuration(change))
        zikr.connect(withToken: token)
        try await zikr.becomes(.connected)
        return zikr
    }

    func quranGroup(_ name: String = "Friday readers", isPublic: Bool = true) async throws -> Snapshot {
        try await rest.createGroup(NewGroup(name: name, type: .quran, isPublic: isPublic))
    }

    func zikrGroup(goal: Int? = 1000) async throws -> Snapshot {
        try await rest.createGroup(NewGroup(name: "Istighfar", type: .zikr, isPublic: true, zikr: NewZikr(name: "Istighfar", goal: goal)))
    }
}

extension ZikrSocketManager {
    func becomes(_ wanted: ZikrStatus, within seconds: Double = 20) async throws {
        let statuses = statuses
        let seen = Locked<[ZikrStatus]>([])
        do {
            try await ZikrClient.within(seconds) {
                for await status in statuses {
                    seen.with { $0.append(status) }
                    if status == wanted { return }
                }
                throw Failure("the statuses ended")
            }
        } catch {
            throw Failure("waited for \(wanted), saw \(seen.with { $0 }): \(error)")
        }
    }
}

/// What a client was told, kept as it comes.
final class Record: Sendable {
    private let events = Locked<[ZikrEvent]>([])
    private let task: Locked<Task<Void, Never>?> = Locked(nil)

    init(_ stream: ZikrStream<ZikrEvent>) {
        task.with { $0 = Task { [events] in for await event in stream { events.with { $0.append(event) } } } }
    }

    deinit { task.with { $0?.cancel() } }

    var all: [ZikrEvent] { events.with { $0 } }
    var seqs: [Int] { all.compactMap(\.seq) }

    @discardableResult
    func first<T: Sendable>(_ what: String, within seconds: Double = 20, _ pick: @escaping @Sendable (ZikrEvent) -> T?) async throws -> T {
        let found = Locked<T?>(nil)
        try await eventually(what, within: seconds) {
            found.with { $0 = self.all.lazy.compactMap(pick).first }
            return found.with { $0 != nil }
        }
        return found.with { $0! }
    }
}
