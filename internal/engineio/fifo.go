package engineio

// fifo is a queue in memory. The zero value is empty. It is not safe for concurrent use.
type fifo[T any] struct {
	list []T
	head int // before it, list is done with
}

func (q *fifo[T]) len() int { return len(q.list) - q.head }

func (q *fifo[T]) push(all ...T) { q.list = append(q.list, all...) }

// first is the oldest; there is one.
func (q *fifo[T]) first() T { return q.list[q.head] }

// pop takes out the oldest; there is one.
func (q *fifo[T]) pop() T {
	var none T
	first := q.list[q.head]
	q.list[q.head] = none
	q.head++
	switch {
	case q.head == len(q.list):
		q.list, q.head = q.list[:0], 0
	case q.head >= 4096 && q.head >= len(q.list)/2:
		// A backlog that never empties shall not grow the list.
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	return first
}
