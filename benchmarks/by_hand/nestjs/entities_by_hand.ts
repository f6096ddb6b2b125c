/** What is written by hand knows of the tables. */
import { Column, Entity, PrimaryColumn } from "typeorm";

@Entity("bare")
export class Bare {
  @PrimaryColumn({ type: "varchar" })
  id!: string;

  @Column({ type: "varchar" })
  payment_intent_id!: string;

  @Column({ type: "varchar" })
  status!: string;

  @Column("simple-json")
  payload!: object;

  @Column()
  received_at!: Date;
}

@Entity("kryptogo_payments")
export class Payment {
  @PrimaryColumn({ type: "varchar" })
  payment_intent_id!: string;

  @Column({ type: "varchar" })
  order_id!: string;

  @Column({ type: "varchar" })
  status!: string;

  @Column({ type: "varchar" })
  expected_fiat_amount!: string;

  @Column({ type: "varchar" })
  payment_tx_hash!: string | null;

  @Column()
  updated_at!: Date;
}

@Entity("kryptogo_callbacks")
export class Callback {
  @PrimaryColumn({ type: "varchar" })
  id!: string;

  @Column({ type: "varchar" })
  payment_intent_id!: string;

  @Column({ type: "varchar" })
  state!: string;

  @Column()
  processed_at!: Date;
}

@Entity("kryptogo_payment_history")
export class HistoryEntry {
  @PrimaryColumn({ type: "varchar" })
  id!: string;

  @Column({ type: "varchar" })
  payment_intent_id!: string;

  @Column({ type: "varchar" })
  applied_status!: string;

  @Column({ type: "varchar" })
  outcome!: string;

  @Column({ type: "varchar" })
  source!: string;

  @Column("simple-json")
  detail!: object;

  @Column()
  created_at!: Date;
}
