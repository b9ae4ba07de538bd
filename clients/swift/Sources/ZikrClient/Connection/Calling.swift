import Foundation

extension ZikrSocketManager {
    /// Sends an event and returns what confirms it. Without a connection it waits for one; when the connection is lost before the answer
    /// came, it is sent again. That does no harm: every event of the contract may be sent again.
    func call<Answer: Decodable & Sendable>(_ name: String, _ payload: some Encodable) async throws -> Answer {
        try await core.call(name, .ready(try Wire.encoder().encode(payload)))
    }

    /// Does the same for who does not use concurrency.
    func complete<Answer: Sendable>(_ completion: @escaping ZikrCompletion<Answer>, _ work: @escaping @Sendable (ZikrSocketManager) async throws -> Answer) {
        let generation = core.state.with { $0.generation }
        Task {
            let result: Result<Answer, ZikrError>
            do {
                result = .success(try await Core.$generation.withValue(generation) { try await work(self) })
            } catch {
                result = .failure(ZikrError(any: error))
            }
            core.callBack(generation) { completion(result) }
        }
    }

    /// Joins a group's channel: from now on its events come, in order and without a gap, through lost connections too. With `since` those
    /// after that number come first; if they are not kept any more the answer says `resync`: read the snapshot.
    ///
    /// If there is no answer in time, the group is joined when the connection comes.
    @discardableResult
    public func joinGroup(_ groupId: String, since: Int? = nil) async throws -> JoinedGroup {
        let isMeant = core.state.with { state -> Bool in
            if state.isMeant { state.channels.want(groupId, since: since) }
            return state.isMeant
        }
        guard isMeant else { throw ZikrError.disconnected }
        do {
            return try await core.call("join_group", .join(groupId))
        } catch {
            if !ZikrError(any: error).isPassing { core.state.with { $0.channels.forget(groupId) } }
            throw error
        }
    }

    /// Joins a group's channel: calls back with the answer.
    public func joinGroup(_ groupId: String, since: Int? = nil, completion: @escaping ZikrCompletion<JoinedGroup>) {
        complete(completion) { try await $0.joinGroup(groupId, since: since) }
    }

    /// Leaves a group's channel: others see the user offline there.
    @discardableResult
    public func leaveGroup(_ groupId: String) async throws -> LeftGroup {
        core.state.with { $0.channels.leave(groupId) }
        return try await call("leave_group", LeaveGroup(groupId: groupId))
    }

    /// Leaves a group's channel: calls back with the answer.
    public func leaveGroup(_ groupId: String, completion: @escaping ZikrCompletion<LeftGroup>) {
        complete(completion) { try await $0.leaveGroup(groupId) }
    }

    /// The number of the last event of this group that came; nil before it is joined.
    public func seen(_ groupId: String) -> Int? { core.state.with { $0.channels.seen(groupId) } }
}

extension Core {
    func call<Answer: Decodable & Sendable>(_ name: String, _ payload: Call.Payload, timeout: TimeInterval? = nil) async throws -> Answer {
        let (id, generation, patience) = state.with { ($0.number(), Self.generation ?? $0.generation, timeout ?? $0.configuration.callTimeout) }
        let answer = try await within(patience) { [self] in
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    begin(id, Call(name: name, payload: payload) { continuation.resume(with: $0) }, generation)
                }
            } onCancel: {
                state.with { $0.calls.removeValue(forKey: id) }?.finish(.failure(.timedOut))
            }
        }
        do {
            return try Wire.decoder().decode(Acknowledgement<Answer>.self, from: answer).result.get()
        } catch {
            throw ZikrError(any: error)
        }
    }

    private func begin(_ id: Int, _ call: Call, _ generation: Int) {
        let error = state.with { state -> ZikrError? in
            if Task.isCancelled { return .timedOut }
            guard state.link != nil, state.generation == generation else { return .disconnected }
            if case .refused(let error) = state.status { return error }
            if state.calls.count >= Self.mostCalls { return .refused(.tooManyCalls) }
            if case .ready(let data) = call.payload, let session = state.session, data.count + 200 > session.maxPayload { return .refused(.tooLarge) }
            state.calls[id] = call
            state.send(id)
            return nil
        }
        if let error { call.finish(.failure(error)) }
    }
}

extension ZikrRefusal {
    static let tooManyCalls = ZikrRefusal(code: .rateLimited, message: "\(Core.mostCalls) calls wait for their answers already.", retryAfterMs: 1_000)
    static let tooLarge = ZikrRefusal(code: .payloadTooLarge, message: "This is larger than what the server takes in one message.")
}
