// Made by clients/swift/generate from what the server says of itself. Do not edit: make generate.

import Foundation

extension ZikrSocketManager {
    /// Book a pora of an open hatm for reading.
    /// - Parameter poraId: "1" to "30".
    /// - Parameter forUserId: admin only: the member whose booking it is.
    /// - Parameter hatmNumber: an open hatm; without it the oldest in which the pora is free.
    @discardableResult
    public func bookPora(_ poraId: String, in groupId: String, forUserId: String? = nil, hatmNumber: Int? = nil) async throws -> BookingConfirmed {
        try await call("book_pora", BookPora(poraId: poraId, groupId: groupId, forUserId: forUserId, hatmNumber: hatmNumber))
    }

    /// Book a pora of an open hatm for reading: calls back with the answer.
    public func bookPora(_ poraId: String, in groupId: String, forUserId: String? = nil, hatmNumber: Int? = nil, completion: @escaping ZikrCompletion<BookingConfirmed>) {
        complete(completion) { try await $0.call("book_pora", BookPora(poraId: poraId, groupId: groupId, forUserId: forUserId, hatmNumber: hatmNumber)) }
    }

    /// Mark a booked pora as read.
    @discardableResult
    public func completePora(_ bookingId: String) async throws -> CompletionConfirmed {
        try await call("complete_pora", CompletePora(bookingId: bookingId))
    }

    /// Mark a booked pora as read: calls back with the answer.
    public func completePora(_ bookingId: String, completion: @escaping ZikrCompletion<CompletionConfirmed>) {
        complete(completion) { try await $0.call("complete_pora", CompletePora(bookingId: bookingId)) }
    }

    /// Ask for the unread notifications.
    @discardableResult
    public func getNotifications() async throws -> [NotificationItem] {
        try await call("get_notifications", GetNotifications())
    }

    /// Ask for the unread notifications: calls back with the answer.
    public func getNotifications(completion: @escaping ZikrCompletion<[NotificationItem]>) {
        complete(completion) { try await $0.call("get_notifications", GetNotifications()) }
    }

    /// Mark a notification as read.
    @discardableResult
    public func markNotificationRead(_ notificationId: String) async throws -> NotificationMarkedRead {
        try await call("mark_notification_read", MarkNotificationRead(notificationId: notificationId))
    }

    /// Mark a notification as read: calls back with the answer.
    public func markNotificationRead(_ notificationId: String, completion: @escaping ZikrCompletion<NotificationMarkedRead>) {
        complete(completion) { try await $0.call("mark_notification_read", MarkNotificationRead(notificationId: notificationId)) }
    }

    /// Give a booked pora back.
    @discardableResult
    public func releasePora(_ bookingId: String) async throws -> ReleaseConfirmed {
        try await call("release_pora", ReleasePora(bookingId: bookingId))
    }

    /// Give a booked pora back: calls back with the answer.
    public func releasePora(_ bookingId: String, completion: @escaping ZikrCompletion<ReleaseConfirmed>) {
        complete(completion) { try await $0.call("release_pora", ReleasePora(bookingId: bookingId)) }
    }

    /// Remind the holder of a booked pora, as the group's admin: once a day.
    @discardableResult
    public func remindPora(_ bookingId: String) async throws -> ReminderSent {
        try await call("remind_pora", RemindPora(bookingId: bookingId))
    }

    /// Remind the holder of a booked pora, as the group's admin: once a day: calls back with the answer.
    public func remindPora(_ bookingId: String, completion: @escaping ZikrCompletion<ReminderSent>) {
        complete(completion) { try await $0.call("remind_pora", RemindPora(bookingId: bookingId)) }
    }

    /// Take back that a pora was read, while its hatm is open.
    @discardableResult
    public func reopenPora(_ bookingId: String) async throws -> ReopenConfirmed {
        try await call("reopen_pora", ReopenPora(bookingId: bookingId))
    }

    /// Take back that a pora was read, while its hatm is open: calls back with the answer.
    public func reopenPora(_ bookingId: String, completion: @escaping ZikrCompletion<ReopenConfirmed>) {
        complete(completion) { try await $0.call("reopen_pora", ReopenPora(bookingId: bookingId)) }
    }

    /// Accept or reject an invitation.
    @discardableResult
    public func respondToInvitation(_ notificationId: String, accept: Bool) async throws -> InvitationResponded {
        try await call("respond_to_invitation", RespondToInvitation(notificationId: notificationId, accept: accept))
    }

    /// Accept or reject an invitation: calls back with the answer.
    public func respondToInvitation(_ notificationId: String, accept: Bool, completion: @escaping ZikrCompletion<InvitationResponded>) {
        complete(completion) { try await $0.call("respond_to_invitation", RespondToInvitation(notificationId: notificationId, accept: accept)) }
    }

    /// Invite a user into a group.
    @discardableResult
    public func sendInvitation(_ receiverId: String, in groupId: String) async throws -> InvitationSent {
        try await call("send_invitation", SendInvitation(receiverId: receiverId, groupId: groupId))
    }

    /// Invite a user into a group: calls back with the answer.
    public func sendInvitation(_ receiverId: String, in groupId: String, completion: @escaping ZikrCompletion<InvitationSent>) {
        complete(completion) { try await $0.call("send_invitation", SendInvitation(receiverId: receiverId, groupId: groupId)) }
    }

    /// Take a counting back.
    /// - Parameter id: that of the zikr_update_confirmed.
    @discardableResult
    public func undoZikrCount(_ id: String) async throws -> ZikrUpdateConfirmed {
        try await call("undo_zikr_count", UndoZikrCount(id: id))
    }

    /// Take a counting back: calls back with the answer.
    public func undoZikrCount(_ id: String, completion: @escaping ZikrCompletion<ZikrUpdateConfirmed>) {
        complete(completion) { try await $0.call("undo_zikr_count", UndoZikrCount(id: id)) }
    }

    /// Add to the count of a zikr.
    /// - Parameter count: 1 to 100,000: what is added.
    /// - Parameter forUserId: whose counting it is: a member's, for whom the admin counts.
    /// - Parameter opId: made up by the client for one counting: sent again, it adds nothing.
    @discardableResult
    public func updateZikrCount(_ zikrId: String, in groupId: String, count: Int, forUserId: String? = nil, opId: String? = UUID().uuidString) async throws -> ZikrUpdateConfirmed {
        try await call("update_zikr_count", UpdateZikrCount(groupId: groupId, zikrId: zikrId, count: count, forUserId: forUserId, opId: opId))
    }

    /// Add to the count of a zikr: calls back with the answer.
    public func updateZikrCount(_ zikrId: String, in groupId: String, count: Int, forUserId: String? = nil, opId: String? = UUID().uuidString, completion: @escaping ZikrCompletion<ZikrUpdateConfirmed>) {
        complete(completion) { try await $0.call("update_zikr_count", UpdateZikrCount(groupId: groupId, zikrId: zikrId, count: count, forUserId: forUserId, opId: opId)) }
    }
}
