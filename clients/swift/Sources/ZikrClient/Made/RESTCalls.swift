// Made by clients/swift/generate from what the server says of itself. Do not edit: make generate.

import Foundation

extension ZikrREST {
    /// Read what admins of the platform did.
    /// - Parameter cursor: the cursor of the page before; none for the first page.
    /// - Parameter limit: how many items at most.
    @discardableResult
    public func listActs(cursor: String? = nil, limit: Int? = nil) async throws -> ListActItem {
        try await json("GET", "admin/audit", query: [("cursor", text(cursor)), ("limit", text(limit))])
    }

    /// Find groups, private ones too.
    /// - Parameter cursor: the cursor of the page before; none for the first page.
    /// - Parameter limit: how many items at most.
    /// - Parameter q: a part of the name; none for all.
    @discardableResult
    public func findGroups(cursor: String? = nil, limit: Int? = nil, q: String? = nil) async throws -> ListGroupItem {
        try await json("GET", "admin/groups", query: [("cursor", text(cursor)), ("limit", text(limit)), ("q", text(q))])
    }

    /// Delete a group.
    public func endGroup(_ groupId: String) async throws {
        try await nothing("DELETE", "admin/groups/\(escaped(groupId))")
    }

    /// Read a group's snapshot.
    @discardableResult
    public func showGroup(_ groupId: String) async throws -> Snapshot {
        try await json("GET", "admin/groups/\(escaped(groupId))")
    }

    /// Make a member the group's admin.
    @discardableResult
    public func handOverGroup(_ groupId: String, _ body: AdminGroupChange) async throws -> Snapshot {
        try await json("PATCH", "admin/groups/\(escaped(groupId))", body: body)
    }

    /// Find accounts.
    /// - Parameter cursor: the cursor of the page before; none for the first page.
    /// - Parameter limit: how many items at most.
    /// - Parameter q: an id, an email, a phone, or the beginning of a name; none for all.
    @discardableResult
    public func findAccounts(cursor: String? = nil, limit: Int? = nil, q: String? = nil) async throws -> ListAdminUser {
        try await json("GET", "admin/users", query: [("cursor", text(cursor)), ("limit", text(limit)), ("q", text(q))])
    }

    /// Make an account for somebody.
    @discardableResult
    public func addAccount(_ body: Registration) async throws -> AdminUser {
        try await json("POST", "admin/users", body: body)
    }

    /// Delete an account and all of its personal data.
    public func deleteAccount(_ userId: String) async throws {
        try await nothing("DELETE", "admin/users/\(escaped(userId))")
    }

    /// Read an account.
    @discardableResult
    public func showAccount(_ userId: String) async throws -> AdminProfile {
        try await json("GET", "admin/users/\(escaped(userId))")
    }

    /// Rename, suspend or make an admin, set a new password.
    @discardableResult
    public func changeAccount(_ userId: String, _ body: AdminChange) async throws -> AdminProfile {
        try await json("PATCH", "admin/users/\(escaped(userId))", body: body)
    }

    /// End all sessions of an account.
    public func endAccountSessions(_ userId: String) async throws {
        try await nothing("DELETE", "admin/users/\(escaped(userId))/sessions")
    }

    /// Come in by a link as a guest: make an account without email and password.
    @discardableResult
    public func registerGuest(_ body: NewGuest) async throws -> SignedIn {
        try await json("POST", "auth/guest", body: body)
    }

    /// Sign in with email or phone.
    @discardableResult
    public func login(_ body: Credentials) async throws -> SignedIn {
        try await json("POST", "auth/login", body: body)
    }

    /// End the own session.
    public func logout() async throws {
        try await nothing("POST", "auth/logout")
    }

    /// Make an account and sign in.
    @discardableResult
    public func register(_ body: Registration) async throws -> SignedIn {
        try await json("POST", "auth/register", body: body)
    }

    /// Get a new token of the own session, before the one that there is ends.
    @discardableResult
    public func renew(_ body: Renewal = Renewal()) async throws -> SignedIn {
        try await json("POST", "auth/renew", body: body)
    }

    /// Give a booked pora back.
    @discardableResult
    public func releasePora(_ bookingId: String) async throws -> ReleaseConfirmed {
        try await json("DELETE", "bookings/\(escaped(bookingId))")
    }

    /// Give a reader more time.
    @discardableResult
    public func giveTime(_ bookingId: String, _ body: BookingDate) async throws -> BookingConfirmed {
        try await json("PATCH", "bookings/\(escaped(bookingId))", body: body)
    }

    /// Mark a booked pora as read.
    @discardableResult
    public func completePora(_ bookingId: String) async throws -> CompletionConfirmed {
        try await json("POST", "bookings/\(escaped(bookingId))/complete")
    }

    /// Remind the holder of a booked pora.
    @discardableResult
    public func remindPora(_ bookingId: String) async throws -> ReminderSent {
        try await json("POST", "bookings/\(escaped(bookingId))/remind")
    }

    /// Take back that a pora was read.
    @discardableResult
    public func reopenPora(_ bookingId: String) async throws -> ReopenConfirmed {
        try await json("POST", "bookings/\(escaped(bookingId))/reopen")
    }

    /// Take a counting back.
    /// - Parameter countId: the id of its zikr_update_confirmed.
    @discardableResult
    public func undoCount(_ countId: String) async throws -> ZikrUpdateConfirmed {
        try await json("POST", "counts/\(escaped(countId))/undo")
    }

    /// List the own groups.
    /// - Parameter cursor: the cursor of the page before; none for the first page.
    /// - Parameter limit: how many items at most.
    @discardableResult
    public func listGroups(cursor: String? = nil, limit: Int? = nil) async throws -> ListGroupItem {
        try await json("GET", "groups", query: [("cursor", text(cursor)), ("limit", text(limit))])
    }

    /// Make a group and become its admin.
    @discardableResult
    public func createGroup(_ body: NewGroup) async throws -> Snapshot {
        try await json("POST", "groups", body: body)
    }

    /// List public groups.
    /// - Parameter cursor: the cursor of the page before; none for the first page.
    /// - Parameter limit: how many items at most.
    /// - Parameter q: a part of the name; none for all.
    @discardableResult
    public func listPublicGroups(cursor: String? = nil, limit: Int? = nil, q: String? = nil) async throws -> ListGroupItem {
        try await json("GET", "groups/public", query: [("cursor", text(cursor)), ("limit", text(limit)), ("q", text(q))])
    }

    /// Delete a group.
    public func deleteGroup(_ groupId: String) async throws {
        try await nothing("DELETE", "groups/\(escaped(groupId))")
    }

    /// Read a group's snapshot.
    @discardableResult
    public func getGroup(_ groupId: String) async throws -> Snapshot {
        try await json("GET", "groups/\(escaped(groupId))")
    }

    /// Change a group.
    @discardableResult
    public func updateGroup(_ groupId: String, _ body: GroupChange) async throws -> Snapshot {
        try await json("PATCH", "groups/\(escaped(groupId))", body: body)
    }

    /// List who is banned from a group.
    /// - Parameter cursor: the cursor of the page before; none for the first page.
    /// - Parameter limit: how many items at most.
    @discardableResult
    public func listBans(_ groupId: String, cursor: String? = nil, limit: Int? = nil) async throws -> ListBanItem {
        try await json("GET", "groups/\(escaped(groupId))/bans", query: [("cursor", text(cursor)), ("limit", text(limit))])
    }

    /// Let a banned user in again.
    public func unbanUser(_ groupId: String, userId: String) async throws {
        try await nothing("DELETE", "groups/\(escaped(groupId))/bans/\(escaped(userId))")
    }

    /// Remove a user from a group, and keep them out.
    @discardableResult
    public func banUser(_ groupId: String, userId: String) async throws -> BanItem {
        try await json("PUT", "groups/\(escaped(groupId))/bans/\(escaped(userId))")
    }

    /// Book a pora of an open hatm.
    @discardableResult
    public func bookPora(_ groupId: String, _ body: PoraChoice) async throws -> BookingConfirmed {
        try await json("POST", "groups/\(escaped(groupId))/bookings", body: body)
    }

    /// Read what was counted and completed in a group, by day.
    /// - Parameter from: the first day; 30 days are given by default, 400 at most.
    /// - Parameter to: the last day; by default today.
    @discardableResult
    public func listGroupDays(_ groupId: String, from: String? = nil, to: String? = nil) async throws -> History {
        try await json("GET", "groups/\(escaped(groupId))/days", query: [("from", text(from)), ("to", text(to))])
    }

    /// Read a group's event log.
    /// - Parameter since: the last seq that was seen: what came after it is answered.
    /// - Parameter limit: how many events at most.
    @discardableResult
    public func listEvents(_ groupId: String, since: Int? = nil, limit: Int? = nil) async throws -> EventPage {
        try await json("GET", "groups/\(escaped(groupId))/events", query: [("since", text(since)), ("limit", text(limit))])
    }

    /// List a group's hatms, newest first, with who read what.
    /// - Parameter cursor: the cursor of the page before; none for the first page.
    /// - Parameter limit: how many items at most.
    @discardableResult
    public func listHatms(_ groupId: String, cursor: String? = nil, limit: Int? = nil) async throws -> ListHatmItem {
        try await json("GET", "groups/\(escaped(groupId))/hatms", query: [("cursor", text(cursor)), ("limit", text(limit))])
    }

    /// Set the date of an open hatm.
    @discardableResult
    public func dateHatm(_ groupId: String, hatmNumber: Int, _ body: HatmDate) async throws -> HatmItem {
        try await json("PATCH", "groups/\(escaped(groupId))/hatms/\(escaped(hatmNumber))", body: body)
    }

    /// Open a hatm again that was completed wrongly.
    @discardableResult
    public func reopenHatm(_ groupId: String, hatmNumber: Int) async throws -> HatmItem {
        try await json("POST", "groups/\(escaped(groupId))/hatms/\(escaped(hatmNumber))/reopen")
    }

    /// Share the free poras of a hatm out among members.
    @discardableResult
    public func shareHatm(_ groupId: String, hatmNumber: Int, _ body: ShareOut) async throws -> SharedOut {
        try await json("POST", "groups/\(escaped(groupId))/hatms/\(escaped(hatmNumber))/share", body: body)
    }

    /// Invite a user into a group.
    @discardableResult
    public func invite(_ groupId: String, _ body: Invitee) async throws -> InvitationSent {
        try await json("POST", "groups/\(escaped(groupId))/invitations", body: body)
    }

    /// Become a member of a public group.
    @discardableResult
    public func joinGroup(_ groupId: String) async throws -> Snapshot {
        try await json("POST", "groups/\(escaped(groupId))/join")
    }

    /// End the own membership.
    public func leaveGroup(_ groupId: String) async throws {
        try await nothing("POST", "groups/\(escaped(groupId))/leave")
    }

    /// List a group's links that let people in.
    @discardableResult
    public func listLinks(_ groupId: String) async throws -> ListLinkItem {
        try await json("GET", "groups/\(escaped(groupId))/links")
    }

    /// Make a link into a group.
    @discardableResult
    public func createLink(_ groupId: String, _ body: NewLink) async throws -> LinkItem {
        try await json("POST", "groups/\(escaped(groupId))/links", body: body)
    }

    /// End a link.
    /// - Parameter code: as it stands in the link, or as people type it.
    public func endLink(_ groupId: String, code: String) async throws {
        try await nothing("DELETE", "groups/\(escaped(groupId))/links/\(escaped(code))")
    }

    /// Make a member who has no login.
    @discardableResult
    public func addMember(_ groupId: String, _ body: NewMember) async throws -> MemberItem {
        try await json("POST", "groups/\(escaped(groupId))/members", body: body)
    }

    /// End a member's membership.
    public func removeMember(_ groupId: String, userId: String) async throws {
        try await nothing("DELETE", "groups/\(escaped(groupId))/members/\(escaped(userId))")
    }

    /// Change the name of a member who has no login.
    @discardableResult
    public func renameMember(_ groupId: String, userId: String, _ body: MemberChange) async throws -> MemberItem {
        try await json("PATCH", "groups/\(escaped(groupId))/members/\(escaped(userId))", body: body)
    }

    /// Take back what a member did since a moment.
    @discardableResult
    public func undoMember(_ groupId: String, userId: String, _ body: MemberUndo) async throws -> MemberUndone {
        try await json("POST", "groups/\(escaped(groupId))/members/\(escaped(userId))/undo", body: body)
    }

    /// Add a zikr to a group.
    @discardableResult
    public func createZikr(_ groupId: String, _ body: NewZikr) async throws -> ZikrItem {
        try await json("POST", "groups/\(escaped(groupId))/zikrs", body: body)
    }

    /// Take a zikr out of its group.
    public func deleteZikr(_ groupId: String, zikrId: String) async throws {
        try await nothing("DELETE", "groups/\(escaped(groupId))/zikrs/\(escaped(zikrId))")
    }

    /// Change a zikr.
    @discardableResult
    public func updateZikr(_ groupId: String, zikrId: String, _ body: ZikrChange) async throws -> ZikrItem {
        try await json("PATCH", "groups/\(escaped(groupId))/zikrs/\(escaped(zikrId))", body: body)
    }

    /// Add to the count of a zikr.
    @discardableResult
    public func countZikr(_ groupId: String, zikrId: String, _ body: Counting) async throws -> ZikrUpdateConfirmed {
        try await json("POST", "groups/\(escaped(groupId))/zikrs/\(escaped(zikrId))/counts", body: body)
    }

    /// Read what a link leads to.
    /// - Parameter code: as it stands in the link, or as people type it.
    @discardableResult
    public func getLink(_ code: String) async throws -> LinkPage {
        try await json("GET", "links/\(escaped(code))")
    }

    /// Become a member by a link.
    /// - Parameter code: as it stands in the link, or as people type it.
    @discardableResult
    public func joinByLink(_ code: String) async throws -> Snapshot {
        try await json("POST", "links/\(escaped(code))/join")
    }

    /// Read a link as a QR code (PNG).
    /// - Parameter code: as it stands in the link, or as people type it.
    /// - Parameter size: the width in pixels at the least.
    @discardableResult
    public func linkQRPNG(_ code: String, size: Int? = nil) async throws -> Data {
        try await bytes("GET", "links/\(escaped(code))/qr.png", query: [("size", text(size))])
    }

    /// Read a link as a QR code (SVG).
    /// - Parameter code: as it stands in the link, or as people type it.
    /// - Parameter size: the width in pixels at the least.
    @discardableResult
    public func linkQRSVG(_ code: String, size: Int? = nil) async throws -> Data {
        try await bytes("GET", "links/\(escaped(code))/qr.svg", query: [("size", text(size))])
    }

    /// Delete the own account and all of its personal data.
    public func deleteMe(_ body: Confirmation = Confirmation()) async throws {
        try await nothing("DELETE", "me", body: body)
    }

    /// Read the own account.
    @discardableResult
    public func getMe() async throws -> Profile {
        try await json("GET", "me")
    }

    /// Change the own account.
    @discardableResult
    public func updateMe(_ body: ProfileChange) async throws -> Profile {
        try await json("PATCH", "me", body: body)
    }

    /// List whom one blocks.
    /// - Parameter cursor: the cursor of the page before; none for the first page.
    /// - Parameter limit: how many items at most.
    @discardableResult
    public func listBlocks(cursor: String? = nil, limit: Int? = nil) async throws -> ListBlockItem {
        try await json("GET", "me/blocks", query: [("cursor", text(cursor)), ("limit", text(limit))])
    }

    /// Let a user's invitations through again.
    public func unblockUser(_ userId: String) async throws {
        try await nothing("DELETE", "me/blocks/\(escaped(userId))")
    }

    /// Keep a user's invitations away.
    public func blockUser(_ userId: String) async throws {
        try await nothing("PUT", "me/blocks/\(escaped(userId))")
    }

    /// Read what one counted and completed, by day.
    /// - Parameter from: the first day; 30 days are given by default, 400 at most.
    /// - Parameter to: the last day; by default today.
    @discardableResult
    public func listMyDays(from: String? = nil, to: String? = nil) async throws -> History {
        try await json("GET", "me/days", query: [("from", text(from)), ("to", text(to))])
    }

    /// Read all that is stored about oneself.
    @discardableResult
    public func exportMe() async throws -> Export {
        try await json("GET", "me/export")
    }

    /// End all sessions but this one, and every token that belongs to none.
    public func endOtherSessions() async throws {
        try await nothing("DELETE", "me/sessions")
    }

    /// List where one is logged in.
    @discardableResult
    public func listSessions() async throws -> ListSessionItem {
        try await json("GET", "me/sessions")
    }

    /// End a session of one's own.
    public func endSession(_ sessionId: String) async throws {
        try await nothing("DELETE", "me/sessions/\(escaped(sessionId))")
    }

    /// List the own notifications.
    /// - Parameter cursor: the cursor of the page before; none for the first page.
    /// - Parameter limit: how many items at most.
    /// - Parameter unread: true leaves out what was read.
    @discardableResult
    public func listNotifications(cursor: String? = nil, limit: Int? = nil, unread: Bool? = nil) async throws -> ListNotificationItem {
        try await json("GET", "notifications", query: [("cursor", text(cursor)), ("limit", text(limit)), ("unread", text(unread))])
    }

    /// Mark a notification as read.
    @discardableResult
    public func readNotification(_ id: String) async throws -> NotificationMarkedRead {
        try await json("POST", "notifications/\(escaped(id))/read")
    }

    /// Accept or reject an invitation.
    @discardableResult
    public func respond(_ id: String, _ body: InvitationAnswer) async throws -> InvitationResponded {
        try await json("POST", "notifications/\(escaped(id))/respond", body: body)
    }

    /// List the 30 poras.
    @discardableResult
    public func listPoras() async throws -> ListPora {
        try await json("GET", "poras")
    }

    /// Find users by name, or by exact email or phone.
    /// - Parameter q: the beginning of a name, or a whole email or phone.
    @discardableResult
    public func findUsers(q: String? = nil) async throws -> ListUserItem {
        try await json("GET", "users", query: [("q", text(q))])
    }

    /// List common zikrs.
    @discardableResult
    public func listZikrs() async throws -> ListCommonZikr {
        try await json("GET", "zikrs")
    }
}
