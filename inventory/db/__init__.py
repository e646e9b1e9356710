"""SQL that writes. Functions take a psycopg connection; SQLAlchemy serves declarations and
migrations.
"""
