package zikr_test

import (
	"time"

	"github.com/zikr-app/zikr"
)

// What the tap knows of accounts, sessions, blocks, the audit log and departures.

func (r tapReader) AccountsByName(prefix string, limit int) ([]zikr.User, error) {
	return asked(r.tap, "AccountsByName", func() ([]zikr.User, error) { return r.reader.AccountsByName(prefix, limit) })
}

func (r tapReader) AllUsers(page zikr.Page) ([]zikr.User, error) {
	return asked(r.tap, "AllUsers", func() ([]zikr.User, error) { return r.reader.AllUsers(page) })
}

func (r tapReader) AllGroups(text string, page zikr.Page) ([]zikr.Group, error) {
	return asked(r.tap, "AllGroups", func() ([]zikr.Group, error) { return r.reader.AllGroups(text, page) })
}

func (r tapReader) Holder(userID, sessionID string) (u *zikr.User, l *zikr.LogIn, err error) {
	err = r.ask("Holder", func() (err error) {
		u, l, err = r.reader.Holder(userID, sessionID)
		return err
	})
	return u, l, err
}

func (r tapReader) Guest(userID string) (*zikr.DueGuest, error) {
	return asked(r.tap, "Guest", func() (*zikr.DueGuest, error) { return r.reader.Guest(userID) })
}

func (r tapReader) GuestsDue(seenBy time.Time, after zikr.DueGuest, limit int) ([]zikr.DueGuest, error) {
	return asked(r.tap, "GuestsDue", func() ([]zikr.DueGuest, error) { return r.reader.GuestsDue(seenBy, after, limit) })
}

func (r tapReader) LogIns(ids []string) ([]zikr.LogIn, error) {
	return asked(r.tap, "LogIns", func() ([]zikr.LogIn, error) { return r.reader.LogIns(ids) })
}

func (r tapReader) LogInsOf(userID string) ([]zikr.LogIn, error) {
	return asked(r.tap, "LogInsOf", func() ([]zikr.LogIn, error) { return r.reader.LogInsOf(userID) })
}

func (r tapReader) Block(userID, blockedID string) (*zikr.Block, error) {
	return asked(r.tap, "Block", func() (*zikr.Block, error) { return r.reader.Block(userID, blockedID) })
}

func (r tapReader) BlocksOf(userID string, page zikr.Page) ([]zikr.Block, error) {
	return asked(r.tap, "BlocksOf", func() ([]zikr.Block, error) { return r.reader.BlocksOf(userID, page) })
}

func (r tapReader) CountBlocksOf(userID string) (int64, error) {
	return asked(r.tap, "CountBlocksOf", func() (int64, error) { return r.reader.CountBlocksOf(userID) })
}

func (r tapReader) Acts(page zikr.Page) ([]zikr.Act, error) {
	return asked(r.tap, "Acts", func() ([]zikr.Act, error) { return r.reader.Acts(page) })
}

func (r tapReader) ActsOn(userID string) ([]zikr.Act, error) {
	return asked(r.tap, "ActsOn", func() ([]zikr.Act, error) { return r.reader.ActsOn(userID) })
}

func (r tapReader) ActsBy(userID string) ([]zikr.Act, error) {
	return asked(r.tap, "ActsBy", func() ([]zikr.Act, error) { return r.reader.ActsBy(userID) })
}

func (r tapReader) Departure(subjectKey string) (*zikr.Departure, error) {
	return asked(r.tap, "Departure", func() (*zikr.Departure, error) { return r.reader.Departure(subjectKey) })
}

func (t tapTx) InsertLogIn(l zikr.LogIn) error {
	return t.ask("InsertLogIn", func() error { return t.tx.InsertLogIn(l) })
}

func (t tapTx) UpdateLogIn(l zikr.LogIn) error {
	return t.ask("UpdateLogIn", func() error { return t.tx.UpdateLogIn(l) })
}

func (t tapTx) DeleteLogIn(id string) error {
	return t.ask("DeleteLogIn", func() error { return t.tx.DeleteLogIn(id) })
}

func (t tapTx) DeleteLogInsOf(userID, exceptID string) error {
	return t.ask("DeleteLogInsOf", func() error { return t.tx.DeleteLogInsOf(userID, exceptID) })
}

func (t tapTx) SeeLogIn(id string, at time.Time) error {
	return t.ask("SeeLogIn", func() error { return t.tx.SeeLogIn(id, at) })
}

func (t tapTx) InsertBlock(b zikr.Block) error {
	return t.ask("InsertBlock", func() error { return t.tx.InsertBlock(b) })
}

func (t tapTx) DeleteBlock(userID, blockedID string) error {
	return t.ask("DeleteBlock", func() error { return t.tx.DeleteBlock(userID, blockedID) })
}

func (t tapTx) DeleteBlocksOf(userID string) error {
	return t.ask("DeleteBlocksOf", func() error { return t.tx.DeleteBlocksOf(userID) })
}

func (t tapTx) InsertAct(a zikr.Act) error {
	return t.ask("InsertAct", func() error { return t.tx.InsertAct(a) })
}

func (t tapTx) PutDeparture(d zikr.Departure) error {
	return t.ask("PutDeparture", func() error { return t.tx.PutDeparture(d) })
}

func (t tapTx) ReplaceUser(id, by string) error {
	return t.ask("ReplaceUser", func() error { return t.tx.ReplaceUser(id, by) })
}

func (t tapTx) DeleteLogIns(before time.Time, limit int) (int, error) {
	return asked(t.tap, "DeleteLogIns", func() (int, error) { return t.tx.DeleteLogIns(before, limit) })
}

func (t tapTx) DeleteActs(before time.Time, limit int) (int, error) {
	return asked(t.tap, "DeleteActs", func() (int, error) { return t.tx.DeleteActs(before, limit) })
}
