import Foundation
import Glibc
@testable import ZikrClient

/// A bad line: what goes to the server and back can be reset.
final class Proxy: @unchecked Sendable { // its state is behind a lock
    let port: Int
    private let listener: Int32
    private let target: Int
    private let connections = Locked<[Int32]>([])

    var url: URL { URL(string: "http://127.0.0.1:\(port)")! }

    init(to target: Int) throws {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &size) == 0 }
        }
        guard listens else { throw Failure("the proxy has no port") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in accept() }
    }

    /// Resets every connection (RST), with all that is on its way.
    func reset() {
        connections.with { connections in
            for number in connections {
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
                shutdown(number, Int32(SHUT_RDWR))
            }
            connections = []
        }
    }

    func end() {
        reset()
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return _ = close(listener) }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = Self.address(target)
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let connected = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(server, $0, size) == 0 } }
            guard connected else {
                close(client)
                close(server)
                continue
            }
            connections.with { $0 += [client, server] }
            let open = Locked(2)
            for (from, to) in [(client, server), (server, client)] { Thread.detachNewThread { [self] in copy(from, to, open) } }
        }
    }

    private func copy(_ from: Int32, _ to: Int32, _ open: Locked<Int>) {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0, send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(to, Int32(SHUT_WR))
        let last = open.with { open -> Bool in
            open -= 1
            return open == 0
        }
        guard last else { return }
        connections.with { connections in
            connections.removeAll { $0 == from || $0 == to }
            close(from)
            close(to)
        }
    }
}
