TIME = sa.DateTime(timezone=True)
