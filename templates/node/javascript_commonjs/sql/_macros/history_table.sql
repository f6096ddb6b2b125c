{% import "_macros/columns.jinja" as column %}
    CREATE TABLE kryptogo_payment_history (
      id varchar(32) NOT NULL PRIMARY KEY,
      payment_intent_id varchar(64) NOT NULL,
      callback_id varchar(32),
      from_status varchar(32), -- ours before
      to_status varchar(64), -- KryptoGO's, or a person's
      applied_status varchar(32), -- whose handler ran, once for each status
      outcome varchar(16) NOT NULL, -- what was decided
      source varchar(16) NOT NULL, -- callback, reconcile or manual
      detail {{ column.document }} NOT NULL, -- what its handler saw, or why
      created_at {{ column.time }} NOT NULL,
      -- The database's own guard: no status of a payment is applied twice.
      CONSTRAINT uq_kryptogo_payment_history_applied
        UNIQUE (payment_intent_id, applied_status)
    ){{ column.options }}
