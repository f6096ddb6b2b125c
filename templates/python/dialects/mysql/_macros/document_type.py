mysql.LONGTEXT()
