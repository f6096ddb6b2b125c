FIAT = CRYPTO = sa.Text()
HASH = sa.String(128)
TIME = sa.DateTime(timezone=True)
