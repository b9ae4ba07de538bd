import Foundation

#if canImport(Network)
import Network
#endif

/// Follows the app into the background and back, and the network, where the system tells of them. Elsewhere nothing is told, and there are
/// `enterBackground()`, `enterForeground()` and `networkChanged()`.
final class Lifecycle: @unchecked Sendable { // what it holds is only written in init and read in deinit
    /// By their names, since UIKit is not everywhere. An app with scenes gets the first two as well; the third comes for a scene of several.
    static let background = Notification.Name("UIApplicationDidEnterBackgroundNotification")
    static let foreground = [Notification.Name("UIApplicationWillEnterForegroundNotification"), Notification.Name("UISceneWillEnterForegroundNotification")]

    private let observers: [any NSObjectProtocol]
    #if canImport(Network)
    private let monitor = NWPathMonitor()
    #endif

    init(_ core: Core) {
        let center = NotificationCenter.default
        observers = [center.addObserver(forName: Self.background, object: nil, queue: nil) { [weak core] _ in core?.sleep() }]
            + Self.foreground.map { name in center.addObserver(forName: name, object: nil, queue: nil) { [weak core] _ in core?.rise() } }
        #if canImport(Network)
        monitor.pathUpdateHandler = { [weak core] path in
            if path.status == .satisfied { core?.state.with { $0.link }?.hurry() }
        }
        monitor.start(queue: DispatchQueue(label: "zikr.network"))
        #endif
    }

    deinit {
        for observer in observers { NotificationCenter.default.removeObserver(observer) }
        #if canImport(Network)
        monitor.cancel()
        #endif
    }
}
