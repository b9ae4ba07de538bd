#if !canImport(Darwin)
import Foundation
import Glibc

/// A TCP connection. Its calls block; those with a queue of their own do it there.
final class Socket: Sendable {
    private let number: Int32
    private let writing = DispatchQueue(label: "zikr.socket.write")
    private let users = Locked(Users())

    /// The descriptor is closed when it was ended and nobody is in a call any more, so that its number is never another one's.
    private struct Users {
        var count = 0
        var ended = false
    }

    init(_ number: Int32) { self.number = number }

    deinit { end() }

    static func connect(host: String, port: Int, timeout: TimeInterval) async throws -> Socket {
        try await onThread {
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var list: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(host, String(port), &hints, &list) == 0, let list else { throw ZikrError.unreachable("no address of \(host)") }
            defer { freeaddrinfo(list) }
            var why = ""
            for info in sequence(first: list, next: { $0.pointee.ai_next }) {
                let number = socket(info.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                guard number >= 0 else { continue }
                limit(number, timeout)
                if Glibc.connect(number, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 { return Socket(number) }
                why = String(cString: strerror(errno))
                Glibc.close(number)
            }
            throw ZikrError.unreachable("\(host):\(port): \(why)")
        }
    }

    private static func limit(_ number: Int32, _ timeout: TimeInterval) {
        var time = timeval(tv_sec: Int(timeout.rounded(.up)), tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size)) // of connect, too
        var on: Int32 = 1
        setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// What has come, at least one byte.
    func read() throws -> [UInt8] {
        try use {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(number, &buffer, buffer.count, 0)
            guard count > 0 else { throw ZikrError.unreachable(count == 0 ? "the server closed the connection" : String(cString: strerror(errno))) }
            return Array(buffer[..<count])
        }
    }

    func readLater() async throws -> [UInt8] { try await Self.onThread { try self.read() } }

    func write(_ bytes: [UInt8]) async throws {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            writing.async { done.resume(with: Result { try self.writeAll(bytes) }) }
        }
    }

    /// Sends it when its turn comes; whoever reads notices an error.
    func writeLater(_ bytes: [UInt8]) { writing.async { try? self.writeAll(bytes) } }

    private func writeAll(_ bytes: [UInt8]) throws {
        try use {
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes { Glibc.send(number, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { throw ZikrError.unreachable(String(cString: strerror(errno))) }
                sent += count
            }
        }
    }

    /// Ends it: whoever is in a call gets an error.
    func end() {
        let close = users.with { users -> Bool in
            guard !users.ended else { return false }
            users.ended = true
            shutdown(number, Int32(SHUT_RDWR))
            return users.count == 0
        }
        if close { Glibc.close(number) }
    }

    private func use<Result>(_ call: () throws -> Result) throws -> Result {
        try users.with { users in
            guard !users.ended else { throw ZikrError.disconnected }
            users.count += 1
        }
        defer {
            let close = users.with { users -> Bool in
                users.count -= 1
                return users.ended && users.count == 0
            }
            if close { Glibc.close(number) }
        }
        return try call()
    }

    private static func onThread<Result: Sendable>(_ call: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { done in
            Thread.detachNewThread { done.resume(with: Swift.Result { try call() }) }
        }
    }
}
#endif
