import Foundation
import ZikrClient

/// Signing in, and how the connection stands.
@MainActor public final class AccountModel: Model {
    public private(set) var status = ZikrStatus.disconnected
    public private(set) var isSignedIn = false

    override public init(_ zikr: ZikrSocketManager) { super.init(zikr) }

    public func signIn(login: String, password: String) async {
        await attempt {
            let signed = try await zikr.rest.login(Credentials(login: login, password: password))
            zikr.connect(withToken: signed.token)
            change { isSignedIn = true }
        }
    }

    /// Unsent taps stay on the device, and are sent when the same person signs in again.
    public func signOut() {
        zikr.disconnect()
        change { isSignedIn = false }
    }

    /// Follows the connection until the person signs out.
    public func follow() async {
        for await status in zikr.statuses { change { self.status = status } }
        change { status = .disconnected }
    }
}

/// The groups of a person.
@MainActor public final class GroupsModel: Model {
    public private(set) var groups: [GroupItem] = []

    override public init(_ zikr: ZikrSocketManager) { super.init(zikr) }

    public func load() async {
        await attempt {
            var all: [GroupItem] = []
            var cursor: String?
            repeat {
                let page = try await zikr.rest.listGroups(cursor: cursor)
                all += page.items
                cursor = page.cursor
            } while cursor != nil
            change { groups = all }
        }
    }

    /// Loads, and loads again when the person becomes a member or leaves.
    public func follow() async {
        await load()
        for await event in zikr.events {
            switch event {
            case .invitationResponded, .groupDeleted, .leftGroup, .missed: await load()
            default: break
            }
        }
    }
}

/// The thirty poras of a group.
@MainActor public final class BoardModel: Model {
    public let groupID: String
    public private(set) var group: GroupState?

    public init(_ zikr: ZikrSocketManager, groupID: String) {
        self.groupID = groupID
        super.init(zikr)
    }

    public var poras: [PoraItem] { group?.snapshot.poras ?? [] }
    public var read: Int { poras.filter { $0.status == .completed }.count }
    public var online: Int { group?.snapshot.members.filter(\.online).count ?? 0 }

    public func isMine(_ pora: PoraItem) -> Bool { pora.userId != nil && pora.userId == group?.userID }

    /// Shows the group until the view goes away or the person signs out.
    public func follow() async {
        await attempt { for try await state in zikr.watch(groupID, from: group) { change { group = state } } }
    }

    /// A free pora becomes the person's; one that is the person's is done.
    public func tapped(_ pora: PoraItem) async {
        await attempt {
            switch pora.status {
            case .available: try await zikr.bookPora(pora.poraId, in: groupID)
            case .booked: if isMine(pora), let booking = pora.bookingId { try await zikr.completePora(booking) }
            default: break
            }
        }
    }

    public func giveBack(_ pora: PoraItem) async {
        await attempt { if let booking = pora.bookingId { try await zikr.releasePora(booking) } }
    }
}

/// One zikr, counted by tapping.
@MainActor public final class CounterModel: Model {
    public let groupID: String
    public let zikrID: String
    public private(set) var item: ZikrItem?
    public private(set) var unsent = 0
    public private(set) var refused: [TapBatch] = []

    public init(_ zikr: ZikrSocketManager, groupID: String, zikrID: String) {
        self.groupID = groupID
        self.zikrID = zikrID
        super.init(zikr)
    }

    /// What the person counted: what the server has, and what is on the way.
    public var mine: Int { (item?.myCount ?? 0) + unsent }
    public var total: Int { (item?.totalCount ?? 0) + unsent }

    public func follow() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.followGroup() }
            group.addTask { await self.followTaps() }
        }
    }

    private func followGroup() async {
        await attempt {
            for try await state in zikr.watch(groupID) {
                change { item = state.snapshot.zikrs.first { $0.zikrId == zikrID } }
            }
        }
    }

    private func followTaps() async {
        for await _ in zikr.tapChanges {
            guard let queue = try? await zikr.tapQueue() else { return }
            let target = TapTarget(groupId: groupID, zikrId: zikrID)
            change {
                unsent = queue.unsent(target)
                refused = queue.refused.filter { $0.target == target }
            }
        }
    }

    public func tap() async { await attempt { _ = try await zikr.tap(zikrID, in: groupID) } }
    public func undo() async { await attempt { _ = try await zikr.takeBack(zikrID, in: groupID) } }

    /// The person has read why these will never count.
    public func dismissRefused() async {
        await attempt {
            let queue = try await zikr.tapQueue()
            for batch in refused { try await queue.drop(batch) }
            change { refused = [] }
        }
    }
}
