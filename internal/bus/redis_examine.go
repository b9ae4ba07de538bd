package bus

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// RedisFound is what ExamineRedis finds.
type RedisFound struct {
	Version string // of Redis, or the one that another server says it is like
	// Replica says that it only follows another server, and can keep nothing of ours.
	Replica bool
	// Eviction is its maxmemory-policy, and MaxMemory its maxmemory in bytes as text; "0" is none.
	Eviction, MaxMemory string
	RoundTrip           time.Duration // of a small question, the median of some
	// Ahead is how far its clock is ahead of ours.
	Ahead time.Duration
}

// examined is how many small questions are timed.
const examined = 5

// ExamineRedis looks at the server of a URL, and sees that a node may use it. It fails like OpenRedis, and too when
// nothing answers. Nothing is kept there.
func ExamineRedis(ctx context.Context, o Options) (f RedisFound, err error) {
	o = o.orDefault()
	option, err := clientOption(o)
	if err != nil {
		return f, err
	}
	clean := cleaner(option.Password)
	client, err := rueidis.NewClient(option)
	if err != nil {
		return f, clean(fmt.Errorf("connect: %w", err))
	}
	defer client.Close()
	if err := hello(ctx, client, laneBases(o.Prefix, 1)[0]); err != nil {
		return f, clean(err)
	}
	if err := f.read(ctx, client); err != nil {
		return f, clean(err)
	}
	return f, nil
}

func (f *RedisFound) read(ctx context.Context, client rueidis.Client) error {
	text, err := client.Do(ctx, client.B().Info().Build()).ToString()
	if err != nil {
		return fmt.Errorf("ask what it is: %w", err)
	}
	info := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		info[name] = value
	}
	f.Version, f.Replica = info["redis_version"], info["role"] == "slave"
	f.Eviction, f.MaxMemory = info["maxmemory_policy"], info["maxmemory"]
	took := make([]time.Duration, examined)
	for i := range took {
		began := time.Now()
		now, err := client.Do(ctx, client.B().Time().Build()).AsIntSlice()
		if err != nil || len(now) != 2 {
			return fmt.Errorf("ask for its time: %w", err)
		}
		took[i] = time.Since(began)
		f.Ahead = time.Unix(now[0], now[1]*1000).Sub(began.Add(took[i] / 2))
	}
	slices.Sort(took)
	f.RoundTrip = took[len(took)/2]
	return nil
}
