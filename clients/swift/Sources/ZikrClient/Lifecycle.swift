import Foundation

#if canImport(UIKit) && !os(watchOS)
import UIKit
#endif
#if canImport(Network)
import Network
#endif

/// Follows the app into the background and back, and the network, where the system tells of them. Elsewhere it does nothing: there are
/// `enterBackground()`, `enterForeground()` and `networkChanged()`.
final class Lifecycle: @unchecked Sendable { // what it holds is only written in init and deinit
    #if canImport(UIKit) && !os(watchOS)
    private var observers: [any NSObjectProtocol] = []
    #endif
    #if canImport(Network)
    private let monitor = NWPathMonitor()
    #endif

    init(_ core: Core) {
        #if canImport(UIKit) && !os(watchOS)
        // with scenes, an app is in the background when its last scene is: UIKit posts the app's notification for both
        let center = NotificationCenter.default
        observers = [
            center.addObserver(forName: UIApplication.didEnterBackgroundNotification, object: nil, queue: nil) { [weak core] _ in core?.sleep() },
            center.addObserver(forName: UIApplication.willEnterForegroundNotification, object: nil, queue: nil) { [weak core] _ in core?.rise() },
            center.addObserver(forName: UIScene.willEnterForegroundNotification, object: nil, queue: nil) { [weak core] _ in core?.rise() },
        ]
        #endif
        #if canImport(Network)
        monitor.pathUpdateHandler = { [weak core] path in
            if path.status == .satisfied { core?.state.with { $0.link }?.hurry() }
        }
        monitor.start(queue: DispatchQueue(label: "zikr.network"))
        #endif
    }

    deinit {
        #if canImport(UIKit) && !os(watchOS)
        for observer in observers { NotificationCenter.default.removeObserver(observer) }
        #endif
        #if canImport(Network)
        monitor.cancel()
        #endif
    }
}
