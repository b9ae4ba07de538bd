// Made by clients/swift/generate from what the server says of itself. Do not edit: make generate.

import Foundation

/// What the server tells: every event by its type, and those that this release does not know by their name.
public enum ZikrEvent: Hashable, Sendable {
    /// The pora is yours.
    case bookingConfirmed(BookingConfirmed)
    /// The pora is done.
    case completionConfirmed(CompletionConfirmed)
    /// The state of this connection: connected, expired or draining.
    case connectionStatus(ConnectionStatus)
    /// What was asked for was refused.
    case error(ErrorEvent)
    /// The group is gone.
    case groupDeleted(GroupDeleted)
    /// Name, goal, settings, dates, zikrs, admin or a member's name changed: read the snapshot.
    case groupUpdated(GroupUpdated)
    /// All 30 poras of a hatm were read.
    case hatmCompleted(HatmCompleted)
    /// The next hatm is open, with 30 free poras.
    case hatmOpened(HatmOpened)
    /// A hatm that was completed is open again, with its 30 poras done.
    case hatmReopened(HatmReopened)
    /// An invitation that this user sent was accepted.
    case invitationAccepted(InvitationAccepted)
    /// An invitation that this user sent was rejected.
    case invitationRejected(InvitationRejected)
    /// The answer is stored.
    case invitationResponded(InvitationResponded)
    /// The invitation waits for its receiver.
    case invitationSent(InvitationSent)
    /// The channel was joined.
    case joinedGroup(JoinedGroup)
    /// The channel was left, or this user is no longer in the group.
    case leftGroup(LeftGroup)
    /// A member joined the group.
    case memberJoined(MemberJoined)
    /// A member left the group.
    case memberLeft(MemberLeft)
    /// An invitation arrived.
    case newInvitation(NewInvitation)
    /// A notification arrived.
    case newNotification(NewNotification)
    /// A notification is read, on this connection or on another of the user's.
    case notificationMarkedRead(NotificationMarkedRead)
    /// The unread notifications, newest first, 100 at most.
    case notifications([NotificationItem])
    /// A pora was booked.
    case poraBooked(PoraBooked)
    /// A pora was read.
    case poraCompleted(PoraCompleted)
    /// A pora is free again.
    case poraReleased(PoraReleased)
    /// A pora that was read is booked again.
    case poraReopened(PoraReopened)
    /// The pora was given back.
    case releaseConfirmed(ReleaseConfirmed)
    /// The holder was reminded.
    case reminderSent(ReminderSent)
    /// The pora is booked again.
    case reopenConfirmed(ReopenConfirmed)
    /// A user went offline in the group.
    case userOffline(UserOffline)
    /// A user came online in the group.
    case userOnline(UserOnline)
    /// A zikr was counted.
    case zikrCountUpdated(ZikrCountUpdated)
    /// The count is stored.
    case zikrUpdateConfirmed(ZikrUpdateConfirmed)
    /// More events of this group came than its reader took: read the snapshot. Made by the client, not by the server.
    case missed(groupId: String?)
    /// An event that this release does not know, or that it cannot read.
    case other(OtherEvent)
}

extension ZikrEvent {
    /// The event's name on the wire.
    public var name: String {
        switch self {
        case .bookingConfirmed: return "booking_confirmed"
        case .completionConfirmed: return "completion_confirmed"
        case .connectionStatus: return "connection_status"
        case .error: return "error"
        case .groupDeleted: return "group_deleted"
        case .groupUpdated: return "group_updated"
        case .hatmCompleted: return "hatm_completed"
        case .hatmOpened: return "hatm_opened"
        case .hatmReopened: return "hatm_reopened"
        case .invitationAccepted: return "invitation_accepted"
        case .invitationRejected: return "invitation_rejected"
        case .invitationResponded: return "invitation_responded"
        case .invitationSent: return "invitation_sent"
        case .joinedGroup: return "joined_group"
        case .leftGroup: return "left_group"
        case .memberJoined: return "member_joined"
        case .memberLeft: return "member_left"
        case .newInvitation: return "new_invitation"
        case .newNotification: return "new_notification"
        case .notificationMarkedRead: return "notification_marked_read"
        case .notifications: return "notifications"
        case .poraBooked: return "pora_booked"
        case .poraCompleted: return "pora_completed"
        case .poraReleased: return "pora_released"
        case .poraReopened: return "pora_reopened"
        case .releaseConfirmed: return "release_confirmed"
        case .reminderSent: return "reminder_sent"
        case .reopenConfirmed: return "reopen_confirmed"
        case .userOffline: return "user_offline"
        case .userOnline: return "user_online"
        case .zikrCountUpdated: return "zikr_count_updated"
        case .zikrUpdateConfirmed: return "zikr_update_confirmed"
        case .missed: return "missed"
        case .other(let event): return event.name
        }
    }

    /// The group that it is about.
    public var groupId: String? {
        switch self {
        case .bookingConfirmed: return nil
        case .completionConfirmed: return nil
        case .connectionStatus: return nil
        case .error: return nil
        case .groupDeleted(let event): return event.groupId
        case .groupUpdated(let event): return event.groupId
        case .hatmCompleted(let event): return event.groupId
        case .hatmOpened(let event): return event.groupId
        case .hatmReopened(let event): return event.groupId
        case .invitationAccepted(let event): return event.groupId
        case .invitationRejected(let event): return event.groupId
        case .invitationResponded(let event): return event.groupId
        case .invitationSent(let event): return event.groupId
        case .joinedGroup(let event): return event.groupId
        case .leftGroup(let event): return event.groupId
        case .memberJoined(let event): return event.groupId
        case .memberLeft(let event): return event.groupId
        case .newInvitation(let event): return event.groupId
        case .newNotification(let event): return event.groupId
        case .notificationMarkedRead: return nil
        case .notifications: return nil
        case .poraBooked(let event): return event.groupId
        case .poraCompleted(let event): return event.groupId
        case .poraReleased(let event): return event.groupId
        case .poraReopened(let event): return event.groupId
        case .releaseConfirmed: return nil
        case .reminderSent: return nil
        case .reopenConfirmed: return nil
        case .userOffline(let event): return event.groupId
        case .userOnline(let event): return event.groupId
        case .zikrCountUpdated(let event): return event.groupId
        case .zikrUpdateConfirmed: return nil
        case .missed(let groupId): return groupId
        case .other(let event): return event.groupId
        }
    }

    /// Its number in the log of its group; nil of what is in no log.
    public var seq: Int? {
        switch self {
        case .bookingConfirmed: return nil
        case .completionConfirmed: return nil
        case .connectionStatus: return nil
        case .error: return nil
        case .groupDeleted(let event): return event.seq
        case .groupUpdated(let event): return event.seq
        case .hatmCompleted(let event): return event.seq
        case .hatmOpened(let event): return event.seq
        case .hatmReopened(let event): return event.seq
        case .invitationAccepted: return nil
        case .invitationRejected: return nil
        case .invitationResponded: return nil
        case .invitationSent: return nil
        case .joinedGroup: return nil
        case .leftGroup: return nil
        case .memberJoined(let event): return event.seq
        case .memberLeft(let event): return event.seq
        case .newInvitation: return nil
        case .newNotification: return nil
        case .notificationMarkedRead: return nil
        case .notifications: return nil
        case .poraBooked(let event): return event.seq
        case .poraCompleted(let event): return event.seq
        case .poraReleased(let event): return event.seq
        case .poraReopened(let event): return event.seq
        case .releaseConfirmed: return nil
        case .reminderSent: return nil
        case .reopenConfirmed: return nil
        case .userOffline: return nil
        case .userOnline: return nil
        case .zikrCountUpdated(let event): return event.seq
        case .zikrUpdateConfirmed: return nil
        case .missed: return nil
        case .other(let event): return event.seq
        }
    }

    /// The payload by itself.
    public var payload: any Sendable {
        switch self {
        case .bookingConfirmed(let event): return event
        case .completionConfirmed(let event): return event
        case .connectionStatus(let event): return event
        case .error(let event): return event
        case .groupDeleted(let event): return event
        case .groupUpdated(let event): return event
        case .hatmCompleted(let event): return event
        case .hatmOpened(let event): return event
        case .hatmReopened(let event): return event
        case .invitationAccepted(let event): return event
        case .invitationRejected(let event): return event
        case .invitationResponded(let event): return event
        case .invitationSent(let event): return event
        case .joinedGroup(let event): return event
        case .leftGroup(let event): return event
        case .memberJoined(let event): return event
        case .memberLeft(let event): return event
        case .newInvitation(let event): return event
        case .newNotification(let event): return event
        case .notificationMarkedRead(let event): return event
        case .notifications(let event): return event
        case .poraBooked(let event): return event
        case .poraCompleted(let event): return event
        case .poraReleased(let event): return event
        case .poraReopened(let event): return event
        case .releaseConfirmed(let event): return event
        case .reminderSent(let event): return event
        case .reopenConfirmed(let event): return event
        case .userOffline(let event): return event
        case .userOnline(let event): return event
        case .zikrCountUpdated(let event): return event
        case .zikrUpdateConfirmed(let event): return event
        case .missed: return JSONValue.null
        case .other(let event): return event
        }
    }

    /// Reads the payload of the event with this name; nil if no such event is known.
    static func read(_ name: String, from container: inout any UnkeyedDecodingContainer) throws -> ZikrEvent? {
        switch name {
        case "booking_confirmed": return .bookingConfirmed(try container.decode(BookingConfirmed.self))
        case "completion_confirmed": return .completionConfirmed(try container.decode(CompletionConfirmed.self))
        case "connection_status": return .connectionStatus(try container.decode(ConnectionStatus.self))
        case "error": return .error(try container.decode(ErrorEvent.self))
        case "group_deleted": return .groupDeleted(try container.decode(GroupDeleted.self))
        case "group_updated": return .groupUpdated(try container.decode(GroupUpdated.self))
        case "hatm_completed": return .hatmCompleted(try container.decode(HatmCompleted.self))
        case "hatm_opened": return .hatmOpened(try container.decode(HatmOpened.self))
        case "hatm_reopened": return .hatmReopened(try container.decode(HatmReopened.self))
        case "invitation_accepted": return .invitationAccepted(try container.decode(InvitationAccepted.self))
        case "invitation_rejected": return .invitationRejected(try container.decode(InvitationRejected.self))
        case "invitation_responded": return .invitationResponded(try container.decode(InvitationResponded.self))
        case "invitation_sent": return .invitationSent(try container.decode(InvitationSent.self))
        case "joined_group": return .joinedGroup(try container.decode(JoinedGroup.self))
        case "left_group": return .leftGroup(try container.decode(LeftGroup.self))
        case "member_joined": return .memberJoined(try container.decode(MemberJoined.self))
        case "member_left": return .memberLeft(try container.decode(MemberLeft.self))
        case "new_invitation": return .newInvitation(try container.decode(NewInvitation.self))
        case "new_notification": return .newNotification(try container.decode(NewNotification.self))
        case "notification_marked_read": return .notificationMarkedRead(try container.decode(NotificationMarkedRead.self))
        case "notifications": return .notifications(try container.decode([NotificationItem].self))
        case "pora_booked": return .poraBooked(try container.decode(PoraBooked.self))
        case "pora_completed": return .poraCompleted(try container.decode(PoraCompleted.self))
        case "pora_released": return .poraReleased(try container.decode(PoraReleased.self))
        case "pora_reopened": return .poraReopened(try container.decode(PoraReopened.self))
        case "release_confirmed": return .releaseConfirmed(try container.decode(ReleaseConfirmed.self))
        case "reminder_sent": return .reminderSent(try container.decode(ReminderSent.self))
        case "reopen_confirmed": return .reopenConfirmed(try container.decode(ReopenConfirmed.self))
        case "user_offline": return .userOffline(try container.decode(UserOffline.self))
        case "user_online": return .userOnline(try container.decode(UserOnline.self))
        case "zikr_count_updated": return .zikrCountUpdated(try container.decode(ZikrCountUpdated.self))
        case "zikr_update_confirmed": return .zikrUpdateConfirmed(try container.decode(ZikrUpdateConfirmed.self))
        default: return nil
        }
    }

    /// The names of all events that this release knows.
    public static let names: [String] = [
        "booking_confirmed",
        "completion_confirmed",
        "connection_status",
        "error",
        "group_deleted",
        "group_updated",
        "hatm_completed",
        "hatm_opened",
        "hatm_reopened",
        "invitation_accepted",
        "invitation_rejected",
        "invitation_responded",
        "invitation_sent",
        "joined_group",
        "left_group",
        "member_joined",
        "member_left",
        "new_invitation",
        "new_notification",
        "notification_marked_read",
        "notifications",
        "pora_booked",
        "pora_completed",
        "pora_released",
        "pora_reopened",
        "release_confirmed",
        "reminder_sent",
        "reopen_confirmed",
        "user_offline",
        "user_online",
        "zikr_count_updated",
        "zikr_update_confirmed",
    ]
}
