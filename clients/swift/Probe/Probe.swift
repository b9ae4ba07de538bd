import Foundation
import ZikrClient

/// A program for tests and measurements: it is killed, and it is measured. Not a part of the library.
@main struct Probe {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "taps" where arguments.count == 7: try await Taps(arguments).run()
        case "bench" where arguments.count == 4: try await Bench(arguments).run()
        default:
            print("zikr-probe taps URL TOKEN FOLDER ZIKR GROUP COUNT\nzikr-probe bench URL TOKEN ROUNDS")
            exit(2)
        }
    }

    /// A line at once, also into a pipe.
    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

/// Taps as a person with fast fingers does, until it has done so many or is killed; says each that was counted.
struct Taps {
    let zikr: ZikrSocketManager
    let token: String
    let zikrID: String
    let groupID: String
    let count: Int

    init(_ arguments: [String]) {
        var configuration = ZikrConfiguration(url: URL(string: arguments[1])!)
        configuration.tapFolder = URL(fileURLWithPath: arguments[3])
        configuration.tapInterval = 0.01
        configuration.firstWait = 0.02
        configuration.longestWait = 0.2
        zikr = ZikrSocketManager(configuration)
        (token, zikrID, groupID, count) = (arguments[2], arguments[4], arguments[5], Int(arguments[6]) ?? 0)
    }

    func run() async throws {
        zikr.connect(withToken: token)
        for i in 0..<count {
            _ = try await zikr.tap(zikrID, in: groupID)
            Probe.say("\(i + 1)")
        }
        for await _ in zikr.tapChanges where try await zikr.tapQueue().unsent == 0 { break }
        Probe.say("sent")
        zikr.disconnect()
    }
}
