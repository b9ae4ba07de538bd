import Foundation
import Testing
@testable import ZikrClient

@Suite struct WebSocketFrameTests {
    /// A frame as a server sends it: without a mask.
    private func plain(_ code: UInt8, _ payload: [UInt8], last: Bool = true) -> [UInt8] {
        var out: [UInt8] = [code | (last ? UInt8(0x80) : 0)]
        switch payload.count {
        case ..<126: out.append(UInt8(payload.count))
        case ..<65_536: out.append(126); out += withUnsafeBytes(of: UInt16(payload.count).bigEndian) { Array($0) }
        default: out.append(127); out += withUnsafeBytes(of: UInt64(payload.count).bigEndian) { Array($0) }
        }
        return out + payload
    }

    @Test func messagesInAnyPieces() throws {
        var random = SeededRandom(seed: 11)
        let sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]
        let bytes = sizes.flatMap { plain(1, [UInt8](repeating: 97, count: $0)) + plain(9, [1, 2]) }
        for _ in 0..<20 {
            var reader = WebSocketReader()
            var got: [Int] = []
            var pings = 0
            var at = 0
            while at < bytes.count {
                let end = min(bytes.count, at + Int.random(in: 1...40_000, using: &random))
                reader.add(bytes[at..<end])
                at = end
                while let frame = try reader.next() {
                    if frame.code == .ping { pings += 1 } else { got.append(frame.payload.count) }
                }
            }
            #expect(got == sizes && pings == sizes.count)
        }
    }

    @Test func fragments() throws {
        var reader = WebSocketReader()
        reader.add(plain(1, [97], last: false) + plain(9, []) + plain(0, [98], last: false) + plain(0, [99]))
        #expect(try reader.next()?.code == .ping)
        #expect(try reader.next() == WebSocketFrame(code: .text, payload: [97, 98, 99]))
        #expect(try reader.next() == nil)
    }

    @Test(arguments: [[0x82, 0], [0x80, 0], [0xc1, 0], [0x83, 0], [0x81, 0x80, 0, 0, 0, 0], [0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0], [0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255]] as [[UInt8]])
    func brokenFramesAreErrors(bytes: [UInt8]) {
        var reader = WebSocketReader()
        reader.add(bytes)
        #expect(throws: ZikrError.self) { while try reader.next() != nil {} }
    }

    @Test func anyBytesDoNotCrash() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<3_000 {
            var reader = WebSocketReader()
            do {
                for _ in 0..<4 {
                    reader.add((0..<Int.random(in: 0...30, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
                    while try reader.next() != nil {}
                }
            } catch {}
        }
    }

    @Test func whatAClientSendsIsMasked() {
        let frame = WebSocketFrame(code: .text, payload: Array("Hello".utf8))
        // RFC 6455, section 5.7
        #expect(frame.masked(0x37fa_213d) == [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
        #expect(WebSocketFrame(code: .text, payload: [UInt8](repeating: 0, count: 300)).masked()[..<4] == [0x81, 0xfe, 1, 44])
        #expect(WebSocketFrame(code: .text, payload: [UInt8](repeating: 0, count: 70_000)).masked()[..<10] == [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0x11, 0x70])
    }

    @Test func theHandshakesAnswer() {
        // RFC 6455, section 1.3
        #expect(SocketWebSocket.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(SHA1.of(Array("abc".utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == "a9993e364706816aba3e25717850c26c9cd0d89d")
    }
}
