package main

// What is counted and booked is on disk before it is confirmed: how much of that a server does, how
// long it takes, and what remains of it when there is much in the database already.

// stored are the scenarios about it. Those whose names begin with full are the same on the full database.
func stored() []scenario {
	const (
		groups       = "counts -n 50 --groups 10 --window 8 --join --counts 100000"
		together     = "counts -n 50 --window 8 --join --counts 100000"
		ops          = groups + " --op-ids"
		half         = "counts -n 50 --groups 10 --rate 7500 --join --counts 75000"
		halfTogether = "counts -n 50 --rate 4000 --join --counts 40000"
	)
	confirmed := "confirmed `update_zikr_count` a second, 50 connections with 8 under way, "
	return []scenario{
		counting("groups", confirmed+"10 groups, told to all 5 of each", groups, true),
		counting("together", confirmed+"one group, told to all 50", together, true),
		counting("ops", confirmed+"10 groups, with opIds", ops, false),
		pacedCounts("half", "counts in 10 groups at 7,500 a second", half),
		pacedCounts("half-together", "counts in one group of 50 at 4,000 a second", halfTogether),
		reading("hatm"),
		replay(),
		snapshot(),
		hatmSnapshot(),
		full(counting("full-groups", confirmed+"10 groups, told to all 5 of each", groups, false)),
		full(counting("full-together", confirmed+"one group, told to all 50", together, false)),
		full(counting("full-ops", confirmed+"10 groups, with opIds", ops, false)),
		full(pacedCounts("full-half", "counts in 10 groups at 7,500 a second", half)),
		full(pacedCounts("full-half-together", "counts in one group of 50 at 4,000 a second", halfTogether)),
		full(reading("full-hatm")),
		full(days()),
		full(scenario{name: "start", args: map[side][]string{ours: {}}, rows: []row{
			{title: "from its start to `/readyz`", unit: "ms", value: around("ready_ms")},
		}}),
	}
}

// full is the scenario on the full database.
func full(s scenario) scenario {
	s.full = true
	s.rows[0].title = "10 million counts and 1 million events stored: " + s.rows[0].title
	return s
}

func counting(name, title, args string, compared bool) scenario {
	s := scenario{name: name, args: map[side][]string{ours: words(args)}, rows: []row{
		{title: title, value: key(0, "confirmed_per_s"), more: true},
		{title: "CPU of one", unit: "us", value: key(0, "server_cpu_us_per_count")},
		{title: "99 of 100 confirmed within", unit: "ms", value: key(0, "p99_ms")},
		{title: "an fsync of a page", unit: "ms", value: around("fsync_ms"), ours: true},
		{title: "counts confirmed in the time of one", value: inOneFsync("confirmed_per_s"), ours: true},
	}}
	if compared {
		s.args[peer] = words(args)
	}
	return s
}

func pacedCounts(name, title, args string) scenario {
	return scenario{name: name, args: map[side][]string{ours: words(args)}, rows: []row{
		{title: title + ": 99 of 100 confirmed within", unit: "ms", value: key(0, "p99_ms")},
		{title: "half of them within", unit: "ms", value: key(0, "p50_ms")},
		{title: "sent late by the generator by up to", unit: "ms", value: key(0, "late_ms")},
		{title: "an fsync of a page", unit: "ms", value: around("fsync_ms")},
	}}
}

func reading(name string) scenario {
	return scenario{name: name, args: map[side][]string{ours: words("hatm -n 200 --groups 40 --join --poras 50000")}, rows: []row{
		{title: "confirmed `book_pora` and `complete_pora` a second, 200 connections, 40 groups, told to all 5 of each", value: key(0, "confirmed_per_s"), more: true},
		{title: "CPU of one", unit: "us", value: key(0, "server_cpu_us_per_command")},
		{title: "99 of 100 confirmed within", unit: "ms", value: key(0, "p99_ms")},
		{title: "confirmed in the time of an fsync", value: inOneFsync("confirmed_per_s")},
	}}
}

func replay() scenario {
	return scenario{name: "replay", args: map[side][]string{ours: words("join --missed 1000 --joins 300")}, rows: []row{
		{title: "`join_group` with 1,000 missed events, until `joined_group`: median", unit: "ms", value: key(0, "p50_ms")},
		{title: "99 of 100 of them", unit: "ms", value: key(0, "p99_ms")},
		{title: "CPU of one", unit: "us", value: key(0, "server_cpu_us_per_join")},
	}}
}

func snapshot() scenario {
	return scenario{name: "snapshot", args: map[side][]string{ours: words("snapshot --users 1000 --requests 500")}, rows: []row{
		{title: "snapshot of a group of 1,000 who have all counted, over REST: 99 of 100 within", unit: "ms", value: key(0, "p99_ms")},
		{title: "half of them within", unit: "ms", value: key(0, "p50_ms")},
		{title: "CPU of one", unit: "us", value: key(0, "server_cpu_us_per_snapshot")},
	}}
}

func hatmSnapshot() scenario {
	return scenario{name: "snapshot-hatms", args: map[side][]string{ours: words("snapshot --users 1000 --requests 500 --hatms 20")}, rows: []row{
		{title: "the same, with 20 open hatms whose poras are booked: 99 of 100 within", unit: "ms", value: key(0, "p99_ms")},
		{title: "half of them within", unit: "ms", value: key(0, "p50_ms")},
		{title: "CPU of one", unit: "us", value: key(0, "server_cpu_us_per_snapshot")},
	}}
}
