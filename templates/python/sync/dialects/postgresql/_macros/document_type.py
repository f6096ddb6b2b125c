sa.JSON()
