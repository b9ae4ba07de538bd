package sqlstore

// accountSpoils are of sessions, blocks, the audit log and departures.
func accountSpoils() []spoil {
	return []spoil{
		{"a session of nobody", `UPDATE sessions SET user_id = 'nobody' WHERE id = 'phone'`, []string{
			"rows of sessions that refer to rows of users that are not there: 1",
			"sessions phone refers to user_id nobody, which is not in users",
		}},
		{"a session of a deleted account", `UPDATE sessions SET user_id = 'gone123' WHERE id = 'phone'`, []string{
			"session phone is of user gone123, whose account is deleted",
		}},
		{"a session of a version to come", `UPDATE sessions SET token_version = 7 WHERE id = 'phone'`, []string{
			"session phone of user someone8 goes by token version 7, and the user is at 0 only",
		}},
		{"a block of oneself", `UPDATE blocks SET blocked_id = 'someone8' WHERE user_id = 'someone8'`, []string{"user someone8 blocks themself"}},
		{"a block on a deleted account", `UPDATE blocks SET blocked_id = 'gone123' WHERE user_id = 'someone8'`, []string{
			"user someone8 blocks user gone123, and one of the two accounts is deleted",
		}},
		{"a block on nobody", `UPDATE blocks SET blocked_id = 'nobody' WHERE user_id = 'someone8'`, []string{
			"blocks someone8/nobody refers to blocked_id nobody, which is not in users",
			"rows of blocks that refer to rows of users that are not there: 1",
		}},
		{"a block of nobody", `UPDATE blocks SET user_id = 'nobody' WHERE user_id = 'someone8'`, []string{
			"blocks nobody/otherone9 refers to user_id nobody, which is not in users",
			"rows of blocks that refer to rows of users that are not there: 1",
		}},
		{"a tombstone that is an admin", `UPDATE users SET is_admin = TRUE WHERE id = 'gone123'`, []string{
			"user gone123 is deleted, and an admin of the platform, suspended, or hidden still",
		}},
		{"a hidden notification that is no invitation", `UPDATE notifications SET hidden = TRUE WHERE id = 'refused'`, []string{
			"notification refused is hidden, and is no invitation that waits",
		}},
		{"an act of no kind", `UPDATE acts SET act = 'slept' WHERE id = 'renamed'`, []string{"act renamed is of the kind slept, which there is not"}},
		{"an act of nobody", `UPDATE acts SET actor_id = 'nobody' WHERE id = 'renamed'`, []string{"acts renamed refers to actor_id nobody, which is not in users"}},
		{"an act on nobody", `UPDATE acts SET user_id = 'nobody' WHERE id = 'renamed'`, []string{"acts renamed refers to user_id nobody, which is not in users"}},
		{"an act on no group", `UPDATE acts SET group_id = 'nowhere' WHERE id = 'renamed'`, []string{"acts renamed refers to group_id nowhere, which is not in groups"}},
		{"tokens of an earlier life that are good again", `UPDATE users SET foreign_after = NULL WHERE id = 'back'`, []string{
			"user back came back, and tokens of the account that was deleted are good again",
		}},
		{"an own token of an earlier life that is good again", `UPDATE departures SET token_version = 2`, []string{
			"user back came back, and tokens of the account that was deleted are good again",
		}},
	}
}
