import Foundation

// Who reads: streams and closures; and what the app's state does to the link.

extension Core {
    func stream(of groupID: String?) -> ZikrStream<ZikrEvent> {
        let (id, mailbox) = state.with { state -> (Int, Mailbox<ZikrEvent>) in
            let id = state.number()
            let mailbox = Mailbox<ZikrEvent>(capacity: state.configuration.streamCapacity, overflow: .tell(.missed(groupId: groupID)))
            state.readers[id] = Reader(groupID: groupID, mailbox: mailbox)
            return (id, mailbox)
        }
        return ZikrStream(source: .init(mailbox) { [weak self] in self?.state.with { $0.readers[id] = nil } })
    }

    func statusStream() -> ZikrStream<ZikrStatus> {
        let (id, mailbox) = state.with { state -> (Int, Mailbox<ZikrStatus>) in
            let id = state.number()
            let mailbox = Mailbox<ZikrStatus>(capacity: 16, overflow: .keepNewest)
            mailbox.put(state.status)
            state.statusReaders[id] = mailbox
            return (id, mailbox)
        }
        return ZikrStream(source: .init(mailbox) { [weak self] in self?.state.with { $0.statusReaders[id] = nil } })
    }

    func listen(_ closure: @escaping @Sendable (ZikrEvent) -> Void) -> ZikrSubscription {
        let id = state.with { state -> Int in
            let id = state.number()
            state.listeners[id] = closure
            return id
        }
        return ZikrSubscription { [weak self] in self?.state.with { _ = $0.listeners.removeValue(forKey: id) } }
    }

    func listenToStatus(_ closure: @escaping @Sendable (ZikrStatus) -> Void) -> ZikrSubscription {
        let id = state.with { state -> Int in
            let id = state.number()
            state.statusListeners[id] = closure
            return id
        }
        return ZikrSubscription { [weak self] in self?.state.with { _ = $0.statusListeners.removeValue(forKey: id) } }
    }

    func sleep() {
        state.with { state -> Link? in
            state.asleep = true
            return state.link
        }?.sleep()
    }

    func rise() {
        state.with { state -> Link? in
            state.asleep = false
            return state.link
        }?.rise()
    }
}
