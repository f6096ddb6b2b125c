TIME = mysql.DATETIME(fsp=6)
