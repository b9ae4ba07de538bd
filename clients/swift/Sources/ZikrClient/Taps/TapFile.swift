import Foundation

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// A file of records, one a line, that only grows until it is written anew. A record is in it when `append` has returned: it is on the disk.
/// Not for more than one thread at a time.
final class TapFile {
    private let url: URL
    private let lock: Int32
    private var descriptor: Int32 = -1
    private var size = 0

    /// Opens the file of one user and reads it. Only one may have it open, in this process or another: the lock ends with the process.
    init(_ url: URL, _ read: (TapRecord) -> Void) throws {
        self.url = url
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        lock = Self.open(url.path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC)
        guard lock >= 0 else { throw Self.failure("open", url) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw ZikrError.storage("\(url.lastPathComponent) is open elsewhere")
        }
        do {
            try load(read)
        } catch {
            close(lock)
            throw error
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        flock(lock, LOCK_UN) // a program that is being started may still have a copy of the descriptor
        close(lock)
    }

    /// The file's size in bytes.
    var bytes: Int { size }

    /// Writes the records behind the others, all or none, and returns when the disk has them.
    func append(_ records: [TapRecord]) throws {
        let data = try Self.lines(records)
        do {
            try Self.write(data, to: descriptor, url)
            try Self.flush(descriptor, url)
            size += data.count
        } catch {
            // what was written in part is cut off again: it was not confirmed
            ftruncate(descriptor, off_t(size))
            lseek(descriptor, off_t(size), SEEK_SET)
            throw error
        }
    }

    /// Writes the file anew with nothing but these: beside it first, then in its place.
    func replace(_ records: [TapRecord]) throws {
        let data = try Self.lines(records)
        let path = url.path + ".new"
        let fresh = Self.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC)
        guard fresh >= 0 else { throw Self.failure("open", url) }
        do {
            try Self.write(data, to: fresh, url)
            try Self.flush(fresh, url)
            guard rename(path, url.path) == 0 else { throw Self.failure("rename", url) }
        } catch {
            close(fresh)
            throw error
        }
        if descriptor >= 0 { close(descriptor) }
        descriptor = fresh
        size = data.count
        try Self.flushFolder(of: url)
    }

    /// Reads the lines. The last may have been cut by a crash: it was never confirmed. What cannot be read before the end is put aside, with
    /// all that is there, in a file beside this one.
    private func load(_ read: (TapRecord) -> Void) throws {
        let isNew = !FileManager.default.fileExists(atPath: url.path)
        descriptor = Self.open(url.path, O_RDWR | O_CREAT | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open", url) }
        if isNew { return try Self.flushFolder(of: url) }
        guard let data = FileManager.default.contents(atPath: url.path) else { throw Self.failure("read", url) }
        let decoder = Wire.decoder()
        var damaged = false
        var start = data.startIndex
        while let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let record = try? decoder.decode(TapRecord.self, from: data[start..<end]) { read(record) } else { damaged = true }
            start = end + 1
        }
        if damaged { try data.write(to: url.appendingPathExtension("damaged")) }
        size = data.distance(from: data.startIndex, to: start)
        guard ftruncate(descriptor, off_t(size)) == 0, lseek(descriptor, off_t(size), SEEK_SET) >= 0 else { throw Self.failure("cut", url) }
    }

    private static func lines(_ records: [TapRecord]) throws -> Data {
        let encoder = Wire.encoder()
        var data = Data()
        for record in records {
            data.append(try encoder.encode(record))
            data.append(UInt8(ascii: "\n"))
        }
        return data
    }

    private static func open(_ path: String, _ flags: Int32) -> Int32 {
        #if canImport(Darwin)
        Darwin.open(path, flags, 0o600)
        #else
        Glibc.open(path, flags, 0o600)
        #endif
    }

    private static func write(_ data: Data, to descriptor: Int32, _ url: URL) throws {
        try data.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                #if canImport(Darwin)
                let count = Darwin.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                #else
                let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                #endif
                guard count > 0 || errno == EINTR else { throw failure("write", url) }
                written += max(0, count)
            }
        }
    }

    private static func flush(_ descriptor: Int32, _ url: URL) throws {
        #if canImport(Darwin)
        if fcntl(descriptor, F_BARRIERFSYNC) != -1 { return } // fsync alone does not order writes there
        #endif
        guard fsync(descriptor) == 0 else { throw failure("fsync", url) }
    }

    private static func flushFolder(of url: URL) throws {
        let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("open the folder of", url) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("fsync the folder of", url) }
    }

    private static func failure(_ what: String, _ url: URL) -> ZikrError {
        .storage("\(what) \(url.lastPathComponent): \(String(cString: strerror(errno)))")
    }
}
