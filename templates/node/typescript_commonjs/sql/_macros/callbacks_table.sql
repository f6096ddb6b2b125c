{% import "_macros/columns.jinja" as column %}
    CREATE TABLE kryptogo_callbacks (
      id varchar(32) NOT NULL PRIMARY KEY,
      payment_intent_id varchar(64) NOT NULL,
      status varchar(32) NOT NULL, -- the claim: one of the five, or recheck
      claimed_status varchar(64), -- the word delivered last; null: ours
      payload {{ column.document }} NOT NULL, -- the last delivery; not believed
      deliveries integer NOT NULL,
      state varchar(16) NOT NULL, -- what is still owed: see State in model
      outcome varchar(16), -- how it was closed; null while something is owed
      applied_status varchar(32), -- what it changed the payment to
      attempts integer NOT NULL, -- begun since it was last opened
      ahead_since {{ column.time }}, -- since when KryptoGO's answer lags behind
      next_attempt_at {{ column.time }} NOT NULL,
      lease_token varchar(32), -- who works on it; null: nobody
      lease_until {{ column.time }}, -- when the lease ends, or ended
      last_error varchar(255),
      first_received_at {{ column.time }} NOT NULL,
      last_received_at {{ column.time }} NOT NULL,
      processed_at {{ column.time }}, -- when it was closed
      -- The idempotency key. No foreign key: an acknowledgement must not wait
      -- for a locked payment.
      CONSTRAINT uq_kryptogo_callbacks_key UNIQUE (payment_intent_id, status)
    ){{ column.options }}
