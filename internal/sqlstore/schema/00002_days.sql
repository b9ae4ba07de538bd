-- What is kept when single countings are not any more, and the way to what need
-- not be kept any longer.

-- +goose Up

CREATE TABLE days (
    user_id TEXT   NOT NULL,
    zikr_id TEXT   NOT NULL,
    day     BIGINT NOT NULL, -- since 1970-01-01, UTC
    amount  BIGINT NOT NULL,
    PRIMARY KEY (user_id, zikr_id, day)
) WITHOUT ROWID;

-- A notification is in one of the two; an invitation that waits for an answer and
-- was read is in neither.
CREATE INDEX notifications_read ON notifications (read_at)
    WHERE read_at IS NOT NULL AND (type <> 'invitation' OR answer <> '');
CREATE INDEX notifications_old ON notifications (created_at)
    WHERE read_at IS NULL AND (type <> 'invitation' OR answer <> '');
CREATE INDEX notices_old ON notices (created_at);
CREATE INDEX notice_reads_old ON notice_reads (read_at);
