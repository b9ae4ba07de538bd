package sqlstore

// spoil is a way in which a database can be wrong, and all that is to be said about it.
type spoil struct {
	name       string
	statements string
	want       []string
}

func spoils() []spoil {
	var all []spoil
	for _, some := range [][]spoil{
		userSpoils(), accountSpoils(), groupSpoils(), hatmSpoils(), countSpoils(), daySpoils(), eventSpoils(), notificationSpoils(), linkSpoils(), banSpoils(), budgetSpoils(),
		fileSpoils(),
	} {
		all = append(all, some...)
	}
	return all
}

func userSpoils() []spoil {
	return []spoil{
		{"an email twice", `DROP INDEX users_email; UPDATE users SET email = 'ali@example.org' WHERE id = 'vali1'`, []string{
			"one email belongs to 2 users, ali and vali1 among them",
		}},
		{"a phone twice", `DROP INDEX users_phone; UPDATE users SET phone = (SELECT phone FROM users WHERE id = 'ali') WHERE id = 'vali1'`, []string{
			"one phone belongs to 2 users, ali and vali1 among them",
		}},
		{"an email in capitals", `UPDATE users SET email = 'Ali@example.org' WHERE id = 'ali'`, []string{
			"user ali: the email or the phone is not in the form in which addresses are compared",
		}},
		{"an email that is none", `UPDATE users SET email = 'ali' WHERE id = 'ali'`, []string{
			"user ali: the email or the phone is not in the form in which addresses are compared",
		}},
		{"a phone with spaces", `UPDATE users SET phone = '+998 90 1234567' WHERE id = 'ali'`, []string{
			"user ali: the email or the phone is not in the form in which addresses are compared",
		}},
		{"a name without its key", `UPDATE users SET name = 'Olim' WHERE id = 'ali'`, []string{
			"user ali cannot be found by name: the key for searches is not made of the name",
		}},
		{"a surname without its key", `UPDATE users SET surname_key = 'x' WHERE id = 'ali'`, []string{
			"user ali cannot be found by name: the key for searches is not made of the name",
		}},
		{"a tombstone with a name", `UPDATE users SET name = 'Gone', full_key = 'gone' WHERE id = 'gone123'`, []string{
			"user gone123 is deleted, and has a name, an address or a password still",
		}},
		{"a tombstone with settings", `UPDATE users SET time_zone = 'UTC' WHERE id = 'gone123'`, []string{
			"user gone123 is deleted, and has settings still",
		}},
		{"an hour of reminders", `UPDATE users SET reminder_hour = 24, remind_at = 1 WHERE id = 'ali'`, []string{
			"user ali is reminded at 24 o'clock, which there is not",
		}},
		{"an hour without a reminder", `UPDATE users SET reminder_hour = 7 WHERE id = 'ali'`, []string{
			"user ali has an hour of reminders by the one column and is not reminded by the other (reminder_hour, remind_at)",
		}},
		{"a notification about no booking", `UPDATE notifications SET booking_id = 'none' WHERE id = 'refused'`, []string{
			"notifications refused refers to booking_id none, which is not in bookings",
		}},
		{"a tombstone with notifications", `UPDATE notifications SET receiver_id = 'gone123' WHERE id = 'pending'`, []string{
			"user gone123 is deleted, and has notifications still, 1 of them",
		}},
		{"a member without a login who has an address", `UPDATE users SET email = 'momo@example.org' WHERE id = 'momo'`, []string{
			"user momo has no login, and an address or a password",
		}},
		{"a member without a login in another group", `UPDATE users SET of_group = 'counters' WHERE id = 'momo'`, []string{
			"user momo has no login, and is a member of group readers, whose admin did not make them",
		}},
		{"a member without a login of no group", `UPDATE users SET of_group = 'nowhere' WHERE id = 'momo'`, []string{
			"user momo has no login, and is a member of group readers, whose admin did not make them",
			"users momo refers to of_group nowhere, which is not in groups",
		}},
		{"a member without a login who is notified", `UPDATE notifications SET receiver_id = 'momo' WHERE id = 'pending'`, []string{
			"user momo has no login, and has notifications, 1 of them",
		}},
		{"an admin without a login", `UPDATE groups SET admin_id = 'momo' WHERE id = 'readers'`, []string{
			"group readers has the admin momo, who has no login",
		}},
		{"no user", `DELETE FROM users WHERE id = 'sami12'`, []string{
			"bans counters/sami12 refers to user_id sami12, which is not in users",
			"bookings kept refers to user_id sami12, which is not in users",
			"budgets sami12/joins_a_day refers to user_id sami12, which is not in users",
			"events ended/1 refers to user_id sami12, which is not in users",
			"events ended/2 refers to user_id sami12, which is not in users",
			"events readers/2 refers to user_id sami12, which is not in users",
			"members ended/sami12 refers to user_id sami12, which is not in users",
			"members readers/sami12 refers to user_id sami12, which is not in users",
			"notifications id-00000005 refers to sender_id sami12, which is not in users",
			"notifications pending refers to receiver_id sami12, which is not in users",
			"notifications refused refers to receiver_id sami12, which is not in users",
			"rows of bans that refer to rows of users that are not there: 1",
			"rows of bookings that refer to rows of users that are not there: 1",
			"rows of members that refer to rows of users that are not there: 2",
		}},
	}
}

func groupSpoils() []spoil {
	return []spoil{
		{"a type of group", `UPDATE groups SET type = 'choir' WHERE id = 'counters'`, []string{"group counters is of the type choir, which there is not"}},
		{"a name of a group without its key", `UPDATE groups SET name = 'Friends' WHERE id = 'counters'`, []string{
			"group counters cannot be found by name: the key for searches is not made of the name",
		}},
		{"member_count", `UPDATE groups SET member_count = member_count + 1 WHERE id = 'ended'`, []string{"group ended counts 3 members, 2 are there"}},
		{"a member who left by one column", `UPDATE members SET left_at = 1 WHERE group_id = 'readers' AND user_id = 'sami12'`, []string{
			"group readers counts 4 members, 3 are there",
			"member sami12 of group readers has left by the one column and is there by the other (left_at, left_seq)",
		}},
		{"a member who comes after the log", `UPDATE members SET joined_seq = 1000 WHERE group_id = 'readers' AND user_id = 'sami12'`, []string{
			"member sami12 of group readers was there from event 1000 to 74, and the group has 74 events",
		}},
		{"a member who leaves after the log", `UPDATE members SET left_seq = 1000 WHERE group_id = 'readers' AND user_id = 'gone123'`, []string{
			"member gone123 of group readers was there from event 2 to 1000, and the group has 74 events",
		}},
		{"an admin who is no member", `UPDATE groups SET admin_id = 'sami12' WHERE id = 'counters'`, []string{"group counters has the admin sami12, who is not a member"}},
		{"an admin who is nobody", `UPDATE groups SET admin_id = 'nobody' WHERE id = 'ended'`, []string{
			"groups ended refers to admin_id nobody, which is not in users",
			"rows of groups that refer to rows of users that are not there: 1",
		}},
		{"a member without account", `UPDATE users SET deleted = TRUE, name = '', surname = '', email = '', phone = '', password_hash = '', full_key = '', surname_key = '' WHERE id = 'ali'`, []string{
			"group counters has the member ali, whose account is deleted",
			"group readers has the member ali, whose account is deleted",
			"the log of group counters names user ali, whose account is deleted, in 4 events",
			"the log of group readers names user ali, whose account is deleted, in 22 events",
			"user ali is deleted, and has notifications still, 1 of them",
		}},
		{"no group", `DELETE FROM groups WHERE id = 'ended'`, []string{
			"3 events, from 1 to 3, are of group ended, which is not in groups",
			"bookings kept refers to group_id ended, which is not in groups",
			"hatms ended/1 refers to group_id ended, which is not in groups",
			"members ended/sami12 refers to group_id ended, which is not in groups",
			"members ended/vali1 refers to group_id ended, which is not in groups",
			"notices id-00000006 refers to group_id ended, which is not in groups",
			"rows of hatms that refer to rows of groups that are not there: 1",
			"rows of members that refer to rows of groups that are not there: 2",
		}},
		{"no group that counts", `DELETE FROM groups WHERE id = 'counters'`, []string{
			"14 events, from 1 to 14, are of group counters, which is not in groups",
			"bans counters/sami12 refers to group_id counters, which is not in groups",
			"links open refers to group_id counters, which is not in groups",
			"member_days counters/ali/20484 refers to group_id counters, which is not in groups",
			"member_days counters/ali/20524 refers to group_id counters, which is not in groups",
			"member_days counters/gone123/20484 refers to group_id counters, which is not in groups",
			"member_days counters/vali1/20484 refers to group_id counters, which is not in groups",
			"member_days counters/vali1/20484 refers to group_id counters, which is not in groups",
			"member_days counters/vali1/20524 refers to group_id counters, which is not in groups",
			"members counters/ali refers to group_id counters, which is not in groups",
			"members counters/gone123 refers to group_id counters, which is not in groups",
			"members counters/vali1 refers to group_id counters, which is not in groups",
			"notices id-00000002 refers to group_id counters, which is not in groups",
			"notices id-00000007 refers to group_id counters, which is not in groups",
			"notifications id-00000005 refers to group_id counters, which is not in groups",
			"notifications pending refers to group_id counters, which is not in groups",
			"notifications refused refers to group_id counters, which is not in groups",
			"rows of bans that refer to rows of groups that are not there: 1",
			"rows of links that refer to rows of groups that are not there: 1",
			"rows of members that refer to rows of groups that are not there: 3",
			"rows of zikrs that refer to rows of groups that are not there: 2",
			"zikrs istighfar refers to group_id counters, which is not in groups",
			"zikrs salawat refers to group_id counters, which is not in groups",
		}},
	}
}

func hatmSpoils() []spoil {
	return []spoil{
		{"hatm_count", `UPDATE groups SET hatm_count = 2 WHERE id = 'readers'`, []string{
			"group readers counts 2 hatms, 1 are completed",
		}},
		{"hatm_count too small", `UPDATE groups SET hatm_count = 0 WHERE id = 'readers'`, []string{
			"group readers counts 0 hatms, 1 are completed",
		}},
		{"an open hatm is missing", `DELETE FROM bookings WHERE group_id = 'readers' AND hatm_number = 2; DELETE FROM hatms WHERE group_id = 'readers' AND number = 2`, []string{
			"group readers reads the Quran, and has no open hatm",
			"notifications id-00000004 refers to booking_id freed, which is not in bookings",
			"user ali completed 10 poras on day 20484 in group readers, and the day holds 11",
		}},
		{"a hatm with a number too high", `INSERT INTO hatms (group_id, number, finished, opened_at) VALUES ('readers', 7, 0, 1)`, []string{
			"group readers has 3 hatms that are not numbered from 1 on: from 1 to 7",
		}},
		{"no hatm with a free pora", `UPDATE groups SET open_hatms = 2 WHERE id = 'readers';
			INSERT INTO bookings (id, group_id, hatm_number, pora, user_id, status, booked_at) WITH RECURSIVE n(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM n WHERE n < 30)
			SELECT 'full' || n, 'readers', 2, n, 'ali', 'booked', 1 FROM n`, []string{
			"group readers may have 2 open hatms, has 1, and no free pora in them",
		}},
		{"a hatm completed that was opened again", `UPDATE hatms SET reopened_at = 1 WHERE group_id = 'readers' AND number = 1`, []string{
			"hatm 1 of group readers is completed, and was opened again (reopened_at)",
		}},
		{"openHatms", `UPDATE groups SET open_hatms = 21 WHERE id = 'readers'`, []string{"group readers may have 21 open hatms, which is not from 1 to 20"}},
		{"poraLimit", `UPDATE groups SET pora_limit = 31 WHERE id = 'readers'`, []string{"group readers has the limit of 31 poras, which is not from 0 to 30"}},
		{"readingDays", `UPDATE groups SET reading_days = -1 WHERE id = 'readers'`, []string{
			"group readers has -1 days for reading and 0 for a hatm, which are not from 0 to 366 and to 3660",
		}},
		{"a division", `UPDATE groups SET division = 'halves' WHERE id = 'readers'`, []string{"group readers has the division halves, which there is not"}},
		{"share-outs", `UPDATE groups SET share_outs = -1 WHERE id = 'readers'`, []string{"group readers counts -1 share-outs on day 0"}},
		{"a booking that is looked at too late", `UPDATE bookings SET due_at = 5, wake_at = 6 WHERE id = 'held'`, []string{
			"booking held is to be looked at at 6, and its date is 5: it must not be before that (wake_at, due_at)",
		}},
		{"a booking that is looked at without a date", `UPDATE bookings SET wake_at = 6 WHERE id = 'held'`, []string{
			"booking held is to be looked at at 6, and its date is nothing: it must not be before that (wake_at, due_at)",
		}},
		{"a booking that nothing releases", `UPDATE groups SET auto_release = TRUE WHERE id = 'readers'; UPDATE bookings SET due_at = 5 WHERE id = 'held'`, []string{
			"booking held of group readers is due at 5, and nothing will release it (wake_at)",
		}},
		{"a hatm in a group that counts", `INSERT INTO hatms (group_id, number, finished, opened_at) VALUES ('counters', 1, 0, 1)`, []string{"group counters does not read the Quran, and has a hatm 1"}},
		{"finished", `UPDATE hatms SET finished = 2 WHERE group_id = 'readers' AND number = 2`, []string{"hatm 2 of group readers counts 2 finished poras, 1 are completed"}},
		{"a hatm completed too soon", `UPDATE hatms SET completed_at = 1 WHERE group_id = 'readers' AND number = 2`, []string{
			"booking held holds a pora of hatm 2 of group readers, which is completed",
			"group readers counts 1 hatms, 2 are completed",
			"group readers reads the Quran, and has no open hatm",
			"hatm 2 of group readers is completed with 1 poras",
		}},
		{"a hatm open too long", `UPDATE hatms SET completed_at = NULL WHERE group_id = 'readers' AND number = 1`, []string{
			"group readers counts 1 hatms, 0 are completed",
			"hatm 1 of group readers is open with 30 poras",
		}},
		{"a booking completed unseen", `UPDATE bookings SET status = 'completed', ended_at = 1 WHERE id = 'held'`, []string{
			"hatm 2 of group readers counts 1 finished poras, 2 are completed",
		}},
		{"a pora in two hands", `DROP INDEX bookings_pora; INSERT INTO bookings (id, group_id, hatm_number, pora, user_id, status, booked_at) VALUES ('again', 'readers', 2, 2, 'ali', 'booked', 1)`, []string{
			"pora 2 of hatm 2 of group readers is in 2 hands, by bookings again and held",
		}},
		{"a 31st pora", `UPDATE bookings SET pora = 31 WHERE id = 'held'`, []string{"booking held is of pora 31, which there is not"}},
		{"a status", `UPDATE bookings SET status = 'lost' WHERE id = 'freed'`, []string{"booking freed has the status lost, which there is not"}},
		{"a booking that ended and did not", `UPDATE bookings SET ended_at = 1 WHERE id = 'held'`, []string{"booking held is booked, and its end says otherwise (ended_at)"}},
		{"a booking that did not end and did", `UPDATE bookings SET ended_at = NULL WHERE id = 'freed'`, []string{
			"booking freed is released, and its end says otherwise (ended_at)",
		}},
		{"a booking of one who left", `UPDATE bookings SET user_id = 'gone123' WHERE id = 'held'`, []string{
			"booking held is held by user gone123, who is not a member of group readers",
		}},
		{"a booking in a completed hatm", `UPDATE bookings SET hatm_number = 1 WHERE id = 'freed'; UPDATE bookings SET status = 'booked', ended_at = NULL, pora = 2 WHERE id = 'read-2'`, []string{
			"booking read-2 holds a pora of hatm 1 of group readers, which is completed",
			"booking read-2 is held by user gone123, who is not a member of group readers",
			"booking read-2 is not completed, and has a day on which it was",
			"hatm 1 of group readers counts 30 finished poras, 29 are completed",
			"user gone123 completed 9 poras on day 20484 in group readers, and the day holds 10",
		}},
		{"a booking of no hatm", `UPDATE bookings SET hatm_number = 7 WHERE id = 'freed'`, []string{
			"bookings freed refers to hatm 7 of group readers, which is not in hatms",
			"rows of bookings that refer to rows of hatms that are not there: 1",
		}},
		{"a booking by nobody", `UPDATE bookings SET by_id = 'nobody', completed_by = 'none' WHERE id = 'done'`, []string{
			"bookings done refers to by_id nobody, which is not in users",
			"bookings done refers to completed_by none, which is not in users",
		}},
		{"a booking of nobody", `UPDATE bookings SET user_id = 'nobody' WHERE id = 'freed'`, []string{
			"bookings freed refers to user_id nobody, which is not in users",
			"rows of bookings that refer to rows of users that are not there: 1",
		}},
	}
}

func countSpoils() []spoil {
	return []spoil{
		{"a total", `UPDATE zikrs SET total = total + 1 WHERE id = 'istighfar'`, []string{
			"zikr istighfar has the total 2, and its latest counting back ended at 1",
			"zikr istighfar has the total 2, its shares sum to 1",
		}},
		{"a total with countings kept", `UPDATE zikrs SET total = total + 1 WHERE id = 'salawat'`, []string{
			"zikr salawat has the total 28, and its latest counting id-00000008 ended at 27",
			"zikr salawat has the total 28, its shares sum to 27",
		}},
		{"a share", `UPDATE shares SET amount = amount + 2 WHERE zikr_id = 'salawat' AND user_id = 'ali'`, []string{
			"user ali has the share 9 of zikr salawat, made of days of 7 and countings without a day of 0",
			"zikr salawat has the total 27, its shares sum to 29",
		}},
		{"no share", `DELETE FROM shares WHERE zikr_id = 'salawat' AND user_id = 'gone123'`, []string{
			"user gone123 has the share 0 of zikr salawat, made of days of 2 and countings without a day of 0",
			"zikr salawat has the total 27, its shares sum to 25",
		}},
		{"a share of nothing", `INSERT INTO shares VALUES ('istighfar', 'ali', 0)`, []string{"share of user ali of zikr istighfar is 0, which is not 1 or more"}},
		{"a counting lost", `DELETE FROM counts WHERE id = 'count-op5'`, []string{
			"counting id-00000008 of zikr salawat begins at 21, and the one before it ended at 16",
		}},
		{"the latest counting lost", `DELETE FROM counts WHERE id = 'back'`, []string{
			"the countings that are kept of user ali and zikr istighfar on day 20524 add 9, and the day holds 0",
			"zikr istighfar has the total 1, and its latest counting count-op6 ended at 10",
		}},
		{"a counting twice", `INSERT INTO counts (id, zikr_id, user_id, op_id, user_key, op_key, amount, total, goal, created_at, day, group_day)
			SELECT 'again', zikr_id, user_id, NULL, user_key, NULL, amount, total, goal, created_at, day, group_day FROM counts WHERE id = 'count-op4'`, []string{
			"counting again of zikr salawat begins at 13, and the one before it ended at 27",
			"the countings that are kept of user ali and zikr salawat on day 20524 add 6, and the day holds 3",
			"zikr salawat has the total 27, and its latest counting again ended at 16",
		}},
		{"a counting of another amount", `UPDATE counts SET amount = 4 WHERE id = 'count-op4'`, []string{
			"the countings that are kept of user ali and zikr salawat on day 20524 add 4, and the day holds 3",
		}},
		{"a counting of nothing", `UPDATE counts SET amount = 0 WHERE id = 'count-op4'`, []string{
			"counting count-op4 of zikr salawat adds 0, which is not from 1 to 100000, and less than 0 if it undoes another",
		}},
		{"a counting of less", `UPDATE counts SET amount = -3, total = 13 WHERE id = 'count-op4'`, []string{
			"counting count-op4 of zikr salawat adds -3, which is not from 1 to 100000, and less than 0 if it undoes another",
			"counting count-op5 of zikr salawat begins at 16, and the one before it ended at 13",
		}},
		{"a counting of another total", `UPDATE counts SET total = 99 WHERE id = 'count-op5'`, []string{
			"counting count-op5 of zikr salawat begins at 94, and the one before it ended at 16",
			"counting id-00000008 of zikr salawat begins at 21, and the one before it ended at 99",
		}},
		{"a counting of another user", `UPDATE counts SET user_id = 'ali' WHERE id = 'count-op5'`, []string{
			"counting count-op5 of user ali is not remembered by its opId op5: its key is another's",
			"the countings that are kept of user ali and zikr salawat on day 20524 add 8, and the day holds 3",
		}},
		{"a counting by nobody", `UPDATE counts SET by_id = 'nobody' WHERE id = 'count-op5'`, []string{
			"counting count-op5 of user nobody is not remembered by its opId op5: its key is another's",
			"counts count-op5 refers to by_id nobody, which is not in users",
		}},
		{"a counting of another opId", `UPDATE counts SET op_id = 'op6' WHERE id = 'count-op5'`, []string{
			"counting count-op5 of user vali1 is not remembered by its opId op6: its key is another's",
		}},
		{"a counting without its opId", `UPDATE counts SET op_key = NULL WHERE id = 'count-op5'`, []string{
			"counting count-op5 of user vali1 is not remembered by its opId op5: its key is another's",
		}},
		{"a counting without its day", `UPDATE counts SET day = NULL WHERE id = 'count-op5'`, []string{
			"user vali1 has the share 18 of zikr salawat, made of days of 18 and countings without a day of 5",
		}},
		{"an undoing of another day", `UPDATE counts SET day = day + 1 WHERE id = 'back'`, []string{
			"counting back undoes count-op6, and is not as much less of the same user, zikr and day",
			"the countings that are kept of user ali and zikr istighfar on day 20524 add 9, and the day holds 0",
		}},
		{"an undoing of another", `UPDATE counts SET undoes = 'count-op4' WHERE id = 'back'`, []string{
			"counting back undoes count-op4, and is not as much less of the same user, zikr and day",
		}},
		{"an undoing twice", `DROP INDEX counts_undoes; INSERT INTO counts (id, zikr_id, user_id, op_id, user_key, op_key, amount, total, goal, created_at, day, group_day, undoes)
			SELECT 'twice', zikr_id, user_id, NULL, user_key, NULL, amount, total + amount, goal, created_at, day, group_day, undoes FROM counts WHERE id = 'back'`, []string{
			"counting count-op6 is undone 2 times, by back and twice among them",
			"zikr istighfar has the total 1, and its latest counting twice ended at -8",
		}},
		{"no zikr", `DELETE FROM zikrs WHERE id = 'istighfar'`, []string{
			"what user ali counted refers to zikr istighfar, which is not in zikrs",
			"what user vali1 counted refers to zikr istighfar, which is not in zikrs",
		}},
		{"a zikr of no group", `UPDATE zikrs SET group_id = 'nowhere' WHERE id = 'istighfar'`, []string{
			"day 20484 of user vali1 in group counters is of zikr istighfar, which is of another group",
			"rows of zikrs that refer to rows of groups that are not there: 1",
			"zikrs istighfar refers to group_id nowhere, which is not in groups",
		}},
		{"a share of nobody", `UPDATE shares SET user_id = 'nobody' WHERE user_id = 'gone123'; UPDATE member_days SET user_id = 'nobody' WHERE user_id = 'gone123' AND zikr_id <> ''`, []string{
			"member_days counters/nobody/20484 refers to user_id nobody, which is not in users",
			"what was counted of zikr salawat refers to user nobody, who is not in users",
		}},
	}
}

func daySpoils() []spoil {
	return []spoil{
		{"a day lost", `DELETE FROM member_days WHERE user_id = 'gone123' AND zikr_id = 'salawat'`, []string{
			"user gone123 has the share 2 of zikr salawat, made of days of 0 and countings without a day of 0",
		}},
		{"a day changed", `UPDATE member_days SET amount = amount + 1 WHERE user_id = 'ali' AND zikr_id = 'salawat' AND amount = 4`, []string{
			"user ali has the share 7 of zikr salawat, made of days of 8 and countings without a day of 0",
		}},
		{"a day too small for its countings", `UPDATE member_days SET amount = amount - 1 WHERE user_id = 'vali1' AND zikr_id = 'salawat' AND amount = 11;
			UPDATE member_days SET amount = amount + 1 WHERE user_id = 'vali1' AND zikr_id = 'salawat' AND amount = 7`, []string{
			"the countings that are kept of user vali1 and zikr salawat on day 20524 add 11, and the day holds 10",
		}},
		{"a day of nothing", `UPDATE member_days SET amount = 0 WHERE user_id = 'ali' AND zikr_id = 'salawat' AND amount = 4`, []string{
			"day 20484 of user ali in group counters holds 0 of zikr salawat, which is not 1 or more",
			"user ali has the share 7 of zikr salawat, made of days of 3 and countings without a day of 0",
		}},
		{"a day of another time", `UPDATE member_days SET group_day = group_day + 3 WHERE user_id = 'gone123' AND zikr_id = 'salawat'`, []string{
			"day 20484 of user gone123 is day 20487 of group counters, which is another time",
		}},
		{"a day of another group", `UPDATE member_days SET group_id = 'readers' WHERE user_id = 'gone123' AND zikr_id = 'salawat'`, []string{
			"day 20484 of user gone123 in group readers is of zikr salawat, which is of another group",
		}},
		{"a day of no group", `UPDATE member_days SET group_id = 'nowhere' WHERE user_id = 'gone123' AND zikr_id = 'salawat'`, []string{
			"day 20484 of user gone123 in group nowhere is of zikr salawat, which is of another group",
			"member_days nowhere/gone123/20484 refers to group_id nowhere, which is not in groups",
		}},
		{"a day of no pora", `DELETE FROM member_days WHERE user_id = 'gone123' AND zikr_id = ''`, []string{
			"user gone123 completed 10 poras on day 20484 in group readers, and the day holds 0",
		}},
		{"a day of a pora too many", `UPDATE member_days SET amount = amount + 1 WHERE user_id = 'ali' AND zikr_id = ''`, []string{
			"user ali completed 11 poras on day 20484 in group readers, and the day holds 12",
		}},
		{"a completed booking without a day", `UPDATE bookings SET day = NULL, group_day = NULL WHERE id = 'done'`, []string{
			"user ali completed 10 poras on day 20484 in group readers, and the day holds 11",
		}},
		{"a booking with a day", `UPDATE bookings SET day = 1, group_day = 1 WHERE id = 'held'`, []string{"booking held is not completed, and has a day on which it was"}},
		{"an older day of nothing", `INSERT INTO days VALUES ('ali', 'salawat', 1, 0)`, []string{"day 1 of user ali and zikr salawat holds 0, which is not 1 or more"}},
		{"an older day", `INSERT INTO days VALUES ('ali', 'salawat', 1, 1)`, []string{
			"user ali has the share 7 of zikr salawat, made of days of 8 and countings without a day of 0",
		}},
	}
}

func eventSpoils() []spoil {
	return []spoil{
		{"an event lost", `DELETE FROM events WHERE group_id = 'readers' AND seq = 5`, []string{"the log of group readers has no events between 4 and 6"}},
		{"events lost", `DELETE FROM events WHERE group_id = 'readers' AND seq IN (5, 6, 8)`, []string{
			"the log of group readers has no events between 4 and 7",
			"the log of group readers has no events between 7 and 9",
		}},
		{"the latest event lost", `DELETE FROM events WHERE group_id = 'readers' AND seq = (SELECT seq FROM groups WHERE id = 'readers')`, []string{
			"group readers is at event 74, its log ends at 73",
		}},
		{"an event above", `INSERT INTO events SELECT group_id, seq + 1, name, user_id, data, created_at FROM events WHERE group_id = 'readers' ORDER BY seq DESC LIMIT 1`, []string{
			"group readers is at event 74, its log ends at 75",
		}},
		{"an event before the first", `INSERT INTO events VALUES ('readers', 0, 'x', '', '{}', 1)`, []string{"the log of group readers has an event 0: the first is 1"}},
		{"a log cut too early", `DELETE FROM events WHERE group_id = 'readers' AND seq <= 3`, []string{
			"the log of group readers begins at event 4, that of its newest 10000 events at 1",
		}},
		{"a log lost", `DELETE FROM events WHERE group_id = 'readers'`, []string{"group readers is at event 74, its log ends at 0"}},
		{"a log of no group", `UPDATE events SET group_id = 'nowhere' WHERE group_id = 'ended' AND seq = 1`, []string{
			"1 events, from 1 to 1, are of group nowhere, which is not in groups",
			"the log of group ended begins at event 2, that of its newest 10000 events at 1",
		}},
		{"an event that names a former member", `UPDATE events SET user_id = 'gone123' WHERE group_id = 'readers' AND seq IN (2, 3)`, []string{
			"the log of group readers names user gone123, whose account is deleted, in 2 events",
		}},
		{"an event that names nobody", `UPDATE events SET user_id = 'nobody' WHERE group_id = 'readers' AND seq = 2`, []string{
			"events readers/2 refers to user_id nobody, which is not in users",
		}},
		{"an event of an anonymous group that says who", `UPDATE groups SET is_anonymous = TRUE WHERE id = 'counters';
			UPDATE events SET user_id = '', data = '{"userId":"","userName":""}' WHERE group_id = 'counters' AND seq = 13`, []string{
			"the log of group counters, which is anonymous, says who did what in event 14, and did not in event 13 before it",
		}},
		{"an event of an anonymous group with an id left", `UPDATE groups SET is_anonymous = TRUE WHERE id = 'counters';
			UPDATE events SET user_id = '', data = '{"userId":"","userName":""}' WHERE group_id = 'counters' AND seq = 13;
			UPDATE events SET user_id = '', data = '{"userId":"ali","userName":""}' WHERE group_id = 'counters' AND seq = 14`, []string{
			"the log of group counters, which is anonymous, says who did what in event 14, and did not in event 13 before it",
		}},
		{"an event that says nobody", `UPDATE events SET user_id = '', data = '{"userId":"","userName":""}' WHERE group_id = 'counters' AND seq = 14`, []string{
			"the log of group counters, which is not anonymous, does not say who did what in event 14",
		}},
	}
}

func notificationSpoils() []spoil {
	return []spoil{
		{"a type of notification", `UPDATE notifications SET type = 'letter' WHERE id = 'refused'`, []string{
			"notification refused has the answer rejected, and its type letter or its moments say otherwise (answered_at, read_at)",
			"notification refused is of the type letter, which there is not",
		}},
		{"a type of notice", `UPDATE notices SET type = 'letter' WHERE group_id = 'readers'`, []string{"notice id-00000003 is of the type letter, which there is not"}},
		{"an answer", `UPDATE notifications SET answer = 'perhaps' WHERE id = 'refused'`, []string{
			"notification refused has the answer perhaps, and its type invitation or its moments say otherwise (answered_at, read_at)",
		}},
		{"an answer without its moment", `UPDATE notifications SET answered_at = NULL WHERE id = 'refused'`, []string{
			"notification refused has the answer rejected, and its type invitation or its moments say otherwise (answered_at, read_at)",
		}},
		{"an answer unread", `UPDATE notifications SET read_at = NULL WHERE id = 'refused'`, []string{
			"notification refused has the answer rejected, and its type invitation or its moments say otherwise (answered_at, read_at)",
		}},
		{"two invitations that wait", `DROP INDEX notifications_pending; UPDATE notifications SET answer = '', answered_at = NULL, read_at = NULL WHERE id = 'refused'`, []string{
			"user sami12 has 2 invitations into group counters that wait for an answer, pending and refused among them",
		}},
		{"an invitation into a deleted group", `UPDATE notifications SET group_id = 'ended' WHERE id = 'pending'`, []string{
			"invitation pending waits for an answer, and its group ended is deleted",
		}},
		{"a notification from nobody", `UPDATE notifications SET sender_id = 'nobody' WHERE id = 'refused'`, []string{
			"notifications refused refers to sender_id nobody, which is not in users",
		}},
		{"a notification to nobody", `UPDATE notifications SET receiver_id = 'nobody' WHERE id = 'refused'`, []string{
			"notifications refused refers to receiver_id nobody, which is not in users",
		}},
		{"a notification of no group", `UPDATE notifications SET group_id = 'nowhere' WHERE id = 'refused'`, []string{
			"notifications refused refers to group_id nowhere, which is not in groups",
		}},
		{"a notice of no group", `UPDATE notices SET group_id = 'nowhere' WHERE group_id = 'readers'`, []string{
			"notices id-00000003 refers to group_id nowhere, which is not in groups",
		}},
		{"a notice from nobody", `UPDATE notices SET sender_id = 'nobody' WHERE group_id = 'readers'`, []string{
			"notices id-00000003 refers to sender_id nobody, which is not in users",
		}},
		{"a notice above the log", `UPDATE notices SET seq = 1000 WHERE group_id = 'readers'`, []string{
			"notice id-00000003 is caused by event 1000 of group readers, which is at event 74",
		}},
		{"two open notices of one member on one topic", `UPDATE notices SET covered = FALSE WHERE topic = 'salawat'`, []string{
			"2 notices on salawat are open at once, id-00000002 and id-00000007 among them",
		}},
		{"three open notices on one topic", `UPDATE notices SET topic = 'salawat', covered = FALSE, sender_id = CASE group_id
			WHEN 'readers' THEN 'ali' WHEN 'ended' THEN 'sami12' ELSE 'vali1' END WHERE id <> 'id-00000002'`, []string{
			"3 notices on salawat are open at once, id-00000003 and id-00000007 among them",
		}},
		{"a mark of nobody", `UPDATE notice_reads SET user_id = 'nobody'`, []string{"notice_reads id-00000003/nobody refers to user_id nobody, which is not in users"}},
	}
}

func linkSpoils() []spoil {
	return []spoil{
		{"a use that no link counts", `UPDATE links SET uses = 0`, []string{"link open counts 0 uses, 1 are there"}},
		{"more uses than a link was for", `UPDATE links SET uses = 3; INSERT INTO link_uses VALUES ('open', 'ali', 1), ('open', 'gone123', 1)`, []string{
			"link open was for 2 people, and let in 3",
		}},
		{"a use by who was never a member", `UPDATE link_uses SET user_id = 'sami12'`, []string{
			"link open let in user sami12, who was never a member of its group counters",
		}},
		{"a use by nobody", `UPDATE link_uses SET user_id = 'nobody'`, []string{
			"link open let in user nobody, who was never a member of its group counters",
			"link_uses open/nobody refers to user_id nobody, which is not in users",
			"rows of link_uses that refer to rows of users that are not there: 1",
		}},
		{"a use of no link", `INSERT INTO link_uses VALUES ('gone', 'ali', 1)`, []string{
			"rows of link_uses that refer to rows of links that are not there: 1",
			"user ali let in by link gone, which is not in links",
		}},
		{"a link into no group", `UPDATE links SET group_id = 'nowhere'`, []string{
			"link open let in user vali1, who was never a member of its group nowhere",
			"links open refers to group_id nowhere, which is not in groups",
			"rows of links that refer to rows of groups that are not there: 1",
		}},
		{"a guest with an email and a password", `UPDATE users SET is_guest = TRUE, password_hash = 'x' WHERE id = 'ali'`, []string{
			"user ali is a guest, and has an email and a password",
		}},
	}
}

func banSpoils() []spoil {
	return []spoil{
		{"a ban of a member", `INSERT INTO bans VALUES ('readers', 'vali1', 'ali', 1)`, []string{"user vali1 is banned from group readers, and a member of it"}},
		{"a ban by nobody", `UPDATE bans SET banned_by = 'nobody'`, []string{
			"bans counters/sami12 refers to banned_by nobody, which is not in users",
			"rows of bans that refer to rows of users that are not there: 1",
		}},
	}
}

func budgetSpoils() []spoil {
	return []spoil{
		{"a budget of nothing", `UPDATE budgets SET used = 0 WHERE user_id = 'vali1' AND what = 'joins_a_day'`, []string{
			"user vali1 has used up 0 of the budget joins_a_day, which is not 1 or more",
		}},
		{"less than no bookings", `UPDATE members SET booked = -1 WHERE group_id = 'readers' AND user_id = 'vali1'`, []string{
			"member vali1 of group readers has booked -1 poras on a day, which is less than none",
		}},
	}
}

func fileSpoils() []spoil {
	return []spoil{
		{"an index that lacks a row", `CREATE TEMP TABLE aside AS SELECT * FROM sqlite_schema WHERE name = 'notices_group';
			PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'notices_group'; PRAGMA writable_schema = RESET;
			UPDATE notices SET id = 'moved' WHERE group_id = 'readers';
			PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM aside; PRAGMA writable_schema = RESET`, []string{
			"the file is damaged: row 4 missing from index notices_group",
		}},
	}
}
