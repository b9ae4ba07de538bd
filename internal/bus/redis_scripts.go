package bus

import "github.com/redis/rueidis"

// Who is online, as Redis keeps it. All keys of a lane are in one slot, so that a script may
// change several of them as one step:
//
//	<base>p:<group>   hash: user -> names of the nodes that hold connections of the user, with spaces between
//	<base>n:<name>    hash: group -> how many users of it the node of that name holds
//	<base>nodes       sorted set: name -> when its lease ends (ms of Redis' own clock)
//	<base>dead        sorted set: names whose lease ended -> until when somebody is taking their users out
//	<base>buried      sorted set: names of which nothing is left -> since when
//
// A name is made up by a node, and used by it only as long as Redis has not been away: it
// comes back with a new name and writes everything under that, so what the old one still holds is known to be out of
// date. Only a name in nodes can be given users, and one that was taken out of it never returns; so what is taken
// out of a dead name stays out.
//
// How many connections a user has on a node is the node's own business: Redis is
// told of the first and the last. So each script may be sent twice.

// enterText adds users to groups, under a name.
//
// KEYS: nodes, index of the name, then each place's group.
// ARGV: name, the same node's name before ("" for none), then each place's group and user.
// It returns a number for each place (see the constants), or nothing if the name has no lease.
const enterText = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {} end
local answers = {}
for i = 3, #KEYS do
  local group, user = ARGV[2 * i - 3], ARGV[2 * i - 2]
  local held = redis.call('HGET', KEYS[i], user)
  local mine, before, others = false, false, false
  for name in string.gmatch(held or '', '%S+') do
    if name == ARGV[1] then mine = true elseif name == ARGV[2] then before = true else others = true end
  end
  if not mine then
    redis.call('HSET', KEYS[i], user, held and (held .. ' ' .. ARGV[1]) or ARGV[1])
    redis.call('HINCRBY', KEYS[2], group, 1)
  end
  answers[#answers + 1] = others and 0 or before and 2 or 1
end
return answers`

// What enterText says of a place.
const (
	enteredToOthers = 0 // the user is there on other nodes too
	enteredFirst    = 1 // the user was nowhere
	enteredAgain    = 2 // the user was there only under this node's name before
)

// leaveText takes a user out of a group.
// KEYS: nodes, group, index of the name, index of the name before.
// ARGV: name, name before, group, user.
// It returns 1 if the user is nowhere in the group now, 0 otherwise, -1 if the name has no lease.
const leaveText = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return -1 end
local left = {}
for name in string.gmatch(redis.call('HGET', KEYS[2], ARGV[4]) or '', '%S+') do
  local index = name == ARGV[1] and KEYS[3] or name == ARGV[2] and KEYS[4]
  if not index then
    left[#left + 1] = name
  elseif redis.call('HINCRBY', index, ARGV[3], -1) <= 0 then
    redis.call('HDEL', index, ARGV[3])
  end
end
if #left > 0 then
  redis.call('HSET', KEYS[2], ARGV[4], table.concat(left, ' '))
  return 0
end
redis.call('HDEL', KEYS[2], ARGV[4])
return 1`

// announceText tells a group that a user is online, or offline, if that is so.
//
// The node that tells it knew that from the answer to another script. By now other nodes may have changed it and told
// so, or be about to: what is no longer true is not told. So what is told last is true, and all nodes hear it in one order.
// KEYS: group, its channel. ARGV: user, 1 for online or 0 for offline, message. It returns 1 if it was told.
const announceText = `
if tostring(redis.call('HEXISTS', KEYS[1], ARGV[1])) ~= ARGV[2] then return 0 end
redis.call('SPUBLISH', KEYS[2], ARGV[3])
return 1`

// onlineText counts and names the users of a group.
// KEYS: group. ARGV: how many to name at most; below 0 all.
// It returns the count and the names.
const onlineText = `
local count, limit = redis.call('HLEN', KEYS[1]), tonumber(ARGV[1])
if limit < 0 or limit >= count then return {count, redis.call('HKEYS', KEYS[1])} end
if limit == 0 then return {count, {}} end
return {count, redis.call('HRANDFIELD', KEYS[1], limit)}`

// renewText renews a lease, or begins one; and looks after the others'.
// KEYS: nodes, dead, buried.
// ARGV: name, how long the lease is (ms), 1 to begin it, 1 to take a dead name over, for how long (ms).
// It returns how the name stood before, and the dead name that the caller is to take the users of, or "".
const renewText = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local standing = 0
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then standing = 1
elseif redis.call('ZSCORE', KEYS[2], ARGV[1]) or redis.call('ZSCORE', KEYS[3], ARGV[1]) then standing = 2 end
if standing == 1 or ARGV[3] == '1' then redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], name)
  redis.call('ZADD', KEYS[2], 0, name)
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 86400000)
local dead = ARGV[4] == '1' and redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1)[1]
if dead then redis.call('ZADD', KEYS[2], now + ARGV[5], dead) end
return {standing, dead or ''}`

// How a name stood.
const (
	nameUnknown = 0 // Redis has forgotten everything, or there never was such a name
	nameAlive   = 1
	nameDead    = 2 // the lease ended: its users were told to be offline, or are about to be
)

// abandonText ends a lease, for the caller to take the users of.
// KEYS: nodes, dead. ARGV: name, for how long (ms).
const abandonText = `
local time = redis.call('TIME')
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
  redis.call('ZADD', KEYS[2], time[1] * 1000 + ARGV[2], ARGV[1])
end
return 1`

// takeOutText takes users of a dead name out of a group.
// KEYS: group, index of the name. ARGV: name, group, users.
// It returns those who are nowhere in the group now.
const takeOutText = `
local gone, out = {}, 0
for i = 3, #ARGV do
  local left, was = {}, false
  for name in string.gmatch(redis.call('HGET', KEYS[1], ARGV[i]) or '', '%S+') do
    if name == ARGV[1] then was = true else left[#left + 1] = name end
  end
  if was then
    out = out + 1
    if #left > 0 then
      redis.call('HSET', KEYS[1], ARGV[i], table.concat(left, ' '))
    else
      redis.call('HDEL', KEYS[1], ARGV[i])
      gone[#gone + 1] = ARGV[i]
    end
  end
end
if out > 0 and redis.call('HINCRBY', KEYS[2], ARGV[2], -out) <= 0 then redis.call('HDEL', KEYS[2], ARGV[2]) end
return gone`

// buryText ends a dead name if nothing is left of it.
// KEYS: index of the name, dead, buried. ARGV: name. It returns 1 if so.
const buryText = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local time = redis.call('TIME')
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], time[1] * 1000, ARGV[1])
return 1`

// scripts are they all, ready to be run.
type scripts struct {
	enter, leave, online, renew, abandon, takeOut, bury *rueidis.Lua
}

func newScripts() scripts {
	return scripts{
		enter: rueidis.NewLuaScript(enterText), leave: rueidis.NewLuaScript(leaveText),
		online: rueidis.NewLuaScriptReadOnly(onlineText), renew: rueidis.NewLuaScript(renewText),
		abandon: rueidis.NewLuaScript(abandonText), takeOut: rueidis.NewLuaScript(takeOutText), bury: rueidis.NewLuaScript(buryText),
	}
}
