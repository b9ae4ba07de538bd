package rest

import (
	"errors"

	"github.com/zikr-app/zikr"
)

// routes is section 6 of the contract: every operation below /api/v1.
func (a *API) routes() error {
	a.accounts()
	a.groups()
	a.links()
	errPoras := a.hatms()
	errZikrs := a.zikrs()
	a.notifications()
	a.administration()
	return errors.Join(errPoras, errZikrs)
}

// groups is groups, their members and their log.
func (a *API) groups() {
	group := a.section("Groups", "Who reads and counts together")
	serve(group, op{"createGroup", "POST /groups", 201, "Make a group and become its admin", signedIn}, a.createGroup)
	serve(group, op{"listGroups", "GET /groups", 200, "List the own groups", signedIn}, a.listGroups)
	serve(group, op{"listPublicGroups", "GET /groups/public", 200, "List public groups", signedIn}, a.listPublicGroups)
	serve(group, op{"getGroup", "GET /groups/{groupId}", 200, "Read a group's snapshot", signedIn}, a.snapshot)
	serve(group, op{"updateGroup", "PATCH /groups/{groupId}", 200, "Change a group", signedIn}, a.updateGroup)
	serveEmpty(group, op{"deleteGroup", "DELETE /groups/{groupId}", 204, "Delete a group", signedIn}, a.deleteGroup)
	serve(group, op{"joinGroup", "POST /groups/{groupId}/join", 200, "Become a member of a public group", signedIn}, a.joinGroup)
	serveEmpty(group, op{"leaveGroup", "POST /groups/{groupId}/leave", 204, "End the own membership", signedIn}, a.leaveGroup)
	serve(group, op{"addMember", "POST /groups/{groupId}/members", 201, "Make a member who has no login", signedIn}, a.addMember)
	serve(group, op{"renameMember", "PATCH /groups/{groupId}/members/{userId}", 200, "Change the name of a member who has no login", signedIn}, a.renameMember)
	serveEmpty(group, op{"removeMember", "DELETE /groups/{groupId}/members/{userId}", 204, "End a member's membership", signedIn}, a.removeMember)
	serve(group, op{"undoMember", "POST /groups/{groupId}/members/{userId}/undo", 200, "Take back what a member did since a moment", signedIn}, a.undoMember)
	serve(group, op{"listGroupDays", "GET /groups/{groupId}/days", 200, "Read what was counted and completed in a group, by day", signedIn}, a.groupDays)
	serve(group, op{"banUser", "PUT /groups/{groupId}/bans/{userId}", 200, "Remove a user from a group, and keep them out", signedIn}, a.banUser)
	serveEmpty(group, op{"unbanUser", "DELETE /groups/{groupId}/bans/{userId}", 204, "Let a banned user in again", signedIn}, a.unbanUser)
	serve(group, op{"listBans", "GET /groups/{groupId}/bans", 200, "List who is banned from a group", signedIn}, a.listBans)
	serve(group, op{"listEvents", "GET /groups/{groupId}/events", 200, "Read a group's event log", signedIn}, a.listEvents)
}

// links is the way into a group by a link.
func (a *API) links() {
	link := a.section("Links", "In by a link, without an invitation")
	serve(link, op{"createLink", "POST /groups/{groupId}/links", 201, "Make a link into a group", signedIn}, a.createLink)
	serve(link, op{"listLinks", "GET /groups/{groupId}/links", 200, "List a group's links that let people in", signedIn}, a.listLinks)
	serveEmpty(link, op{"endLink", "DELETE /groups/{groupId}/links/{code}", 204, "End a link", signedIn}, a.endLink)
	serve(link, op{"getLink", "GET /links/{code}", 200, "Read what a link leads to", anyone}, a.linkPage)
	serve(link, op{"joinByLink", "POST /links/{code}/join", 200, "Become a member by a link", signedIn}, a.joinByLink)
	serveQR(link)
}

// hatms is the poras of a group, and the list of all poras.
func (a *API) hatms() error {
	hatm := a.section("Hatm", "The 30 poras, divided among the members")
	serve(hatm, op{"bookPora", "POST /groups/{groupId}/bookings", 201, "Book a pora of an open hatm", signedIn}, a.bookPora)
	serve(hatm, op{"completePora", "POST /bookings/{bookingId}/complete", 200, "Mark a booked pora as read", signedIn}, a.completePora)
	serve(hatm, op{"releasePora", "DELETE /bookings/{bookingId}", 200, "Give a booked pora back", signedIn}, a.releasePora)
	serve(hatm, op{"remindPora", "POST /bookings/{bookingId}/remind", 200, "Remind the holder of a booked pora", signedIn}, a.remindPora)
	serve(hatm, op{"reopenPora", "POST /bookings/{bookingId}/reopen", 200, "Take back that a pora was read", signedIn}, a.reopenPora)
	serve(hatm, op{"giveTime", "PATCH /bookings/{bookingId}", 200, "Give a reader more time", signedIn}, a.giveTime)
	serve(hatm, op{"listHatms", "GET /groups/{groupId}/hatms", 200, "List a group's hatms, newest first, with who read what", signedIn}, a.listHatms)
	serve(hatm, op{"dateHatm", "PATCH /groups/{groupId}/hatms/{hatmNumber}", 200, "Set the date of an open hatm", signedIn}, a.dateHatm)
	serve(hatm, op{"reopenHatm", "POST /groups/{groupId}/hatms/{hatmNumber}/reopen", 200, "Open a hatm again that was completed wrongly", signedIn}, a.reopenHatm)
	serve(hatm, op{"shareHatm", "POST /groups/{groupId}/hatms/{hatmNumber}/share", 200, "Share the free poras of a hatm out among members", signedIn}, a.shareHatm)
	return serveCatalogue[Pora](hatm, op{"listPoras", "GET /poras", 200, "List the 30 poras", anyone}, "data/poras.json")
}

// zikrs is what a group counts, and the list of common zikrs.
func (a *API) zikrs() error {
	count := a.section("Zikr", "What a group counts")
	serve(count, op{"createZikr", "POST /groups/{groupId}/zikrs", 201, "Add a zikr to a group", signedIn}, a.createZikr)
	serve(count, op{"updateZikr", "PATCH /groups/{groupId}/zikrs/{zikrId}", 200, "Change a zikr", signedIn}, a.updateZikr)
	serveEmpty(count, op{"deleteZikr", "DELETE /groups/{groupId}/zikrs/{zikrId}", 204, "Take a zikr out of its group", signedIn}, a.deleteZikr)
	serve(count, op{"countZikr", "POST /groups/{groupId}/zikrs/{zikrId}/counts", 200, "Add to the count of a zikr", signedIn}, a.countZikr)
	serve(count, op{"undoCount", "POST /counts/{countId}/undo", 200, "Take a counting back", signedIn}, a.undoCount)
	return serveCatalogue[CommonZikr](count, op{"listZikrs", "GET /zikrs", 200, "List common zikrs", anyone}, "data/zikrs.json")
}

// notifications is what others let one know.
func (a *API) notifications() {
	told := a.section("Invitations and notifications", "What others let one know")
	serve(told, op{"invite", "POST /groups/{groupId}/invitations", 201, "Invite a user into a group", signedIn}, a.invite)
	serve(told, op{"respond", "POST /notifications/{id}/respond", 200, "Accept or reject an invitation", signedIn}, a.respond)
	serve(told, op{"listNotifications", "GET /notifications", 200, "List the own notifications", signedIn}, a.listNotifications)
	serve(told, op{"readNotification", "POST /notifications/{id}/read", 200, "Mark a notification as read", signedIn}, a.readNotification)
}

// accounts is signing up and in, and what belongs to oneself.
func (a *API) accounts() {
	auth := a.section("Accounts", "Sign up, sign in, and what belongs to oneself")
	serve(auth, op{"register", "POST /auth/register", 201, "Make an account and sign in", anyone}, a.register)
	serve(auth, op{"login", "POST /auth/login", 200, "Sign in with email or phone", anyone}, a.login)
	serve(auth, op{"registerGuest", "POST /auth/guest", 201, "Come in by a link as a guest: make an account without email and password", anyone}, a.registerGuest)
	serve(auth, op{"renew", "POST /auth/renew", 200, "Get a new token of the own session, before the one that there is ends", signedIn}, a.renew)
	serveEmpty(auth, op{"logout", "POST /auth/logout", 204, "End the own session", signedIn}, a.logout)
	serve(auth, op{"listSessions", "GET /me/sessions", 200, "List where one is logged in", signedIn}, a.listSessions)
	serveEmpty(auth, op{"endOtherSessions", "DELETE /me/sessions", 204, "End all sessions but this one, and every token that belongs to none", signedIn}, a.endOtherSessions)
	serveEmpty(auth, op{"endSession", "DELETE /me/sessions/{sessionId}", 204, "End a session of one's own", signedIn}, a.endSession)
	serve(auth, op{"getMe", "GET /me", 200, "Read the own account", signedIn}, a.me)
	serve(auth, op{"updateMe", "PATCH /me", 200, "Change the own account", signedIn}, a.updateMe)
	serveEmpty(auth, op{"deleteMe", "DELETE /me", 204, "Delete the own account and all of its personal data", signedIn}, a.deleteMe)
	serve(auth, op{"exportMe", "GET /me/export", 200, "Read all that is stored about oneself", signedIn}, a.export)
	serveEmpty(auth, op{"blockUser", "PUT /me/blocks/{userId}", 204, "Keep a user's invitations away", signedIn}, a.blockUser)
	serveEmpty(auth, op{"unblockUser", "DELETE /me/blocks/{userId}", 204, "Let a user's invitations through again", signedIn}, a.unblockUser)
	serve(auth, op{"listBlocks", "GET /me/blocks", 200, "List whom one blocks", signedIn}, a.listBlocks)
	serve(auth, op{"listMyDays", "GET /me/days", 200, "Read what one counted and completed, by day", signedIn}, a.myDays)
	serve(auth, op{"findUsers", "GET /users", 200, "Find users by name, or by exact email or phone", signedIn}, a.findUsers)
}

// administration is what only an admin of the platform may.
func (a *API) administration() {
	s := a.section("Administration", "What only an admin of the platform may: one whom who runs the server has made one")
	serve(s, op{"findAccounts", "GET /admin/users", 200, "Find accounts", administrator}, a.findAccounts)
	serve(s, op{"addAccount", "POST /admin/users", 201, "Make an account for somebody", administrator}, a.addAccount)
	serve(s, op{"showAccount", "GET /admin/users/{userId}", 200, "Read an account", administrator}, a.showAccount)
	serve(s, op{"changeAccount", "PATCH /admin/users/{userId}", 200, "Rename, suspend or make an admin, set a new password", administrator}, a.changeAccount)
	serveEmpty(s, op{"deleteAccount", "DELETE /admin/users/{userId}", 204, "Delete an account and all of its personal data", administrator}, a.deleteAccount)
	serveEmpty(s, op{"endAccountSessions", "DELETE /admin/users/{userId}/sessions", 204, "End all sessions of an account", administrator}, a.endAccountSessions)
	serve(s, op{"findGroups", "GET /admin/groups", 200, "Find groups, private ones too", administrator}, a.allGroups)
	serve(s, op{"showGroup", "GET /admin/groups/{groupId}", 200, "Read a group's snapshot", administrator}, a.showGroup)
	serve(s, op{"handOverGroup", "PATCH /admin/groups/{groupId}", 200, "Make a member the group's admin", administrator}, a.handOverGroup)
	serveEmpty(s, op{"endGroup", "DELETE /admin/groups/{groupId}", 204, "Delete a group", administrator}, a.endGroup)
	serve(s, op{"listActs", "GET /admin/audit", 200, "Read what admins of the platform did", administrator}, a.audit)
}

// failures says how each operation may fail beside what all of its kind may
// fail with, for the document.
func failures() map[string][]zikr.Code {
	member := []zikr.Code{zikr.CodeNotMember}
	admin := []zikr.Code{zikr.CodeNotMember, zikr.CodeNotAdmin}
	link := []zikr.Code{zikr.CodeLinkNotFound, zikr.CodeLinkExpired, zikr.CodeRateLimited}
	booking := []zikr.Code{zikr.CodeBookingNotFound, zikr.CodeNotYourBooking}
	return map[string][]zikr.Code{
		"register": {zikr.CodeEmailTaken, zikr.CodePhoneTaken, zikr.CodeRegistrationClosed, zikr.CodeLinkNotFound, zikr.CodeLinkExpired, zikr.CodeRateLimited},
		"login":    {zikr.CodeBadCredentials, zikr.CodeSuspended, zikr.CodeRateLimited},
		"updateMe": {zikr.CodeBadCredentials, zikr.CodeEmailTaken, zikr.CodePhoneTaken},
		"deleteMe": {zikr.CodeBadCredentials},

		"logout": {zikr.CodeSessionNotFound}, "endSession": {zikr.CodeSessionNotFound}, "blockUser": {zikr.CodeUserNotFound, zikr.CodeLimitReached},
		"addAccount": {zikr.CodeEmailTaken, zikr.CodePhoneTaken}, "showAccount": {zikr.CodeUserNotFound}, "changeAccount": {zikr.CodeUserNotFound},
		"deleteAccount": {zikr.CodeUserNotFound}, "endAccountSessions": {zikr.CodeUserNotFound},
		"showGroup": member, "endGroup": member, "handOverGroup": {zikr.CodeNotMember, zikr.CodeUserNotFound},

		"registerGuest": {zikr.CodeGuestsNotAllowed, zikr.CodeRegistrationClosed, zikr.CodeLinkNotFound, zikr.CodeLinkExpired, zikr.CodeRateLimited},
		"createLink":    append(admin, zikr.CodeLimitReached), "listLinks": admin, "endLink": append(admin, zikr.CodeLinkNotFound),
		"getLink": link, "joinByLink": link, "linkQRSVG": link, "linkQRPNG": link,

		"createGroup": {zikr.CodeLimitReached, zikr.CodeGuestsNotAllowed}, "joinGroup": append(member, zikr.CodeBanned, zikr.CodeLimitReached),
		"getGroup": member, "leaveGroup": member, "listEvents": member, "deleteGroup": admin,
		"updateGroup": append(admin, zikr.CodeUserNotFound, zikr.CodeLimitReached),
		"banUser":     append(admin, zikr.CodeUserNotFound, zikr.CodeLimitReached), "unbanUser": admin, "listBans": admin,
		"removeMember": append(admin, zikr.CodeUserNotFound),
		"undoMember":   append(admin, zikr.CodeUserNotFound), "listGroupDays": member,
		"addMember":    admin,
		"renameMember": append(admin, zikr.CodeUserNotFound),

		"bookPora": append(admin, zikr.CodeWrongGroupType, zikr.CodePoraNotFound, zikr.CodeUserNotFound, zikr.CodeHatmNotFound,
			zikr.CodePoraBooked, zikr.CodePoraCompleted, zikr.CodeTooManyPoras),
		"completePora": booking,
		"releasePora":  append(booking, zikr.CodeBookingCompleted),
		"reopenPora":   append(booking, zikr.CodeHatmCompleted),
		"remindPora":   {zikr.CodeBookingNotFound, zikr.CodeNotAdmin, zikr.CodeUserNotFound, zikr.CodeBookingCompleted, zikr.CodeRateLimited},
		"giveTime":     {zikr.CodeBookingNotFound, zikr.CodeNotAdmin, zikr.CodeBookingCompleted},
		"listHatms":    member,
		"dateHatm":     append(admin, zikr.CodeHatmNotFound, zikr.CodeHatmCompleted),
		"reopenHatm":   append(admin, zikr.CodeHatmNotFound, zikr.CodeHatmCompleted),
		"shareHatm":    append(admin, zikr.CodeHatmNotFound, zikr.CodeHatmCompleted, zikr.CodeUserNotFound),

		"createZikr": append(admin, zikr.CodeLimitReached),
		"updateZikr": append(admin, zikr.CodeZikrNotFound, zikr.CodeLimitReached),
		"deleteZikr": append(admin, zikr.CodeZikrNotFound),
		"countZikr":  append(member, zikr.CodeZikrNotFound, zikr.CodeCountOutOfRange, zikr.CodeNotAdmin, zikr.CodeUserNotFound),
		"undoCount":  {zikr.CodeCountNotFound, zikr.CodeCountTooOld, zikr.CodeNotAdmin, zikr.CodeZikrNotFound},

		"invite":           append(admin, zikr.CodeUserNotFound, zikr.CodeAlreadyMember, zikr.CodeBanned, zikr.CodeInvitationPending, zikr.CodeLimitReached),
		"respond":          {zikr.CodeInvitationNotFound, zikr.CodeInvitationAnswered, zikr.CodeBanned, zikr.CodeLimitReached},
		"readNotification": {zikr.CodeNotificationMissing},
	}
}
