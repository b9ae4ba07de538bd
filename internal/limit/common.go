package limit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// Common is a Redis in which all nodes keep what they count together.
type Common interface {
	// Eval runs a script on keys that are in one place, which home names. It fails, and
	// does not wait, while Redis is away.
	Eval(ctx context.Context, home, script string, keys, args []string) (int64, error)
}

// underWay is how long an attempt may be under way: a node may end before it tells how one went.
const underWay = time.Minute

// Across lets all nodes that use redis count together. While it is away, each counts what it sees
// itself, as it always does beside: so what Redis loses is not forgotten at once.
func (l *Logins) Across(redis Common) *Logins {
	l.byDevice.across(redis, "device")
	l.byLogin.across(redis, "login")
	l.byAddress.across(redis, "address")
	l.byAccount.across(redis, "account")
	return l
}

func (w *window) across(redis Common, name string) {
	if w != nil {
		w.common = &commonWindow{redis: redis, name: name, keep: int64(w.bound.Most), per: w.per}
	}
}

// commonWindow is the window of all nodes. A key's attempts are a sorted set, by
// the time at which Redis forgets them, less per; the clock is that of Redis.
type commonWindow struct {
	redis Common
	name  string
	keep  int64 // of a key that add counts
	per   time.Duration
}

// beginText asks for an attempt.
// KEYS: attempts. ARGV: an id, the most there may be, per, how long one may be under way, the pause while others are (ms).
// It returns after how many ms to try again, 0 if it may begin.
const beginText = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local most, per = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - per)
local held, counted = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES'), {}
for i = 1, #held, 2 do
  if string.sub(held[i], 1, 1) == 'c' then counted[#counted + 1] = tonumber(held[i + 1]) end
end
if most < 1 then return per end
if #counted >= most then return math.max(counted[#counted - most + 1] + per - now, 1) end
if #held / 2 >= most then return tonumber(ARGV[5]) end
redis.call('ZADD', KEYS[1], now - per + math.min(ARGV[4], per), 'u' .. ARGV[1])
redis.call('PEXPIRE', KEYS[1], per)
return 0`

// endText says how an attempt went.
// KEYS: attempts. ARGV: its id, 1 if it counts, per (ms).
const endText = `
redis.call('ZREM', KEYS[1], 'u' .. ARGV[1])
if ARGV[2] == '1' then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), 'c' .. ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 0`

// addText counts one attempt. KEYS: attempts. ARGV: its id, per (ms), how many are kept.
const addText = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[3]) then redis.call('ZADD', KEYS[1], now, 'c' .. ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0`

// countText says how many attempts counted. KEYS: attempts. ARGV: per (ms).
const countText = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZCOUNT', KEYS[1], '(' .. (now - ARGV[1]), '+inf')`

// where is the key of Redis that holds a key's attempts, and what names its place.
func (c *commonWindow) where(key string) (home string, keys []string) {
	sum := sha256.Sum256([]byte(key)) // nobody's address is to be read in Redis
	home = hex.EncodeToString(sum[:16])
	return home, []string{c.name + ":" + home}
}

// add counts one attempt. If it fails, this node has counted it all the same.
func (c *commonWindow) add(key string) {
	home, keys := c.where(key)
	_, _ = c.redis.Eval(context.Background(), home, addText, keys, []string{rand.Text(), milliseconds(c.per), strconv.FormatInt(c.keep, 10)})
}

// count is how many attempts counted on all nodes, 0 without Redis.
func (c *commonWindow) count(key string) int64 {
	home, keys := c.where(key)
	n, err := c.redis.Eval(context.Background(), home, countText, keys, []string{milliseconds(c.per)})
	if err != nil {
		return 0
	}
	return n
}

// begin asks for one attempt, as window.beginUpTo does. Without Redis it may always begin.
func (c *commonWindow) begin(key string, most int64) (done func(counts bool), retryAfter time.Duration, ok bool) {
	home, keys := c.where(key)
	id := rand.Text()
	args := []string{id, strconv.FormatInt(most, 10), milliseconds(c.per), milliseconds(underWay), milliseconds(inFlight)}
	wait, err := c.redis.Eval(context.Background(), home, beginText, keys, args)
	switch {
	case err != nil:
		return func(bool) {}, 0, true
	case wait > 0:
		return nil, time.Duration(wait) * time.Millisecond, false
	}
	return func(counts bool) {
		how := "0"
		if counts {
			how = "1"
		}
		// If it fails, this node has counted it all the same.
		_, _ = c.redis.Eval(context.Background(), home, endText, keys, []string{id, how, milliseconds(c.per)})
	}, 0, true
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
