package load

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const testSecret = "0123456789abcdef0123456789abcdef"

// testAPI is the part of a zikr server's REST API that makes members.
type testAPI struct {
	*httptest.Server
	url *url.URL

	mu      sync.Mutex
	busy    int               // answers 429 to so many requests first
	users   map[string]bool   // by token: whether the account is there
	groups  map[string]string // by id: its admin's token
	members map[string][]string
	types   map[string]string // by group
	counts  map[string]int    // by user
	hidden  int               // members that a snapshot does not name
	claims  []jwt.MapClaims
}

func serveAPI(t *testing.T) *testAPI {
	t.Helper()
	a := &testAPI{users: map[string]bool{}, groups: map[string]string{}, members: map[string][]string{}, types: map[string]string{}, counts: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/auth/register", a.register)
	mux.HandleFunc("POST /api/v1/groups", a.signedIn(a.found))
	mux.HandleFunc("POST /api/v1/groups/{id}/join", a.signedIn(a.join))
	mux.HandleFunc("GET /api/v1/groups/{id}", a.signedIn(a.snapshot))
	mux.HandleFunc("POST /api/v1/groups/{id}/zikrs/{zikrId}/counts", a.signedIn(a.count))
	mux.HandleFunc("DELETE /api/v1/me", a.signedIn(a.delete))
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	var err error
	if a.url, err = url.Parse(a.URL); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *testAPI) register(w http.ResponseWriter, r *http.Request) {
	var in struct{ Name, Surname, Email, Password string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Name == "" || len(in.Password) < 8 || !strings.Contains(in.Email, "@") {
		http.Error(w, "{}", http.StatusUnprocessableEntity)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.users[in.Email] = true
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"token":%q}`, in.Email)
}

// signedIn lets registered users in, and those whose token was signed with the secret.
func (a *testAPI) signedIn(handle func(w http.ResponseWriter, r *http.Request, user string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.busy > 0 {
			a.busy--
			w.Header().Set("Retry-After", "1")
			http.Error(w, `{"detail":"The server is busy."}`, http.StatusTooManyRequests)
			return
		}
		user := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !a.users[user] && !a.provision(user) {
			http.Error(w, `{"detail":"The token is not valid."}`, http.StatusUnauthorized)
			return
		}
		handle(w, r, user)
	}
}

func (a *testAPI) provision(token string) bool {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(testSecret), nil },
		jwt.WithExpirationRequired(), jwt.WithValidMethods([]string{"HS256"}))
	if err != nil {
		return false
	}
	a.users[token] = true
	a.claims = append(a.claims, claims)
	return true
}

func (a *testAPI) found(w http.ResponseWriter, r *http.Request, user string) {
	var in struct {
		Type string
		Zikr *struct{}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || (in.Type == "zikr") != (in.Zikr != nil) {
		http.Error(w, "{}", http.StatusUnprocessableEntity)
		return
	}
	id := fmt.Sprintf("group/%d", len(a.groups))
	a.groups[id], a.types[id] = user, in.Type
	a.members[id] = []string{user}
	w.WriteHeader(http.StatusCreated)
	if in.Zikr == nil {
		fmt.Fprintf(w, `{"id":%q,"zikrs":[]}`, id)
		return
	}
	fmt.Fprintf(w, `{"id":%q,"zikrs":[{"zikrId":"z-%s"}]}`, id, id)
}

// snapshot names each member twice, as one who has counted.
func (a *testAPI) snapshot(w http.ResponseWriter, r *http.Request, _ string) {
	n := len(a.members[r.PathValue("id")]) - a.hidden
	named := strings.TrimSuffix(strings.Repeat("{},", n), ",")
	fmt.Fprintf(w, `{"members":[%s],"zikrs":[{"members":[%s]}]}`, named, named)
}

func (a *testAPI) count(w http.ResponseWriter, r *http.Request, user string) {
	if id := r.PathValue("id"); r.PathValue("zikrId") != "z-"+id || !slices.Contains(a.members[id], user) {
		http.Error(w, `{"detail":"There is no such zikr."}`, http.StatusNotFound)
		return
	}
	a.counts[user]++
	fmt.Fprint(w, "{}")
}

func (a *testAPI) join(w http.ResponseWriter, r *http.Request, user string) {
	id := r.PathValue("id")
	if a.groups[id] == "" {
		http.Error(w, `{"detail":"You are not a member."}`, http.StatusNotFound)
		return
	}
	a.members[id] = append(a.members[id], user)
	fmt.Fprint(w, "{}")
}

func (a *testAPI) delete(w http.ResponseWriter, _ *http.Request, user string) {
	delete(a.users, user)
	w.WriteHeader(http.StatusNoContent)
}

// TestCrowdQuran makes groups that read the Quran.
func TestCrowdQuran(t *testing.T) {
	a := serveAPI(t)
	made, err := Gather(t.Context(), CrowdOptions{URL: a.url, Users: 4, Groups: 2, Quran: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range made.Members {
		if a.types[m.GroupID] != "quran" || m.ZikrID != "" {
			t.Errorf("got %+v in a group of type %q", m, a.types[m.GroupID])
		}
	}
}

func TestCrowd(t *testing.T) {
	for name, o := range map[string]CrowdOptions{
		"registered": {Users: 10, Groups: 3},
		"signed":     {Users: 10, Groups: 3, Secret: testSecret, Issuer: "mosque", Audience: "readers"},
	} {
		t.Run(name, func(t *testing.T) {
			a := serveAPI(t)
			o.URL = a.url
			c, err := Gather(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range c.Members {
				if m.GroupID != c.Members[i%3].GroupID || m.GroupID == "" || m.ZikrID != "z-"+m.GroupID || !a.users[m.Token] {
					t.Errorf("member %d is %+v, the group's first one %+v", i, m, c.Members[i%3])
				}
			}
			for id, members := range a.members {
				if len(members) != 3 && len(members) != 4 {
					t.Errorf("group %s has %d members", id, len(members))
				}
			}
			for _, claims := range a.claims {
				if claims["iss"] != "mosque" || claims["aud"] != "readers" || claims["name"] == "" {
					t.Errorf("got claims %v", claims)
				}
			}
			if err := c.Dismiss(t.Context()); err != nil || len(a.users) > 0 {
				t.Errorf("%d accounts are left, %v", len(a.users), err)
			}
		})
	}
}

func TestCrowdRefused(t *testing.T) {
	a := serveAPI(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	defer other.Close()
	elsewhere, err := url.Parse(other.URL)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		o    CrowdOptions
		want string
	}{
		"wrong secret":    {CrowdOptions{URL: a.url, Users: 1, Groups: 1, Secret: "another"}, "ZIKR_JWT_PROVISION"},
		"no zikr server":  {CrowdOptions{URL: elsewhere, Users: 1, Groups: 1}, errNoZikr.Error()},
		"too many groups": {CrowdOptions{URL: a.url, Users: 1, Groups: 2}, "1 users for 2 groups"},
		"no URL":          {CrowdOptions{Users: 1, Groups: 1}, "must be like"},
		"no groups":       {CrowdOptions{URL: a.url, Users: 1}, "1 users for 0 groups"},
	}
	for name, test := range tests {
		if _, err := Gather(t.Context(), test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, test.want)
		}
	}
}

// TestCrowdBusy asks a busy server again.
func TestCrowdBusy(t *testing.T) {
	a := serveAPI(t)
	a.busy = 1
	c, err := Gather(t.Context(), CrowdOptions{URL: a.url, Users: 1, Groups: 1, Secret: testSecret})
	if err != nil || c.Members[0].GroupID == "" {
		t.Errorf("got %+v, %v", c.Members, err)
	}
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		status int
		header string
		want   time.Duration
	}{{429, "7", 7 * time.Second}, {429, "", time.Second}, {429, "Sun, 06 Nov 1994 08:49:37 GMT", time.Second}, {503, "7", 0}, {200, "7", 0}}
	for _, test := range tests {
		got := retryAfter(&http.Response{StatusCode: test.status, Header: http.Header{"Retry-After": {test.header}}})
		if got != test.want {
			t.Errorf("%+v: got %s", test, got)
		}
	}
}

// TestLimited gives up where a limit, and no queue, is in the way.
func TestLimited(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Retry-After", "1800")
		http.Error(w, `{"detail":"Too many sign-ups."}`, http.StatusTooManyRequests)
	}))
	defer s.Close()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Gather(t.Context(), CrowdOptions{URL: u, Users: 1, Groups: 1})
	if err == nil || asked != 1 {
		t.Fatalf("got %v after %d requests, want an error after one", err, asked)
	}
	for _, want := range []string{"Too many sign-ups.", "ZIKR_RATE_LIMIT=off"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}
