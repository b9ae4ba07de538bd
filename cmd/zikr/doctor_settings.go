package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/zikr-app/zikr/internal/limit"
	"github.com/zikr-app/zikr/internal/sqlstore"
	"github.com/zikr-app/zikr/internal/token"
	"github.com/zikr-app/zikr/internal/web"
)

// packagedSettings is the file of settings that the packages bring.
const packagedSettings = "/etc/zikr.env"

// lookAtSettings finds what stops a start, and what is hardly meant.
func lookAtSettings(_ context.Context, p *patient) (found []diagnosis) {
	for _, err := range p.unusable {
		found = append(found, badly(err))
	}
	for _, sentence := range p.cfg.doubts() {
		found = append(found, poor(sentence, ""))
	}
	if f, ok := p.lookAtSettingsFile(); ok {
		found = append(found, f)
	}
	if len(found) == 0 {
		from := "the environment"
		if p.file != "" {
			from = p.file + " and the environment"
		}
		found = append(found, good("every one can be used; they come from "+from+" (`zikr config` shows each)"))
	}
	return found
}

// lookAtSettingsFile finds a file that others may read, or that was forgotten.
func (p *patient) lookAtSettingsFile() (diagnosis, bool) {
	if p.file == "" {
		_, err := os.Stat(packagedSettings)
		if err == nil && !anySet(os.Environ()) {
			return poor("none is given, so that this is not about the service: its settings stand in "+packagedSettings, "run `zikrctl doctor`, or name the file with --config"), true
		}
		return diagnosis{}, false
	}
	info, err := os.Stat(p.file)
	if err == nil && isOpenToOthers(info) {
		return poor(fmt.Sprintf("others may read %s (mode %04o), where secrets stand", p.file, info.Mode().Perm()), "close it: `chmod 600 "+p.file+"`"), true
	}
	return diagnosis{}, false
}

// anySet reports whether a setting is in the environment.
func anySet(environ []string) bool {
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "ZIKR_") && !isOfKubernetes(name, value) {
			return true
		}
	}
	return false
}

// lookAtServer finds a server that runs already, or what keeps one from listening. It is the only look that others build on.
func lookAtServer(ctx context.Context, p *patient) (found []diagnosis) {
	at := string(p.cfg.Addr)
	free, err := mayListen(ctx, "ZIKR_ADDR", p.cfg.Addr)
	if err != nil && !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EACCES) {
		return append(found, free) // there is no such address here, so nobody answers at it
	}
	taken := err != nil
	short, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	answer, err := healthcheckCmd{tlsConfig: p.cfg.tlsConfig, Addr: p.cfg.Addr}.ask(short)
	ours := strings.Contains(answer, `"status"`) || err != nil && strings.Contains(err.Error(), `"status"`)
	switch {
	case ours && errors.Is(err, errNotReady):
		found = append(found, bad(err.Error(), "see what is said of the database below, and its log: `journalctl --unit zikr`"))
	case ours && strings.Contains(answer, `"degraded"`):
		found = append(found, poor(fmt.Sprintf("one runs at %s, and does without Redis at the moment: what happens on other nodes comes late", at), "see what is said of Redis below"))
	case ours:
		found = append(found, good(fmt.Sprintf("one runs at %s, and is ready", at)))
	case err == nil || errors.Is(err, errNotReady):
		found = append(found, bad(fmt.Sprintf("what answers at ZIKR_ADDR (%s) is no zikr", at), "end it, or take another address, like ZIKR_ADDR=127.0.0.1:7400"))
	case taken && short.Err() != nil:
		found = append(found, bad(fmt.Sprintf("what listens at ZIKR_ADDR (%s) does not answer", at), "see its log: `journalctl --unit zikr`; if it is a zikr that hangs, restart it: `systemctl restart zikr`"))
	default:
		found = append(found, free)
		if plain := p.cfg.HTTPAddr; plain != off && plain != "" {
			if f, err := mayListen(ctx, "ZIKR_HTTP_ADDR", listenAddress(plain)); err != nil {
				found = append(found, f)
			}
		}
	}
	p.runs = ours
	return append(found, p.lookAtMetrics(ctx)...)
}

// mayListen takes an address for a moment. The error is that of the system.
func mayListen(ctx context.Context, name string, at listenAddress) (diagnosis, error) {
	if path := at.socket(); path != "" {
		return mayListenUnix(name, path), nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", string(at))
	switch {
	case errors.Is(err, syscall.EACCES): // which is true of this user, who is not always the service's
		return poor(fmt.Sprintf("none answers at %s, and this user may not take that port to try it", at),
			"see `systemctl status zikr`; the unit of the packages may take it (AmbientCapabilities=CAP_NET_BIND_SERVICE)"), err
	case err != nil:
		return badly(cannotListen(name, string(at), err)), err
	}
	_ = listener.Close() // nobody has come
	return good(fmt.Sprintf("none runs; one could listen at %s", at)), nil
}

// mayListenUnix touches nothing: who makes a socket has to remove the one that was there.
func mayListenUnix(name, path string) diagnosis {
	info, err := os.Lstat(path)
	switch folder, missing := os.Stat(filepath.Dir(path)); {
	case err == nil && info.Mode()&fs.ModeSocket == 0:
		return bad(fmt.Sprintf("%s is %q: a file is there that is no socket", name, unixPrefix+path), fmt.Sprintf("name another path, like %s=unix:/run/zikr/zikr.sock", name))
	case missing != nil || !folder.IsDir():
		return bad(fmt.Sprintf("%s is %q, and its folder is not there", name, unixPrefix+path), fmt.Sprintf("make it (systemd does with RuntimeDirectory=zikr), or name another path, like %s=unix:/run/zikr/zikr.sock", name))
	}
	return good(fmt.Sprintf("none runs; one could listen at %s%s", unixPrefix, path))
}

// lookAtMetrics asks a server that runs how it fared.
func (p *patient) lookAtMetrics(ctx context.Context) (found []diagnosis) {
	if p.cfg.ObserveAddr == "off" {
		return nil
	}
	s := topFetch(ctx, string(p.cfg.ObserveAddr), healthPatience)
	switch {
	case s.err != nil && !p.runs:
		f, err := mayListen(ctx, "ZIKR_OBSERVE_ADDR", listenAddress(p.cfg.ObserveAddr))
		if err == nil {
			return nil
		}
		return []diagnosis{f}
	case s.err != nil:
		return []diagnosis{poor(fmt.Sprintf("its metrics cannot be read at ZIKR_OBSERVE_ADDR (%s): %v", p.cfg.ObserveAddr, s.err), "see whether it runs with the same settings as this; without them not all can be looked at")}
	case !p.runs:
		return []diagnosis{poor(fmt.Sprintf("another zikr has ZIKR_OBSERVE_ADDR (%s)", p.cfg.ObserveAddr), "give this one another, like ZIKR_OBSERVE_ADDR=127.0.0.1:7384, or off")}
	}
	p.metrics = &s
	if running := s.by["zikr_build_info"]; running != nil && running[versionName()] == 0 {
		found = append(found, poor("it is of another release than this program: "+strings.Join(keys(running), ", "), "restart it: `systemctl restart zikr`"))
	}
	for _, bound := range []string{"connections", "http_connections", "memory"} {
		if n := s.by["zikr_bounds_met_total"][bound]; n > 0 {
			found = append(found, poor(fmt.Sprintf("since its start it has turned people away %s times, since the bound %q was met", amount(n), bound), "see docs/security.md, \"Bounds\": raise it, or take a larger machine"))
		}
	}
	return found
}

func keys(m map[string]float64) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

// A connection takes so much, about, while it is idle (docs/scaling.md).
const (
	connectionBytes    = 3 << 10
	tlsConnectionBytes = 25 << 10
	// serverBytes is what a server takes without any, about.
	serverBytes = 64 << 20
	// fewConnections is what a community of some size needs.
	fewConnections = 2000
)

// lookAtMemory finds how many connections there is memory for.
func lookAtMemory(_ context.Context, p *patient) []diagnosis {
	there := memoryThere()
	most := shareOf(there)
	if os.Getenv("GOMEMLIMIT") != "" {
		most = boundMemory()
	}
	from := "three quarters of what there is"
	if p.metrics != nil && p.metrics.values["go_gc_gomemlimit_bytes"] > 0 {
		most, from = int64(min(p.metrics.values["go_gc_gomemlimit_bytes"], math.MaxInt64/2)), "as the server that runs says"
	} else if os.Getenv("GOMEMLIMIT") != "" {
		from = "by GOMEMLIMIT"
	}
	if most >= math.MaxInt64/2 {
		return []diagnosis{poor("how much there is is not known, so that nothing keeps the server from taking too much", "say it, like GOMEMLIMIT=400MiB")}
	}
	if uint64(most) > there {
		return []diagnosis{bad(fmt.Sprintf("the server may take %s (%s), and there are %s: the system would end it", size(float64(most)), from, size(float64(there))), "lower GOMEMLIMIT to three quarters of what there is, or unset it")}
	}
	found := p.lookAtByteBounds(most)
	each := int64(connectionBytes)
	if p.cfg.secure() {
		each = tlsConnectionBytes
	}
	room := max(0, (most/100*int64(min(p.cfg.MemoryPercent, 100))-serverBytes)/each)
	says := fmt.Sprintf("the server may take %s (%s), which is enough for about %s idle connections", size(float64(most)), from, amount(float64(min(room, int64(p.cfg.Connections)))))
	if room < fewConnections {
		return append(found, poor(says, "take a machine with 512 MB or more; beyond it, new connections are refused"))
	}
	return append(found, good(says))
}

// lookAtByteBounds finds bounds of bytes that are larger than the memory.
func (p *patient) lookAtByteBounds(memory int64) (found []diagnosis) {
	for _, row := range limit.Table() {
		most, _ := p.cfg.Of(row.Bound)
		if row.By == "server" && strings.HasSuffix(row.Bound, "_bytes") && most > limit.Most(memory) {
			found = append(found, poor(fmt.Sprintf("%s is %s, more than the memory that the server may take", row.Setting, most), fmt.Sprintf("lower it, like %s=%s", row.Setting, row.Default)))
		}
	}
	return found
}

// otherFiles is how many files a server opens beside its connections, about.
const otherFiles = 200

// openFiles is how many files the server may open, and whose word that is: that of the server that runs, in its metrics or by
// its process, and of none where a server starts from here.
func (p *patient) openFiles() (most uint64, whose string, known bool) {
	if p.metrics != nil && p.metrics.values["process_max_fds"] > 0 {
		return uint64(p.metrics.values["process_max_fds"]), "by the server that runs (as it says)", true
	}
	if most, pid, known := holderFiles(sqlstore.LockName(p.cfg.DataDir)); p.runs && known {
		return most, fmt.Sprintf("by the server that runs (as the system says of process %d)", pid), true
	}
	most, known = openFiles()
	return most, "by a server that is started from here (a service has a limit of its own)", known && !p.runs
}

// lookAtFiles compares how many files may be open with how many connections there may be.
func lookAtFiles(_ context.Context, p *patient) []diagnosis {
	most, whose, known := p.openFiles()
	switch {
	case !known && p.runs:
		return []diagnosis{poor("how many the server that runs may open is not known: its metrics are not read, and its process is not seen from here",
			"name its ZIKR_OBSERVE_ADDR, or run this on its machine as its user, like `zikrctl doctor`")}
	case !known:
		return nil
	case p.cfg.Connections == limit.Off || p.cfg.HTTPConnections == limit.Off:
		return []diagnosis{poor(fmt.Sprintf("%s may be open %s, and nothing bounds the connections, each of which is one", amount(float64(most)), whose), "set ZIKR_MAX_CONNECTIONS and ZIKR_MAX_HTTP_CONNECTIONS below that")}
	}
	if need := uint64(p.cfg.Connections) + uint64(p.cfg.HTTPConnections) + otherFiles; most < need {
		return []diagnosis{poor(fmt.Sprintf("%d may be open %s, and as many connections as the settings allow need %d", most, whose, need),
			fmt.Sprintf("raise the limit (`systemctl edit zikr`: LimitNOFILE=%d; in a shell `ulimit -n %d`), or lower ZIKR_MAX_CONNECTIONS", need, need))}
	}
	return []diagnosis{good(fmt.Sprintf("%d may be open %s, enough for all connections that the settings allow", most, whose))}
}

// lookAtTokens finds secrets and keys that cannot be used.
func lookAtTokens(ctx context.Context, p *patient) (found []diagnosis) {
	cfg := p.cfg.tokenConfig
	secret, kind := []byte(cfg.JWTSecret), "the secret of the settings"
	if cfg.JWTSecret == "" {
		path := filepath.Join(p.cfg.DataDir, secretFile)
		kind = "the secret in " + path
		var err error
		switch secret, err = readSecret(path); {
		case errors.Is(err, fs.ErrNotExist):
			kind, secret = "a secret that the first start makes", make([]byte, minSecretBytes)
		case err != nil:
			return []diagnosis{badly(err)}
		}
	} else if err := checkSecret(cfg.JWTSecret); err != nil {
		return []diagnosis{badly(err)}
	}
	n, err := token.Examine(ctx, token.Options{Secret: secret, Issuer: cfg.JWTIssuer, Audience: cfg.JWTAudience, JWKSURL: cfg.JWTJWKSURL, Log: slog.New(slog.DiscardHandler)})
	switch {
	case errors.Is(err, token.ErrUnreachable):
		return []diagnosis{bad(fmt.Sprintf("ZIKR_JWT_JWKS_URL: %v: tokens of that issuer are refused", hidden(err, cfg.JWTJWKSURL)), "see the address, and whether this machine may reach it")}
	case err != nil:
		return []diagnosis{badly(err)}
	case cfg.JWTJWKSURL != "":
		return []diagnosis{good(fmt.Sprintf("they are signed with %s, and the other issuer has %s", kind, number(n, "key")))}
	}
	return []diagnosis{good("they are signed with " + kind)}
}

// hidden is an error without a URL, in which a password may stand.
func hidden(err error, url string) string {
	return strings.ReplaceAll(err.Error(), url, withoutCredentials(url, true))
}

// lookAtTraces asks whether anybody takes them.
func lookAtTraces(ctx context.Context, p *patient) []diagnosis {
	at := p.cfg.OTLPEndpoint
	if at == "" || p.cfg.traceConfig.check() != nil {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil // check has told
	}
	resp, err := alone(nil).Do(req)
	if err != nil {
		return []diagnosis{poor(fmt.Sprintf("nobody takes them at ZIKR_OTLP_ENDPOINT: %s", hidden(err, at)), "see whether the collector runs, and its port of OTLP over HTTP, mostly 4318")}
	}
	_ = resp.Body.Close() // that it answers is enough
	return []diagnosis{good("something answers at ZIKR_OTLP_ENDPOINT")}
}

// lookAtWebApp finds a program that was built without it.
func lookAtWebApp(context.Context, *patient) []diagnosis {
	app, err := web.New(http.NotFoundHandler())
	if err != nil {
		return []diagnosis{badly(err)}
	}
	if !app.Built() {
		return []diagnosis{poor("this program was built without it: people who open the address see how to build it", "take a release, or `make web build`")}
	}
	return []diagnosis{good("it is in this program")}
}
