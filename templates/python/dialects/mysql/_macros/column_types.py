FIAT, CRYPTO = sa.Numeric(20, 4), sa.Numeric(38, 18)
HASH = sa.String(128)
TIME = mysql.DATETIME(fsp=6)
