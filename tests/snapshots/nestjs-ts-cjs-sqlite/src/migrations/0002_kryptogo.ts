// kgscaffold:id=migrations/0002_kryptogo
// KryptoGO payments, their callbacks, and the history of every decision.
import type { MigrationInterface, QueryRunner } from "typeorm";

export class Kryptogo1700000000002 implements MigrationInterface {
  /** Make the three tables. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
    CREATE TABLE kryptogo_payments (
      payment_intent_id varchar(64) NOT NULL PRIMARY KEY,
      order_id varchar(128) NOT NULL,
      client_id varchar(128) NOT NULL,
      environment varchar(16) NOT NULL,
      status varchar(32) NOT NULL,
      expected_fiat_amount text NOT NULL,
      fiat_currency varchar(8) NOT NULL,
      crypto_amount text,
      received_crypto_amount text,
      aggregated_crypto_amount text,
      refund_amount text,
      symbol varchar(128),
      payment_chain_id varchar(128),
      payment_tx_hash varchar(128),
      aggregation_tx_hash varchar(128),
      refund_tx_hash varchar(128),
      payment_deadline integer NOT NULL,
      needs_review boolean NOT NULL,
      review_reason varchar(64),
      last_verified_at integer,
      next_check_at integer,
      created_at integer NOT NULL,
      updated_at integer NOT NULL,
      CONSTRAINT ck_kryptogo_payments_status CHECK (status IN ('pending',
        'success', 'expired', 'insufficient_not_refunded',
        'insufficient_refunded'))
    )
    `);
    await runner.query(`
      CREATE INDEX ix_kryptogo_payments_order_id
      ON kryptogo_payments (order_id)`);
    await runner.query(`
      CREATE INDEX ix_kryptogo_payments_next_check_at
      ON kryptogo_payments (next_check_at)`);
    await runner.query(`
    CREATE TABLE kryptogo_callbacks (
      id varchar(32) NOT NULL PRIMARY KEY,
      payment_intent_id varchar(64) NOT NULL,
      status varchar(32) NOT NULL, -- the claim: one of the five, or recheck
      claimed_status varchar(64), -- the word delivered last; null: ours
      payload text NOT NULL, -- the last delivery; not believed
      deliveries integer NOT NULL,
      state varchar(16) NOT NULL, -- what is still owed: see State in model
      outcome varchar(16), -- how it was closed; null while something is owed
      applied_status varchar(32), -- what it changed the payment to
      attempts integer NOT NULL, -- begun since it was last opened
      ahead_since integer, -- since when KryptoGO's answer lags behind
      next_attempt_at integer NOT NULL,
      lease_token varchar(32), -- who works on it; null: nobody
      lease_until integer, -- when the lease ends, or ended
      last_error varchar(255),
      first_received_at integer NOT NULL,
      last_received_at integer NOT NULL,
      processed_at integer, -- when it was closed
      -- The idempotency key. No foreign key: an acknowledgement must not wait
      -- for a locked payment.
      CONSTRAINT uq_kryptogo_callbacks_key UNIQUE (payment_intent_id, status)
    )
    `);
    await runner.query(`
      CREATE INDEX ix_kryptogo_callbacks_state_next_attempt_at
      ON kryptogo_callbacks (state, next_attempt_at)`);
    await runner.query(`
    CREATE TABLE kryptogo_payment_history (
      id varchar(32) NOT NULL PRIMARY KEY,
      payment_intent_id varchar(64) NOT NULL,
      callback_id varchar(32),
      from_status varchar(32), -- ours before
      to_status varchar(64), -- KryptoGO's, or a person's
      applied_status varchar(32), -- whose handler ran, once for each status
      outcome varchar(16) NOT NULL, -- what was decided
      source varchar(16) NOT NULL, -- callback, reconcile or manual
      detail text NOT NULL, -- what its handler saw, or why
      created_at integer NOT NULL,
      -- The database's own guard: no status of a payment is applied twice.
      CONSTRAINT uq_kryptogo_payment_history_applied
        UNIQUE (payment_intent_id, applied_status)
    )
    `);
  }

  /** Remove them. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query("DROP TABLE kryptogo_payment_history");
    await runner.query("DROP TABLE kryptogo_callbacks");
    await runner.query("DROP TABLE kryptogo_payments");
  }
}
