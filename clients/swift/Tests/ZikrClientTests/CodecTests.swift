import Foundation
import Testing
@testable import ZikrClient

@Suite struct CodecTests {
    @Test func socketPackets() throws {
        let packet = try #require(SocketPacket("2/zikr-app,17[\"pora_booked\",{}]"))
        #expect(packet.kind == .event && packet.namespace == "/zikr-app" && packet.id == 17)
        #expect(String(decoding: packet.json, as: UTF8.self) == "[\"pora_booked\",{}]")
        #expect(packet.text == "42/zikr-app,17[\"pora_booked\",{}]")
        #expect(SocketPacket("0{\"sid\":\"a\"}")?.namespace == "/")
        #expect(SocketPacket("1/zikr-app")?.namespace == "/zikr-app")
        #expect(SocketPacket("4/zikr-app?token=x,{}")?.namespace == "/zikr-app")
        #expect(SocketPacket("") == nil)
        #expect(SocketPacket("9[]") == nil)
        #expect(SocketPacket("399999999999999999999999[]") == nil)
    }

    @Test func packetsOfAnyBytesDoNotCrash() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<5_000 {
            let text = String((0..<Int.random(in: 0...12, using: &random)).map { _ in "0123456789/,[]{}\"-?aё".randomElement(using: &random)! })
            if let packet = SocketPacket(text[...]) {
                _ = packet.text
                _ = try? Wire.decoder().decode(EventPacket.self, from: packet.json)
            }
        }
    }

    @Test func unknownEventsAndFieldsAreKept() throws {
        func read(_ json: String) throws -> ZikrEvent { try Wire.decoder().decode(EventPacket.self, from: Data(json.utf8)).event }
        let other = try read(#"["moon_sighted",{"groupId":"g","seq":4,"deep":[1,2.5,null,true,{"a":"б"}]},"offset"]"#)
        #expect(other.name == "moon_sighted" && other.groupId == "g" && other.seq == 4)
        let known = try read(#"["user_online",{"groupId":"g","userId":"u","timestamp":"2026-01-31T09:05:00.000Z","mood":"good"}]"#)
        #expect(known == .userOnline(UserOnline(groupId: "g", userId: "u", timestamp: Date(timeIntervalSince1970: 1_769_850_300))))
        // one that lacks what this release needs is told as it came
        guard case .other(let broken) = try read(#"["user_online",{"groupId":"g"}]"#) else { throw Failure("not other") }
        #expect(broken.name == "user_online" && broken.groupId == "g")
        #expect(try read(#"["nothing"]"#).name == "nothing")
        #expect(throws: (any Error).self) { try read("[]") }
    }

    @Test func acknowledgements() throws {
        func read(_ json: String) throws -> LeftGroup {
            try Wire.decoder().decode(Acknowledgement<LeftGroup>.self, from: Data(json.utf8)).result.get()
        }
        #expect(try read(#"[{"ok":true,"data":{"groupId":"g","message":"m","timestamp":"2026-01-31T09:05:00.000Z"}}]"#).groupId == "g")
        let refusal = ZikrError.refused(ZikrRefusal(code: .rateLimited, message: "Slowly.", retryAfterMs: 40))
        #expect(throws: refusal) { try read(#"[{"ok":false,"error":{"code":"rate_limited","message":"Slowly.","retryAfterMs":40}}]"#) }
        #expect(throws: (any Error).self) { try read(#"[{"ok":true}]"#) }
    }

    @Test func codesOfLaterServersAreKept() {
        let code = ErrorCode(rawValue: "too_early")
        switch code {
        case .rateLimited: Issue.record("another code")
        default: #expect(code.rawValue == "too_early")
        }
    }

    @Test func datesBothWays() {
        let system = ISO8601DateFormatter()
        system.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var random = SeededRandom(seed: 3)
        for _ in 0..<3_000 {
            let date = Date(timeIntervalSince1970: (Double.random(in: -2e9...1e10, using: &random) * 1000).rounded() / 1000)
            let text = Wire.text(date)
            #expect(text == system.string(from: date))
            #expect(abs((Wire.date(text) ?? .distantPast).timeIntervalSince(date)) < 0.0005)
        }
        #expect(Wire.date("2026-01-31T09:05:00Z") == Date(timeIntervalSince1970: 1_769_850_300))
        for bad in ["", "2026", "2026-13-31T09:05:00.000Z", "2026-01-31 09:05:00.000Z", "2026-01-31T09:05:00.000", "2026-01-31T09:05:00.0a0Z"] {
            #expect(Wire.date(bad) == nil, "\(bad)")
        }
    }

    @Test(arguments: [(0, 100, "0.00"), (633, 1000, "63.30"), (1, 3, "33.33"), (2, 3, "66.67"), (99_999, 100_000, "99.99"), (999_999, 1_000_000, "99.99"), (3, 3, "0.00"), (1, 200, "0.50"), (Int.max - 1, Int.max, "99.99"), (1, 20_000, "0.01"), (1, 20_001, "0.00")])
    func progress(total: Int, goal: Int, want: String) {
        #expect(Snapshot.progress(total, goal) == want)
        #expect(Snapshot.progress(total, nil) == "0.00")
    }

    @Test func backoffGrowsWithJitter() {
        var backoff = Backoff(first: 1, most: 8)
        let waits = (0..<40).map { _ in backoff.next() }
        for (wait, grown) in zip(waits, [1, 2, 4, 8, 8, 8.0]) { #expect(wait >= grown / 2 && wait <= grown) }
        #expect(Set(waits.dropFirst(3)).count > 30, "clients that were lost together come back apart")
        backoff.reset()
        #expect(backoff.next() <= 1)
    }

    @Test func userOfAToken() {
        func token(_ claims: String) -> String {
            "h." + Data(claims.utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "") + ".s"
        }
        #expect(TokenSource.userID(of: token(#"{"id":"a","sub":"b"}"#)) == "a")
        #expect(TokenSource.userID(of: "Bearer " + token(#"{"sub":"bобо"}"#)) == "bобо")
        #expect(TokenSource.userID(of: token("{}")) == nil)
        #expect(TokenSource.userID(of: "rubbish") == nil)
    }

    @Test func aRefusedConnect() throws {
        func read(_ json: String) throws -> ZikrError { try Wire.decoder().decode(ConnectError.self, from: Data(json.utf8)).error }
        let crowded = try read(#"{"message":"Too many.","data":{"code":"rate_limited","retryAfterMs":60000}}"#)
        #expect(crowded == .refused(ZikrRefusal(code: .rateLimited, message: "Too many.", retryAfterMs: 60_000)))
        #expect(try read(#"{"message":"Internal error"}"#) == .unreachable("Internal error"), "without a code the token is not meant")
    }

    @Test func whatMayBeDoneLater() {
        func refused(_ code: ErrorCode, _ ms: Int? = nil) -> ZikrError { .refused(ZikrRefusal(code: code, message: "", retryAfterMs: ms)) }
        for code in [ErrorCode.accountSuspended, .unauthenticated, .tokenExpired, .rateLimited, .internal] { #expect(refused(code).isPassing, "\(code)") }
        for code in [ErrorCode.notMember, .banned, .zikrNotFound, .invalidPayload] { #expect(!refused(code).isPassing, "\(code)") }
        var backoff = Backoff(first: 1, most: 8)
        #expect(backoff.next(after: refused(.rateLimited, 60_000)) == 60)
        #expect((1...2).contains(backoff.next(after: refused(.rateLimited, 10))))
    }

    @Test func addresses() throws {
        let url = try #require(URL(string: "https://example.org/zikr"))
        #expect(engineURL(url, transport: "websocket").absoluteString == "wss://example.org/zikr/socket.io/?EIO=4&transport=websocket")
        #expect(engineURL(url, transport: "polling").absoluteString == "https://example.org/zikr/socket.io/?EIO=4&transport=polling")
        #expect(escaped("a/b c+ё") == "a%2Fb%20c%2B%D1%91")
    }
}

/// Random numbers that are the same in every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
