package token

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/zikr-app/zikr"
)

// maxUserID is the longest id of a user in characters (contract section 1).
const maxUserID = 128

// lastSecond is the end of the year 9999: no claim is taken to mean a later time.
const lastSecond = 253402300799

// check reads the claims of a token whose signature is good. A token that is
// both wrong and expired is wrong.
func (j *JWT) check(m jwt.MapClaims, bySecret bool) (zikr.Claims, error) {
	own, ok := j.origin(m, bySecret)
	if !ok || !j.heard(m) {
		return zikr.Claims{}, notValid()
	}
	user, ok := userOf(m)
	if !ok {
		return zikr.Claims{}, notValid()
	}
	out := zikr.Claims{
		UserID: user, TokenID: text(m, "jti"), Version: -1,
		Name: text(m, "name"), Surname: text(m, "surname"), Email: verifiedEmail(m, bySecret),
	}
	if iat, there, ok := date(m, "iat"); there && ok {
		out.Issued = iat
	}
	if own {
		if out, ok = ownClaims(m, out); !ok {
			return zikr.Claims{}, notValid()
		}
	}
	foreign := !bySecret || (j.issuer != "" && m["iss"] == j.issuer)
	expires, err := j.period(m, foreign)
	if err != nil {
		return zikr.Claims{}, err
	}
	out.Expires = expires
	return out, nil
}

// origin reports whether this server issued the token, and whether it may come
// from where it does. Only the secret speaks for this server.
func (j *JWT) origin(m jwt.MapClaims, bySecret bool) (own, ok bool) {
	iss, there := m["iss"]
	name, isText := iss.(string)
	switch {
	case there && !isText:
		return false, false
	case name == ownIssuer:
		return bySecret, bySecret
	default:
		return false, j.issuer == "" || name == j.issuer
	}
}

// heard reports whether the token is meant for the configured audience (RFC 7519, section 4.1.3).
func (j *JWT) heard(m jwt.MapClaims) bool {
	if j.audience == "" {
		return true
	}
	switch aud := m["aud"].(type) {
	case string:
		return aud == j.audience
	case []any:
		for _, a := range aud {
			if a == j.audience {
				return true
			}
		}
	}
	return false
}

// userOf is the claim id, else sub: 1 to 128 characters. An id that is there
// but no text is not passed over.
func userOf(m jwt.MapClaims) (string, bool) {
	value, there := m["id"]
	if !there {
		value = m["sub"]
	}
	user, ok := value.(string)
	return user, ok && user != "" && utf8.RuneCountInString(user) <= maxUserID && !strings.ContainsRune(user, 0)
}

// period checks nbf and exp without leeway and returns when the token ends, zero
// for never. Only another issuer's token may lack exp.
func (j *JWT) period(m jwt.MapClaims, foreign bool) (time.Time, error) {
	exp, expThere, expOK := date(m, "exp")
	nbf, nbfThere, nbfOK := date(m, "nbf")
	now := j.now()
	switch {
	case !expOK || !nbfOK || (!expThere && !foreign):
		return time.Time{}, notValid()
	case nbfThere && now.Before(nbf):
		return time.Time{}, zikr.Errorf(zikr.CodeUnauthenticated, "The token is not valid yet. Please check the clock or log in again.")
	case expThere && !now.Before(exp):
		return time.Time{}, zikr.Errorf(zikr.CodeTokenExpired, "The token has expired. Please log in again.")
	}
	return exp, nil
}

// date reads a NumericDate (RFC 7519, section 2): seconds since 1970, perhaps
// with a fraction. What is there but no number is not ok, null included.
func date(m jwt.MapClaims, name string) (at time.Time, there, ok bool) {
	value, there := m[name]
	if !there {
		return time.Time{}, false, true
	}
	number, _ := value.(json.Number)
	seconds, err := number.Float64()
	if err != nil {
		return time.Time{}, true, false
	}
	seconds = max(-lastSecond, min(seconds, lastSecond))
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), true, true
}

// ownClaims adds what only own tokens say. Those of an operator have no version: releases that know no op refuse them.
func ownClaims(m jwt.MapClaims, out zikr.Claims) (zikr.Claims, bool) {
	if m["op"] == true {
		out.Operator, out.UserID = true, ""
		return out, true
	}
	var ok bool
	out.Version, ok = version(m)
	out.SessionID = text(m, "sid")
	return out, ok
}

// version is the claim ver of an own token.
func version(m jwt.MapClaims) (int64, bool) {
	number, _ := m["ver"].(json.Number)
	v, err := number.Int64()
	return v, err == nil && v >= 0
}

// verifiedEmail is the claim email, if the issuer says that it is the user's (OpenID Connect Core,
// section 5.1). One who shares the secret may leave that out.
func verifiedEmail(m jwt.MapClaims, bySecret bool) string {
	switch verified, there := m["email_verified"]; {
	case verified == true || verified == "true", !there && bySecret:
		return text(m, "email")
	default:
		return ""
	}
}

// text is a claim that is good to know; of another type it is as if it were absent.
func text(m jwt.MapClaims, name string) string {
	value, _ := m[name].(string)
	return value
}
