from sqlalchemy.dialects import mysql
