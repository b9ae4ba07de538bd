import Foundation
import Glibc
@testable import ZikrClient

/// A program that a test runs. (Foundation's own class lets it inherit the signals that its thread blocks.)
final class Child: @unchecked Sendable { // its state is behind locks
    private let pid: pid_t
    private let input: Locked<Int32>
    private let ending = Locked<Int32?>(nil)
    private let text = Locked("")

    /// What it ended with, 128 and the signal if by one; nil while it runs.
    var status: Int32? { ending.with { $0 } }

    /// What it wrote until now.
    var output: String { text.with { $0 } }

    init(_ path: String, _ arguments: [String], _ environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        var into: [Int32] = [0, 0], from: [Int32] = [0, 0]
        guard pipe(&into) == 0, pipe(&from) == 0 else { throw Failure("no pipe") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, into[0], 0)
        posix_spawn_file_actions_adddup2(&actions, from[1], 1)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        // threads of a pool have signals blocked, and a child would inherit that
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var argv = ([path] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid = pid_t()
        guard posix_spawn(&pid, path, &actions, &attributes, &argv, &envp) == 0 else { throw Failure("\(path) does not start") }
        close(into[0])
        close(from[1])
        self.pid = pid
        input = Locked(into[1])
        Thread.detachNewThread { [self, out = from[0]] in wait(out) }
    }

    /// Reads what it writes until it ends. Who reads the output after `status` is set has all of it.
    private func wait(_ out: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while case let count = read(out, &buffer, buffer.count), count > 0 {
            text.with { $0 += String(decoding: buffer[..<count], as: UTF8.self) }
        }
        close(out)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        ending.with { $0 = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f }
    }

    func write(_ line: String) { input.with { input in _ = Array(line.utf8).withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) } } }

    func closeInput() {
        input.with { input in
            if input >= 0 { close(input) }
            input = -1
        }
    }

    func kill() async throws {
        if status == nil { Glibc.kill(pid, SIGKILL) }
        try await ended()
    }

    func ended() async throws { try await eventually("the end of a program") { self.status != nil } }
}
