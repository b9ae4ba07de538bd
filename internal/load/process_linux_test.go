package load

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseProcess(t *testing.T) {
	stat := "42 (a ) 1 2 (b) R 1 2 3 4 5 6 7 8 9 10 250 150 0 0 20 0 7 0 1 2 3"
	status := "Name:\tVmRSS: 9\nVmHWM:\t    9999 kB\nVmRSS:\t    2048 kB\nThreads:\t7\n"
	got, err := parseProcess([]byte(stat), []byte(status))
	want := process{cpu: 4 * time.Second, user: 2500 * time.Millisecond, rss: 2 << 20, threads: 7}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(process{})); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func TestParseProcessRefuses(t *testing.T) {
	for _, stat := range []string{"", "1 (x) R", "1 (x) R 1 2 3 4 5 6 7 8 9 10 x 150 0 0", "1 (x) R 1 2 3 4 5 6 7 8 9 10 1 y 0 0"} {
		if _, err := parseProcess([]byte(stat), nil); err == nil {
			t.Errorf("%q was taken", stat)
		}
	}
}

// TestReadProcess reads this very process, as the kernel tells of it.
func TestReadProcess(t *testing.T) {
	before := ownCPU()
	for ownCPU()-before < 3*clockTick { // each turn uses processor time
	}
	got, err := readProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if got.cpu < 2*clockTick || got.user > got.cpu || got.rss < 1<<20 || got.threads < 2 {
		t.Errorf("got %+v", got)
	}
}

func TestReadProcessNone(t *testing.T) {
	if got, err := readProcess(0); got != (process{}) || err != nil {
		t.Errorf("got %+v, %v, want nothing", got, err)
	}
	if _, err := readProcess(1 << 30); err == nil {
		t.Error("a process that cannot be was read")
	}
}

func TestOpenFiles(t *testing.T) {
	tests := map[string]struct {
		n     int
		known bool
	}{
		"Max processes             1                    2                    processes \nMax open files            1024                 4096                 files     \n": {1024, true},
		"Max open files            unlimited            unlimited            files     \n":                                                                                 {0, false},
		"": {0, false},
	}
	for limits, want := range tests {
		if n, known := openFiles([]byte(limits)); n != want.n || known != want.known {
			t.Errorf("%q: got %d, %t, want %d, %t", limits, n, known, want.n, want.known)
		}
	}
}

func TestFileLimits(t *testing.T) {
	if err := raiseFileLimit(64); err != nil {
		t.Errorf("64 files: %v", err)
	}
	limits, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		t.Fatal(err)
	}
	may, known := openFiles(limits)
	if !known {
		t.Skip("the limit on open files is infinity here: no number is beyond it")
	}
	if err := checkServerFiles(os.Getpid(), may); err != nil {
		t.Errorf("%d files of %d: %v", may, may, err)
	}
	if err := checkServerFiles(os.Getpid(), may+1); err == nil {
		t.Errorf("%d files of %d were taken to be possible", may+1, may)
	}
	if err := checkServerFiles(1<<30, 1); err == nil {
		t.Error("the limits of a process that cannot be were read")
	}
}

func TestSpan(t *testing.T) {
	s, err := measure(os.Getpid(), func() error {
		began := ownCPU()
		for ownCPU()-began < 5*clockTick { // each turn uses processor time
		}
		return nil
	})
	if err != nil || s.took <= 0 || s.own.cpu < 5*clockTick || s.server.cpu < 3*clockTick || s.cores(s.own.cpu) <= 0 {
		t.Errorf("got %+v, %v", s, err)
	}
}
