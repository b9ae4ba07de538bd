package live

// roster is the connections that are there, by user. Most users have one: of those who have more, each
// connection knows the next.
type roster struct {
	byUser map[string]*Conn
	length int
}

// add puts a connection in, which must not be in.
func (r *roster) add(c *Conn) {
	c.next = r.byUser[c.session.userID]
	r.byUser[c.session.userID] = c
	r.length++
}

// remove takes it out, if it is in.
func (r *roster) remove(c *Conn) {
	first := r.byUser[c.session.userID]
	for at := &first; *at != nil; at = &(*at).next {
		if *at == c {
			*at, c.next = c.next, nil
			r.length--
			break
		}
	}
	if first == nil {
		delete(r.byUser, c.session.userID)
	} else {
		r.byUser[c.session.userID] = first
	}
}

// of returns the connections of a user.
func (r *roster) of(userID string) (all []*Conn) {
	for c := r.byUser[userID]; c != nil; c = c.next {
		all = append(all, c)
	}
	return all
}

// all returns all connections.
func (r *roster) all() []*Conn {
	all := make([]*Conn, 0, r.length)
	for _, first := range r.byUser {
		for c := first; c != nil; c = c.next {
			all = append(all, c)
		}
	}
	return all
}
