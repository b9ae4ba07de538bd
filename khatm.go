package zikr

import "time"

// Poras is how many parts a hatm has.
const Poras = 30

// BookingStatus is what became of a booking.
type BookingStatus string

// The statuses of a booking.
const (
	Booked    BookingStatus = "booked"
	Completed BookingStatus = "completed"
	Released  BookingStatus = "released"
)

// Hatm is one reading of the whole Quran by a group. The group's first is number 1; it
// is open until all 30 poras are done, and then the next one opens.
type Hatm struct {
	GroupID     string
	Number      int64
	Finished    int64 // poras that are done
	OpenedAt    time.Time
	CompletedAt time.Time // zero while open
}

// Booking is one pora of one hatm in one reader's hands. Of a pora of a hatm at
// most one booking is not Released.
type Booking struct {
	ID         string
	GroupID    string
	HatmNumber int64
	Pora       int // 1 to 30
	UserID     string
	Status     BookingStatus
	BookedAt   time.Time
	EndedAt    time.Time // when it was completed or released; zero before
}

// KhatmReader reads hatms and bookings.
type KhatmReader interface {
	Hatm(groupID string, number int64) (*Hatm, error)
	Booking(id string) (*Booking, error)
	// BookingOf returns the booking of a pora that is booked or completed.
	BookingOf(groupID string, hatmNumber int64, pora int) (*Booking, error)
	// Bookings returns those of a hatm that are booked or completed, by pora.
	Bookings(groupID string, hatmNumber int64) ([]Booking, error)
	// BookingsOf returns all bookings of a user, of every group and status, oldest first.
	BookingsOf(userID string) ([]Booking, error)
}

// KhatmWriter writes them.
type KhatmWriter interface {
	InsertHatm(Hatm) error
	UpdateHatm(Hatm) error
	InsertBooking(Booking) error
	UpdateBooking(Booking) error
}
