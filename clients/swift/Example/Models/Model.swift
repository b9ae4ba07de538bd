import Foundation
import ZikrClient

#if canImport(Combine)
import Combine
#endif

/// What a view shows and what its buttons do. It knows no view: on Apple's systems SwiftUI observes it, and the tests do so everywhere.
@MainActor open class Model {
    #if canImport(Combine)
    public let objectWillChange = ObservableObjectPublisher()
    #endif

    /// Is called before every change.
    public var willChange: (() -> Void)?

    /// What went wrong last, as a sentence for the person.
    public internal(set) var problem: String?

    public let zikr: ZikrSocketManager

    init(_ zikr: ZikrSocketManager) { self.zikr = zikr }

    func change(_ body: () -> Void) {
        #if canImport(Combine)
        objectWillChange.send()
        #endif
        willChange?()
        body()
    }

    /// Does something, and keeps what went wrong for the person to read.
    func attempt(_ work: () async throws -> Void) async {
        do {
            try await work()
            if problem != nil { change { problem = nil } }
        } catch ZikrError.disconnected {
            // the person signed out
        } catch {
            change { problem = error.localizedDescription }
        }
    }
}

#if canImport(Combine)
extension Model: ObservableObject {}
#endif
