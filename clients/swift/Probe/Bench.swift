import Foundation
@testable import ZikrClient

/// The figures of docs/benchmarks.md, against a server that runs: the median of so many rounds each.
struct Bench {
    let url: URL
    let token: String
    let rounds: Int

    init(_ arguments: [String]) {
        (url, token, rounds) = (URL(string: arguments[1])!, arguments[2], Int(arguments[3]) ?? 1)
    }

    func run() async throws {
        let rest = ZikrREST(url: url, token: token)
        let group = try await rest.createGroup(NewGroup(name: "Bench", type: .zikr, isPublic: true, zikr: NewZikr(name: "Z", goal: 1_000)))
        for name in ["websocket", "polling"] {
            say("\(name): connect to joined_group", try await times { try await connect(name, group.id) }, "ms", 1_000)
        }
        try await fill(group)
        say("1,000 missed events applied", try await times { try await catchUp(group) }, "ms", 1_000)
        say("an event decoded and applied", try times { try decode(group) }, "us", 1_000_000)
        say("memory of an idle client", [try await idle()], "KiB", 1)
        try await rest.deleteGroup(group.id)
    }

    private func say(_ what: String, _ values: [Double], _ unit: String, _ factor: Double) {
        let median = values.sorted()[values.count / 2] * factor
        Probe.say("| \(what) | \(String(format: "%.1f", median)) \(unit) |")
    }

    private func times(_ work: () async throws -> Double) async throws -> [Double] {
        var out: [Double] = []
        for _ in 0..<rounds { out.append(try await work()) }
        return out
    }

    private func times(_ work: () throws -> Double) throws -> [Double] { try (0..<rounds).map { _ in try work() } }

    private func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

    private func client(_ transport: String) -> ZikrSocketManager {
        var configuration = ZikrConfiguration(url: url)
        configuration.transports = transport == "polling" ? [.polling] : [.webSocket]
        return ZikrSocketManager(configuration)
    }

    private func connect(_ transport: String, _ groupID: String) async throws -> Double {
        let zikr = client(transport)
        let start = now()
        zikr.connect(withToken: token)
        try await zikr.joinGroup(groupID)
        let end = now()
        zikr.disconnect()
        return end - start
    }

    /// A thousand events in the log.
    private func fill(_ group: Snapshot) async throws {
        let zikr = client("websocket")
        zikr.connect(withToken: token)
        for _ in 0..<1_000 {
            while true {
                do {
                    try await zikr.updateZikrCount(group.zikrs[0].zikrId, in: group.id, count: 1)
                    break
                } catch let error as ZikrError where error.code == .rateLimited { try await Task.sleep(nanoseconds: 100_000_000) }
            }
        }
        zikr.disconnect()
    }

    private func catchUp(_ group: Snapshot) async throws -> Double {
        let zikr = client("websocket")
        zikr.connect(withToken: token)
        _ = try await zikr.getNotifications() // it is connected
        let start = now()
        for try await state in zikr.watch(group.id, from: GroupState(group, userID: "")) where state.seq >= group.seq + 1_000 { break }
        let end = now()
        zikr.disconnect()
        return end - start
    }

    private func decode(_ group: Snapshot) throws -> Double {
        var state = GroupState(group, userID: "")
        let packets = (1...1_000).map { i in
            #"2/zikr-app,["zikr_count_updated",{"groupId":"\#(group.id)","zikrId":"\#(group.zikrs[0].zikrId)","zikrName":"Z","userId":"u","userName":"Abdulloh Karimov","count":1,"totalCount":\#(i),"progress":"0.10","goalReached":false,"goal":1000,"cycleCount":0,"seq":\#(group.seq + i),"timestamp":"2026-01-31T09:05:00.000Z"}]"#
        }
        let start = now()
        for packet in packets {
            guard let socket = SocketPacket(packet[...]) else { fatalError("a packet that cannot be read") }
            let event = try Wire.decoder().decode(EventPacket.self, from: socket.json).event
            guard state.apply(event) == .applied else { fatalError("an event that was not applied") }
        }
        return (now() - start) / 1_000
    }

    /// What the process grows by with each of a hundred clients that are connected and wait, in KiB. nan where the system does not say.
    private func idle() async throws -> Double {
        let before = resident()
        var clients: [ZikrSocketManager] = []
        for _ in 0..<100 {
            let zikr = client("websocket")
            zikr.connect(withToken: token)
            for await status in zikr.statuses where status == .connected { break }
            clients.append(zikr)
        }
        let grown = resident() - before
        for zikr in clients { zikr.disconnect() }
        return grown / 100
    }

    private func resident() -> Double {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
              let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
              let kib = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Double($0) }) else { return .nan }
        return kib
    }
}
