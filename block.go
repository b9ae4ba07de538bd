package zikr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Block is that a user wants no invitations from another. Those are answered to their sender as if they were
// sent, and never arrive.
type Block struct {
	UserID    string
	BlockedID string
	At        time.Time
}

// BlockReader reads blocks.
type BlockReader interface {
	// Block returns that of a user on another.
	Block(userID, blockedID string) (*Block, error)
	// BlocksOf returns the blocks of a user, by the ids of the blocked, which are the cursor.
	BlocksOf(userID string, page Page) ([]Block, error)
	CountBlocksOf(userID string) (int64, error)
}

// BlockWriter writes them.
type BlockWriter interface {
	// InsertBlock does nothing if there is one already.
	InsertBlock(Block) error
	DeleteBlock(userID, blockedID string) error
	// DeleteBlocksOf removes the blocks of a user, and those on the user.
	DeleteBlocksOf(userID string) error
}

// BlockItem is a block in the list of the own ones.
type BlockItem struct {
	UserID    string `json:"userId"`
	UserName  string `json:"userName"`
	CreatedAt Time   `json:"createdAt"`
}

// BlockUser keeps another's invitations away from the caller from now on. Again, it is confirmed again. CodeUserNotFound.
func (s *Service) BlockUser(ctx context.Context, userID, blockedID string) error {
	if userID == blockedID {
		return Errorf(CodeInvalidPayload, "userId is your own: nobody blocks themself.")
	}
	return s.update(ctx, UserKey(userID), func(c *command) error {
		if _, err := c.holdLiving(userID); err != nil {
			return err
		}
		none := Errorf(CodeUserNotFound, "There is no user %.128q.", blockedID)
		if u, err := c.HoldUser(blockedID); err != nil {
			return orNotFound(err, "find who is to be blocked", none)
		} else if u.Deleted {
			return none
		}
		if _, err := c.Block(userID, blockedID); !errors.Is(err, ErrNotFound) {
			return err // there is one already
		}
		n, err := c.CountBlocksOf(userID)
		if err != nil {
			return fmt.Errorf("count blocks: %w", err)
		}
		if n >= s.bounds.UserBlocks {
			return full(boundUserBlocks, "You block %d people already, as many as can be: please unblock somebody first.", n)
		}
		return c.InsertBlock(Block{UserID: userID, BlockedID: blockedID, At: c.at})
	})
}

// UnblockUser lets another's invitations through again, those from now on. Who is not blocked is confirmed too.
func (s *Service) UnblockUser(ctx context.Context, userID, blockedID string) error {
	return s.update(ctx, UserKey(userID), func(c *command) error {
		if _, err := c.holdLiving(userID); err != nil {
			return err
		}
		return c.DeleteBlock(userID, blockedID)
	})
}

// Blocks lists whom the caller blocks.
func (s *Service) Blocks(ctx context.Context, userID string, page Page) (*List[BlockItem], error) {
	return view(ctx, s, func(r Reader) (*List[BlockItem], error) {
		return listOf(page, func(b BlockItem) string { return b.UserID }, func(p Page) ([]BlockItem, error) { return blockItems(r, userID, p) })
	})
}

func blockItems(r Reader, userID string, page Page) ([]BlockItem, error) {
	blocks, err := r.BlocksOf(userID, page)
	if err != nil {
		return nil, fmt.Errorf("read blocks: %w", err)
	}
	ids := make([]string, len(blocks))
	for i, b := range blocks {
		ids[i] = b.BlockedID
	}
	known := names{}
	if err := known.learn(r, ids); err != nil {
		return nil, err
	}
	items := make([]BlockItem, len(blocks))
	for i, b := range blocks {
		items[i] = BlockItem{UserID: b.BlockedID, UserName: known[b.BlockedID], CreatedAt: At(b.At)}
	}
	return items, nil
}

// isBlocked reports whether a receiver, whom the command holds, blocks a sender.
func (c *command) isBlocked(receiverID, senderID string) (bool, error) {
	_, err := c.Block(receiverID, senderID)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find block: %w", err)
	}
	return true, nil
}
