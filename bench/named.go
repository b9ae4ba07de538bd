package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// named are the scenarios that are run only when they are named: what takes very long, and a small machine.
func named(soak time.Duration) []scenario {
	const (
		tiny  = "soak -n 15000 --groups 1000 --rate 2000 --for 30s"
		large = "soak -n 5000 --groups 500 --rate 2000 --for "
	)
	return []scenario{
		{name: "tiny", tiny: true, long: 30 * time.Second, args: map[side][]string{ours: words(tiny)},
			rows: soaked("2,000 counts a second of 15,000 connections, fifteen to a group, on 512 MB and one processor")},
		{name: "soak", long: soak, args: map[side][]string{ours: words(large + soak.String())},
			rows: soaked(fmt.Sprintf("2,000 counts a second of 5,000 connections, ten to a group, for %s", soak))},
	}
}

func soaked(what string) []row {
	return []row{
		{title: what + ": 99 of 100 confirmed within", unit: "ms", value: key(0, "p99_ms")},
		{title: "confirmed a second", value: key(0, "confirmed_per_s"), more: true},
		{title: "told a second", value: key(0, "told_per_s"), more: true},
		{title: "99 of 100 within, in the first sixth of the time", unit: "ms", value: key(0, "begin_p99_ms")},
		{title: "99 of 100 within, in the last sixth", unit: "ms", value: key(0, "end_p99_ms")},
		{title: "the last of these to the first", value: key(0, "p99_growth")},
		{title: "memory after the first sixth of the time", unit: "MiB", value: key(0, "begin_rss_mib")},
		{title: "the most later", unit: "MiB", value: key(0, "most_rss_mib")},
		{title: "the last of these to the first", value: key(0, "rss_growth")},
		{title: "processors that the server used", value: key(0, "server_cores")},
	}
}

// days is the history of a year on the full database, of members in turn.
func days() scenario {
	return scenario{name: "full-days", full: true, args: map[side][]string{ours: {}}, asks: askDays, rows: []row{
		{title: "`GET /me/days` of a year: 99 of 100 within", unit: "ms", value: key(0, "p99_ms")},
		{title: "half of them within", unit: "ms", value: key(0, "p50_ms")},
	}}
}

// askedDays is how many histories are read.
const askedDays = 1000

// askDays reads the year of members of the full database, one after another, and tells how long each takes.
func askDays(ctx context.Context, address, secret string) (report, error) {
	var took []time.Duration
	p := busyMonth()
	for i := range askedDays {
		claims := jwt.MapClaims{"sub": fillUserID(i%p.groups, i*7%p.members), "exp": time.Now().Add(time.Hour).Unix()}
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
		if err != nil {
			return nil, fmt.Errorf("sign a token: %w", err)
		}
		from := time.Now().AddDate(-1, 0, 0).Format(time.DateOnly)
		began := time.Now()
		n, err := read(ctx, address+"/api/v1/me/days?from="+from, token)
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
		if n < p.before*len(`{"date":"2026-01-31","counted":33,"poras":0}`) {
			return nil, fmt.Errorf("the history of a year has %d bytes only: is the database the one of make bench-fill?", n)
		}
	}
	slices.Sort(took)
	return report{"p50_ms": ms(took[len(took)/2]), "p99_ms": ms(took[len(took)*99/100])}, nil
}

// read reads an answer to its end, and tells how many bytes it has.
func read(ctx context.Context, url, token string) (n int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.200s", url, resp.Status, body)
	}
	return len(body), err
}
