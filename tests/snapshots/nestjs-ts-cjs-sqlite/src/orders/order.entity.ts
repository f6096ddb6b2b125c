// kgscaffold:id=app/order-entity
import { Column, Entity, PrimaryColumn } from "typeorm";

@Entity("orders")
export class Order {
  @PrimaryColumn({ type: "varchar", length: 32 })
  id!: string;

  @Column({ type: "varchar", length: 16 })
  status!: string;

  /** A decimal string. */
  @Column({ type: "varchar", length: 32 })
  amount!: string;

  @Column({ type: "varchar", length: 3 })
  currency!: string;

  @Column({ type: "varchar", length: 128, nullable: true })
  payment_tx_hash!: string | null;

  @Column({ type: "varchar", length: 128, nullable: true })
  refund_tx_hash!: string | null;

  @Column({ type: "varchar", length: 64, nullable: true })
  refund_amount!: string | null;

  @Column()
  created_at!: Date;
}
