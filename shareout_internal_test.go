package zikr

import (
	"fmt"
	"slices"
	"testing"
)

// history is what readers read of a group, hatm by hatm, always as it was shared out.
type history map[string][]int

// shareHatm shares a whole hatm out among n readers, and reads it.
func (h history) shareHatm(t *testing.T, n int) {
	t.Helper()
	var readers []*sharer
	for i := range n {
		r := &sharer{userID: fmt.Sprint("u", i)}
		if read := h[r.userID]; len(read) > 0 {
			r.last, r.read = read[len(read)-1], len(read)
		}
		readers = append(readers, r)
	}
	var all []int
	least, most := Poras, 0
	for _, p := range divide(poras(1, Poras), readers) {
		h[p.userID] = append(h[p.userID], p.poras...)
		all = append(all, p.poras...)
		least, most = min(least, len(p.poras)), max(most, len(p.poras))
	}
	slices.Sort(all)
	if !slices.Equal(all, poras(1, Poras)) || most-least > 1 {
		t.Fatalf("%d readers: got %v, each from %d to %d", n, all, least, most)
	}
}

func poras(from, to int) (all []int) {
	for pora := from; pora <= to; pora++ {
		all = append(all, pora)
	}
	return all
}

// Over thirty hatms each of up to thirty readers reads all poras; when some come later, soon after.
func TestOverThirtyHatmsEachReadsAll(t *testing.T) {
	for n := 1; n <= Poras; n++ {
		for _, before := range []int{0, 7} {
			h := history{}
			for range before {
				h.shareHatm(t, max(1, n-3))
			}
			for reader, read := range h {
				h[reader] = read[len(read)-1:]
			}
			some := Poras
			if before > 0 {
				some += 3 // until those who came find their places
			}
			for range some {
				h.shareHatm(t, n)
			}
			for reader, read := range h {
				slices.Sort(read)
				if got := slices.Compact(slices.Clone(read)); len(got) != Poras {
					t.Errorf("%d readers, %d hatms of others before: %s has read %v", n, before, reader, got)
				}
			}
		}
	}
}

// Of more readers than poras those come first who read least.
func TestMoreReadersThanPoras(t *testing.T) {
	h := history{}
	for range 70 {
		h.shareHatm(t, 70)
	}
	for reader, read := range h {
		if len(read) != Poras {
			t.Errorf("%s has read %d poras in 70 hatms, want %d", reader, len(read), Poras)
		}
	}
}

func TestDivide(t *testing.T) {
	for _, test := range []struct {
		name    string
		free    []int
		readers []sharer
		want    string
	}{
		{"each after their last", []int{1, 2, 3, 4}, []sharer{{userID: "a", last: 2}, {userID: "b", last: 30}}, "a[3 4] b[1 2]"},
		{"over the end", []int{1, 2, 29, 30}, []sharer{{userID: "a", last: 28}, {userID: "b", last: 12}}, "b[29 30] a[1 2]"},
		{"who has one gets fewer", []int{5, 6, 7}, []sharer{{userID: "a", has: 1}, {userID: "b"}}, "a[5] b[6 7]"},
		{"who has enough gets none", []int{5, 6}, []sharer{{userID: "a", has: 4}, {userID: "b"}}, "b[5 6]"},
		{"who read least comes first", []int{9}, []sharer{{userID: "a", read: 3}, {userID: "b", read: 2}, {userID: "c", read: 2}}, "b[9]"},
		{"who has read nothing takes what is left", []int{3, 4, 8}, []sharer{{userID: "a"}, {userID: "b", last: 3}, {userID: "c", last: 2}}, "c[3] b[4] a[8]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var readers []*sharer
			for i := range test.readers {
				readers = append(readers, &test.readers[i])
			}
			got := ""
			for _, p := range divide(test.free, readers) {
				got += fmt.Sprint(" ", p.userID, p.poras)
			}
			if got != " "+test.want {
				t.Errorf("got%s, want %s", got, test.want)
			}
		})
	}
}
